"""How long to wait: between retries, between polls, and at most."""

from __future__ import annotations

import random
import time
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from localazure.provider.errors import CancelledError

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

POLL_SECONDS = 10.0
"""Between polls when ARM says nothing, as the real provider's PUT."""

DEFAULT_SECONDS = 7200.0
"""How long a resource may take when the program says nothing, as in the real provider."""

_LONGEST_WAIT = 60.0


def asked_wait(headers: Mapping[str, str]) -> float | None:
    """Give the seconds that an answer asks to wait: `retry-after-ms`, else `Retry-After` (number or date)."""
    for name in ("retry-after-ms", "x-ms-retry-after-ms"):
        if name in headers:
            try:
                return max(float(headers[name]) / 1000, 0.0)
            except ValueError:
                continue
    text = headers.get("retry-after")
    if text is None:
        return None
    try:
        return max(float(text), 0.0)
    except ValueError:
        pass
    try:
        return max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0)
    except ValueError:
        return None


def back_off(attempt: int) -> float:
    """Give the seconds before retry `attempt` (from 0): 0.2, 0.4, 0.8 … at most 10, plus or minus 10 %."""
    return min(0.2 * 2**attempt, 10.0) * random.uniform(0.9, 1.1)  # noqa: S311 - no secret depends on it


class Deadline:
    """The time that one engine request may take; ends early when the engine cancels."""

    def __init__(self, seconds: float, cancelled: threading.Event) -> None:
        self._seconds = seconds
        self._end = time.monotonic() + seconds
        self._cancelled = cancelled

    def check(self, what: str) -> None:
        """Go on only if there is time.

        Raises:
            CancelledError: the engine cancelled, or the time is over.
        """
        if self._cancelled.is_set():
            raise CancelledError(f"cancelled while {what}")
        if time.monotonic() >= self._end:
            raise CancelledError(
                f"gave up after {self._seconds:g} s while {what} (custom_timeouts allows more)"
            )

    def wait(self, seconds: float, what: str) -> None:
        """Wait, but at most a minute at a time and never past the end.

        Raises:
            CancelledError: the engine cancelled, or the time is over.
        """
        left = self._end - time.monotonic()
        self._cancelled.wait(max(min(seconds, left, _LONGEST_WAIT), 0.0))
        self.check(what)
