"""The evidence that the candidate is not worse than prod by the margin or more, in one stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Protocol

from rollout.core.comparison.counts import P95, Counts, percentile
from rollout.core.comparison.logspace import log_average, log_beta
from rollout.core.comparison.signs import ODDS as SIGN_ODDS
from rollout.core.comparison.signs import chance_above, log_tilts

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollout.core.comparison.blocks import Block

SLOWER = 0.25
"""In the metrics tier: how much slower than prod's the candidate's P95 must be shown not to be."""

_HISTORY_WEIGHT = 200
_LEAST_SHARE = 1e-4
_INCIDENT_EVENTS = 3
_INCIDENT_SHARE = 0.05
_INCIDENT_TIMES = 5
_HALVINGS = 60
_MARGIN_HALVINGS = 24


class Clearance(Protocol):
    """What speaks for one candidate in one stage."""

    certified: bool
    """Whether the margin was proved at some block of the stage; later blocks don't take it back."""

    def add(self, block: Block) -> None:
        """Take a block in."""
        ...

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now; None where none is."""
        ...


class CountClearance:
    """Clearance by counts of events: universal inference against every pair of shares a margin apart.

    Under the null p_c >= p_p + margin for constant shares, and the evidence exceeds 1/beta at some time with
    a chance of at most beta. Blocks in which prod itself is ill are left out.
    """

    def __init__(self, kind: Callable[[Block], Counts], usual: float, margin: float, beta: float) -> None:
        self._kind = kind
        self._usual = usual
        self._allowed = margin
        self._needed = math.log(1 / beta)
        self._total = Counts()
        self.certified = False

    def add(self, block: Block) -> None:
        """Take a block in."""
        counts = self._kind(block)
        if _incident(counts, self._usual):
            return
        self._total = self._total.plus(counts)
        if not self.certified:
            self.certified = log_pass(self._total, self._allowed, self._usual) >= self._needed

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now; None where none is."""
        low, high = 0.0, 1.0
        if not (self._total.n_c and self._total.n_p):
            return None
        for _ in range(_MARGIN_HALVINGS):
            middle = (low + high) / 2
            if log_pass(self._total, middle, self._usual) >= self._needed:
                high = middle
            else:
                low = middle
        return high if high < 1.0 else None


def log_pass(counts: Counts, margin: float, usual: float) -> float:
    """Return the logarithm of the evidence against p_c >= p_p + margin, given prod's usual share.

    A beta mixture around the usual share, over the greatest likelihood that the null allows.
    """
    y_c, n_c, y_p, n_p = counts
    usual = max(usual, _LEAST_SHARE)
    a, b = _HISTORY_WEIGHT * usual + 0.5, _HISTORY_WEIGHT * (1 - usual) + 0.5
    y, n = y_c + y_p, n_c + n_p
    return log_beta(a + y, b + n - y) - log_beta(a, b) - _log_likelihood_of_worse(counts, margin)


class SignClearance:
    """Clearance by which arm's P95 is the greater, in the metrics tier.

    Under the null the candidate's latencies are at least 1 + margin times prod's in distribution.
    """

    def __init__(self, margin: float, beta: float) -> None:
        self._allowed = margin
        self._needed = math.log(1 / beta)
        self._ratios: list[tuple[float, float]] = []
        self.certified = False

    def add(self, block: Block) -> None:
        """Take a block in."""
        candidate, prod = block.candidate, block.prod
        its, usual = percentile(candidate, P95), percentile(prod, P95)
        if not (its and usual and candidate.requests and prod.requests):
            return
        below = 1.0 - chance_above(candidate.requests, prod.requests, P95)
        self._ratios.append((its / usual, max(0.5, below)))
        if not self.certified:
            self.certified = self._log(1 + self._allowed) >= self._needed

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now; None where none is."""
        found = sorted(ratio for ratio, _ in self._ratios)
        low, high = 0, len(found)
        while low < high:
            middle = (low + high) // 2
            if self._log(math.nextafter(found[middle], math.inf)) >= self._needed:
                high = middle
            else:
                low = middle + 1
        return max(0.0, found[low] - 1) if low < len(found) else None

    def _log(self, limit: float) -> float:
        sums = [0.0] * len(SIGN_ODDS)
        for ratio, chance in self._ratios:
            tilts = log_tilts(chance, happened=ratio < limit)
            sums = [old + new for old, new in zip(sums, tilts, strict=True)]
        return log_average(sums)


def _incident(counts: Counts, usual: float) -> bool:
    """Return whether prod itself was ill in that block."""
    limit = max(_INCIDENT_SHARE, _INCIDENT_TIMES * usual)
    return counts.y_p >= _INCIDENT_EVENTS and counts.prod_share > limit


def _log_likelihood_of_worse(counts: Counts, margin: float) -> float:
    """Return the greatest log likelihood with p_c >= p_p + margin."""
    y_c, n_c, y_p, n_p = counts
    if counts.candidate_share >= counts.prod_share + margin:
        return _log_likelihood(counts, counts.candidate_share, counts.prod_share)

    def slope(p: float) -> float:
        up = (y_p / p if y_p else 0.0) + (y_c / (p + margin) if y_c else 0.0)
        down = ((n_p - y_p) / (1 - p) if n_p > y_p else 0.0) + (
            (n_c - y_c) / (1 - p - margin) if n_c > y_c else 0.0
        )
        return up - down

    low, high = 0.0, 1.0 - margin
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if slope(middle) > 0:
            low = middle
        else:
            high = middle
    p = (low + high) / 2
    return _log_likelihood(counts, p + margin, p)


def _log_likelihood(counts: Counts, p_c: float, p_p: float) -> float:
    y_c, n_c, y_p, n_p = counts
    return (
        _times_log(y_c, p_c)
        + _times_log(n_c - y_c, 1 - p_c)
        + _times_log(y_p, p_p)
        + _times_log(n_p - y_p, 1 - p_p)
    )


def _times_log(count: int, share: float) -> float:
    if not count:
        return 0.0
    return count * math.log(share) if share > 0 else -math.inf
