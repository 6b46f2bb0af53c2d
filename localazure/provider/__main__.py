"""`python -m localazure.provider`: what the engine starts."""

from __future__ import annotations

import sys

from localazure.provider.lean import lean_stubs

lean_stubs()

from localazure.provider.serve import serve  # noqa: E402 - after the package around the stubs is out of the way

serve(sys.argv[1:])
