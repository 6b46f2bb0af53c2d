"""python -m demo: KEEP=1 leaves everything running, BAD=brittle is another bad release."""

from __future__ import annotations

import sys

from demo.run import main

if __name__ == "__main__":
    sys.exit(main())
