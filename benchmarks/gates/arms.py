"""What one deployment did, minute by minute, kept as counts of requests by millisecond."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["LONGEST", "Minutes", "histogram", "percentile"]

LONGEST = 3000
"""Milliseconds; slower requests count as this."""


@dataclass(frozen=True, eq=False)
class Minutes:
    """One deployment's requests, by minute and by whole milliseconds (as the traffic log has them)."""

    good: Ints
    """How many 2xx answers took so long: (minutes, LONGEST + 1)."""
    bad: Ints
    """How many other answers did."""
    extra: Floats
    """How much likelier than prod's a request of this minute was to fail: the truth, which no method sees."""

    def __len__(self) -> int:
        return len(self.good)

    @cached_property
    def successes(self) -> Ints:
        return self.good.sum(axis=1)

    @cached_property
    def errors(self) -> Ints:
        return self.bad.sum(axis=1)

    @cached_property
    def requests(self) -> Ints:
        return self.successes + self.errors

    @cached_property
    def milliseconds(self) -> Ints:
        """The sum of all durations, by minute."""
        return (self.good + self.bad) @ np.arange(LONGEST + 1)

    @cached_property
    def _good_until(self) -> Ints:
        return self.good.cumsum(axis=1)

    def slow(self, threshold: float) -> Ints:
        """How many 2xx answers took longer than so many milliseconds, by minute."""
        return self.successes - self._good_until[:, min(int(threshold), LONGEST)]

    @cached_property
    def _until(self) -> Ints:
        return self._good_until + self.bad.cumsum(axis=1)

    @cached_property
    def p50(self) -> Floats:
        return percentile(self._until, 0.50)

    @cached_property
    def p95(self) -> Floats:
        return percentile(self._until, 0.95)

    @cached_property
    def p99(self) -> Floats:
        return percentile(self._until, 0.99)

    def of_all(self, share: float) -> float:
        """A percentile of all 2xx answers together, nearest rank as KQL's; not a number of none."""
        until = self.good.sum(axis=0).cumsum()
        total = int(until[-1])
        return float(np.searchsorted(until, math.ceil(share * total))) if total else math.nan

    def upto(self, minutes: int) -> Minutes:
        """The first minutes."""
        return Minutes(self.good[:minutes], self.bad[:minutes], self.extra[:minutes])

    def between(self, begin: int, end: int) -> Minutes:
        """The minutes from one to before another."""
        return Minutes(self.good[begin:end], self.bad[begin:end], self.extra[begin:end])


def histogram(minute: Ints, milliseconds: Floats, minutes: int) -> Ints:
    """Count requests by minute and whole milliseconds."""
    whole = np.clip(np.rint(milliseconds), 1, LONGEST).astype(np.int64)
    counted = np.bincount(minute * (LONGEST + 1) + whole, minlength=minutes * (LONGEST + 1))
    return counted.reshape(minutes, LONGEST + 1)


def percentile(until: Ints, share: float) -> Floats:
    """Each row's percentile, interpolated between its neighbours as DuckDB's quantile_cont; nan of none.

    `until` counts the requests that took at most so many milliseconds.
    """
    total = until[:, -1]
    place = np.maximum(total - 1, 0) * share
    below = np.floor(place).astype(np.int64)
    above = np.minimum(below + 1, np.maximum(total - 1, 0))
    low = (until <= below[:, None]).sum(axis=1)
    high = (until <= above[:, None]).sum(axis=1)
    return np.where(total > 0, low + (high - low) * (place - below), np.nan)
