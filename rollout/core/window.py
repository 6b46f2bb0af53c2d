"""The window of time that a verdict may rest on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core import times

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True)
class Window:
    """A half-open stretch of Azure's time: `[start, end)`. An end before the start holds no time at all."""

    start: datetime
    end: datetime

    def holds(self, length: timedelta) -> bool:
        """Return whether the window is at least so long."""
        return self.end - self.start >= length

    def shared(self, other: Window) -> timedelta:
        """Return how long both last at once."""
        return max(min(self.end, other.end) - max(self.start, other.start), timedelta())

    def show(self) -> str:
        """Return the window as `10:02:00Z to 10:12:00Z`, or what is waited for where it holds no time yet."""
        if self.end <= self.start:
            return f"nothing before {times.show_instant(self.start)[11:]} counts"
        return f"{times.show_instant(self.start)[11:]} to {times.show_instant(self.end)[11:]}"
