"""Axes: from values to places on a drawing and back, with ticks at round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400
_TIME_STEPS = (
    *(_MINUTE * count for count in (1, 2, 5, 10, 15, 30)),
    *(_HOUR * count for count in (1, 2, 3, 6, 12)),
    *(_DAY * count for count in (1, 2, 7, 14, 28)),
)
_ROUND = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True)
class Axis:
    """A straight scale: `low` is at `first`, `high` at `last`."""

    low: float
    high: float
    first: float
    last: float
    ticks: tuple[float, ...]

    def at(self, value: float) -> float:
        """Return the place of a value."""
        return self.first + (value - self.low) / (self.high - self.low) * (self.last - self.first)


def of_values(low: float, high: float, first: float, last: float, ticks: int = 4) -> Axis:
    """Return an axis from `low` to `high` at least, that ends at round numbers."""
    if not high > low:
        low, high = (low - 1, high + 1) if low else (0.0, 1.0)
    step = _round_step((high - low) / ticks)
    bottom, top = math.floor(low / step), math.ceil(high / step)
    return Axis(
        bottom * step, top * step, first, last, tuple(number * step for number in range(bottom, top + 1))
    )


def of_times(start: datetime, end: datetime, first: float, last: float, ticks: int = 7) -> Axis:
    """Return an axis of seconds since 1970, with ticks at whole minutes, hours or days of UTC."""
    low, high = start.timestamp(), end.timestamp()
    if not high > low:
        low, high = low - _MINUTE, high + _MINUTE
    step = next((each for each in _TIME_STEPS if (high - low) / each <= ticks), _TIME_STEPS[-1])
    inside = range(math.ceil(low / step), math.floor(high / step) + 1)
    return Axis(low, high, first, last, tuple(float(number * step) for number in inside))


def show_time(seconds: float, axis: Axis) -> str:
    """Return a tick of a time axis as people read it: the hour, or the day where days pass."""
    at = datetime.fromtimestamp(seconds, UTC)
    if axis.high - axis.low <= _DAY:
        return f"{at:%H:%M}"
    return (
        f"{at:%d %b}" if len(axis.ticks) > 1 and axis.ticks[1] - axis.ticks[0] >= _DAY else f"{at:%d. %H:%M}"
    )


def _round_step(least: float) -> float:
    """Return the smallest round number that is as large."""
    power = 10.0 ** math.floor(math.log10(least))
    return next(power * each for each in _ROUND if power * each >= least * (1 - 1e-9))
