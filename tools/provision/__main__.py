"""Started by tools/setup with any Python from 3.11 on."""

import sys
from pathlib import Path

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parent.parent)
    from provision.steps import main

    sys.exit(main())
