"""The guard of a candidate that has all the traffic: it is held against what prod did before."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from rollout.core.comparison.counts import P95, Counts, percentile
from rollout.core.comparison.growth import Growth
from rollout.core.comparison.logspace import even, log_average
from rollout.core.comparison.passing import SLOWER
from rollout.core.comparison.signs import ODDS, log_tilts

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollout.core.comparison.blocks import Block

TIMES = (1.5, 2.0, 3.0, 5.0, 10.0)
"""How many times the limit the candidate's share may be; each that is below 1 has an equal part."""

_EVEN = 0.5


class Guard(Protocol):
    """What one gate has against a candidate at 100 %."""

    def add(self, block: Block) -> float:
        """Take a block in; return the logarithm of what it says on its own."""
        ...

    def log(self) -> float:
        """Return the logarithm of the evidence so far."""
        ...


class CountGuard:
    """Under the null the candidate's share of events is in every block at most a limit.

    Each factor (p1/p0)^e ((1-p1)/(1-p0))^(n-e) then has a mean of at most 1, and is capped as all evidence.
    There is no control: an incident that would have hit prod as well counts against the candidate.
    """

    def __init__(self, kind: Callable[[Block], Counts], limit: float, cap: float) -> None:
        self._kind = kind
        self._cap = cap
        shares = [limit * times for times in TIMES if 0 < limit * times < 1]
        self._rates = [(math.log(p / limit), math.log1p(-p) - math.log1p(-limit)) for p in shares]
        self._growth = Growth(even(len(shares))) if shares else None

    def add(self, block: Block) -> float:
        """Take a block in; return the logarithm of what it says on its own."""
        if self._growth is None:
            return 0.0
        counts = self._kind(block)
        factors = [
            min(counts.y_c * event + (counts.n_c - counts.y_c) * other, self._cap)
            for event, other in self._rates
        ]
        self._growth.add(factors)
        return log_average(factors)

    def log(self) -> float:
        """Return the logarithm of the evidence so far."""
        return self._growth.log() if self._growth is not None else 0.0


class SignGuard:
    """Under the null the candidate's P95 is in each block, given the past, as often below the limit as above.

    So it says: the median of the candidate's P95 over blocks is at most 1.25 times prod's usual one. The
    limit was fixed before the first block, each factor is 1 + (psi - 1)/2 below an event of odds psi, and so
    has a mean of at most 1 whatever the distribution inside a block; with no control beside it, blocks of one
    long incident count as often as it lasts.
    """

    def __init__(self, usual_ms: float | None, cap: float) -> None:
        self._limit = None if usual_ms is None else (1 + SLOWER) * usual_ms
        self._cap = cap
        self._growth = Growth(even(len(ODDS)))

    def lost(self, block: Block) -> bool:
        """Return whether the candidate's P95 is beyond the limit."""
        its = percentile(block.candidate, P95)
        return its is not None and self._limit is not None and its > self._limit

    def add(self, block: Block) -> float:
        """Take a block in; return the logarithm of what it says on its own."""
        if block.candidate.p95 is None or self._limit is None:
            return 0.0
        factors = [min(each, self._cap) for each in log_tilts(_EVEN, happened=self.lost(block))]
        self._growth.add(factors)
        return log_average(factors)

    def log(self) -> float:
        """Return the logarithm of the evidence so far."""
        return self._growth.log()
