"""Set-up from start to end."""

import time

from . import pulumi, python
from .running import SetupError, say

_NOTICEABLE = 2.0  # seconds


def main() -> int:
    """Provides the Python environment and Pulumi; where it can't, says one sentence and returns 1."""
    started = time.monotonic()
    try:
        python.provide()
        pulumi.provide()
    except SetupError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("stopped; run it again to go on where it was")
        return 130
    if (passed := time.monotonic() - started) > _NOTICEABLE:
        say(f"ready after {passed:.0f} s")
    return 0
