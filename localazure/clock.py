"""The clock of a local Azure: it can run faster than real time and jump ahead, and never goes back."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from localazure.durable import write

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Clock", "iso"]

LATEST = datetime(9000, 1, 1, tzinfo=UTC)
"""The clock stops there: what is reckoned from it must fit into a datetime, which ends in the year 9999."""
FASTEST = 1e6


def iso(at: datetime) -> str:
    """A time as Azure writes it: UTC, microseconds, `Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class Clock:
    """Local-Azure time: `rate` times as fast as real time, from a point that may be moved ahead.

    With a path, the point and the rate are kept there, and the clock runs on while the daemon is down.
    """

    def __init__(self, path: Path | None = None, rate: float = 1.0) -> None:
        self._path = path
        self._real = time.time()
        self._local = self._real
        self._rate: float = rate
        self._last = 0.0
        self._moved = asyncio.Event()
        if path is not None and path.exists():
            kept: dict[str, float] = json.loads(path.read_text())
            self._real, self._local, self._rate = kept["real"], kept["local"], kept["rate"]
            self._last = self._local

    @property
    def rate(self) -> float:
        """Local seconds in a real second."""
        return self._rate

    def now(self) -> datetime:
        """The local time: aware, UTC, never earlier than any earlier answer."""
        local = self._local + (time.time() - self._real) * self._rate
        self._last = max(self._last, min(local, LATEST.timestamp()))
        return datetime.fromtimestamp(self._last, UTC)

    def advance(self, seconds: float) -> datetime:
        """Jump ahead; sleepers whose time has come wake.

        Raises:
            ValueError: `seconds` is negative, or the jump goes too far.
        """
        return self.set(advance=seconds)

    def run_at(self, rate: float) -> datetime:
        """Run at another rate from now on.

        Raises:
            ValueError: `rate` is not positive, or too fast.
        """
        return self.set(rate=rate)

    def set(self, *, advance: float = 0.0, rate: float | None = None) -> datetime:
        """Jump ahead and run at another rate, or neither; the local time then.

        Raises:
            ValueError: One of them can't be. The clock is as it was.
        """
        if not advance >= 0:
            raise ValueError(f"advance: {advance} s: the clock never goes back; give 0 or more")
        rate = self._rate if rate is None else rate
        if not 0 < rate <= FASTEST:
            raise ValueError(f"rate: {rate}: give local seconds in a real second, above 0, at most 1000000")
        local = self.now().timestamp() + advance
        if local > LATEST.timestamp():
            raise ValueError(f"advance: {advance} s: the clock goes no further than {iso(LATEST)}")
        self._local, self._real, self._rate = local, time.time(), rate
        self.save()
        self._moved.set()
        self._moved = asyncio.Event()
        return self.now()

    async def sleep(self, local_seconds: float) -> None:
        """Wait for that many local seconds; a jump or a new rate shortens the wait."""
        until = self.now() + timedelta(seconds=local_seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            moved = self._moved
            try:
                await asyncio.wait_for(moved.wait(), timeout=left / self._rate)
            except TimeoutError:
                continue

    def save(self) -> None:
        """Keep the clock for the next start."""
        if self._path is None:
            return
        kept = {"real": self._real, "local": self._local, "rate": self._rate}
        write(self._path, json.dumps(kept).encode())
