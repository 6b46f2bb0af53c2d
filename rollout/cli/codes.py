"""The exit codes that commands share; `check` and `doctor` have their own for what they find."""

from __future__ import annotations

FAULT = 1
"""Something can't be read, written or run."""
USAGE = 2
PAUSED = 3
DEGRADED = 4
"""Or the release was taken back."""
TIMED_OUT = 5
INTERRUPTED = 130
