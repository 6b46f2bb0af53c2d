"""The evidence that the candidate is not worse than prod by the margin or more, in one stage."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rollout.core.comparison.counts import P95, P99, Counts, percentile, slower
from rollout.core.comparison.failing import log_cap
from rollout.core.comparison.logspace import log_average
from rollout.core.comparison.signs import ODDS as SIGN_ODDS
from rollout.core.comparison.signs import chance_above, log_tilts

if TYPE_CHECKING:
    from collections.abc import Callable

    from rollout.core.comparison.blocks import Block

SLOWER = 0.25
"""In the metrics tier: how much slower than prod's the candidate's P95 must be shown not to be."""

USUALLY_SLOW = 0.05
"""The share of prod's answers beyond its usual 95th percentile."""

TAIL = 0.45
"""The margin of answers beyond prod's usual 99th percentile, as a part of the gate's own."""

USUALLY_IN_TAIL = 0.01
"""The share of prod's answers beyond it."""

RESERVE = 0.75
"""The part of beta that is used: where prod never fails the bound is met exactly, not by far as elsewhere."""

HISTORY_WEIGHT = 200
"""How many requests prod's history counts for in the guess of its present share."""

_KEPT = 0.03
"""The part of the evidence that a block can't touch, so that one bad minute doesn't undo an hour."""

_INCIDENT_EVENTS = 3
_INCIDENT_SHARE = 0.05
_INCIDENT_TIMES = 5
_HALVINGS = 20


def needed(beta: float) -> float:
    """Return the evidence at which a margin is proved, as a natural logarithm."""
    return math.log(1 / (RESERVE * beta))


class Clearance(Protocol):
    """What speaks for one candidate in one stage."""

    def add(self, block: Block) -> None:
        """Take a block in."""
        ...

    def proved(self) -> bool:
        """Return whether it is proved by now that the candidate isn't worse by the margin allowed."""
        ...

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now; None where none is."""
        ...


class CountClearance:
    """Clearance by counts of events.

    Under the null the candidate's share of events is in every block at least prod's plus the margin;
    nothing is assumed of how prod's moves. Each factor (`log_clearance`) has a mean of at most 1 then, so
    the evidence reaches 1/beta at some time with a chance of at most beta. That stays so of factors that are
    capped, and of which a part is always 1.

    Blocks in which prod itself is ill are left out. That is no choice in the candidate's favour: left out is
    what has more than so many events of prod's, and a factor rises with these. So given that a block stays
    its mean is no more than it was, and one that is left out counts 1.
    """

    def __init__(self, kind: Callable[[Block], Counts], usual: float, margin: float, beta: float) -> None:
        self._kind = kind
        self._allowed = margin
        self._needed = needed(beta)
        self._cap = log_cap(beta)
        self._guess_events = HISTORY_WEIGHT * usual + 0.5
        self._guess_of = HISTORY_WEIGHT + 1
        self._seen: list[_Guessed] = []
        self._log = 0.0

    def add(self, block: Block) -> None:
        """Take a block in."""
        counts = self._kind(block)
        guess = self._guess_events / self._guess_of
        if not (counts.n_c and counts.n_p) or _incident(counts, guess):
            return
        seen = _Guessed(counts, guess)
        self._seen.append(seen)
        self._log += self._tempered(seen, self._allowed)
        self._guess_events += counts.y_p
        self._guess_of += counts.n_p

    def proved(self) -> bool:
        """Return whether it is proved by now that the candidate isn't worse by the margin allowed."""
        return self._log >= self._needed

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now; None where none is."""
        low, high = 0.0, 1.0
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            if self._log_at(middle) >= self._needed:
                high = middle
            else:
                low = middle
        return high if high < 1.0 else None

    def _log_at(self, margin: float) -> float:
        return math.fsum(self._tempered(seen, margin) for seen in self._seen)

    def _tempered(self, seen: _Guessed, margin: float) -> float:
        """Return the logarithm of a block's factor, neither near nothing nor beyond the cap."""
        log = min(log_clearance(seen.counts, margin, seen.guess), self._cap)
        return math.log(_KEPT + (1 - _KEPT) * math.exp(log))


class LatencyClearance:
    """Clearance by answers beyond prod's usual 95th and 99th percentiles, in the logs tier.

    Both must be proved. A release that is worse by the margin at either has to slip through that one, so
    nothing is corrected. A margin of the gate's allows `TAIL` times as much beyond the 99th.
    """

    def __init__(self, margin: float, beta: float) -> None:
        self._body = CountClearance(lambda block: slower(block, P95), USUALLY_SLOW, margin, beta)
        self._tail = CountClearance(lambda block: slower(block, P99), USUALLY_IN_TAIL, TAIL * margin, beta)

    def add(self, block: Block) -> None:
        """Take a block in."""
        self._body.add(block)
        self._tail.add(block)

    def proved(self) -> bool:
        """Return whether it is proved by now that the candidate isn't worse by the margin allowed."""
        return self._body.proved() and self._tail.proved()

    def margin(self) -> float | None:
        """Return the smallest margin of the gate's that is proved by now at both; None where none is."""
        body, tail = self._body.margin(), self._tail.margin()
        if body is None or tail is None or tail > TAIL:
            return None
        return max(body, tail / TAIL)

    def only_tail(self) -> bool:
        """Return whether it is only beyond the 99th that something lacks."""
        return self._body.proved() and not self._tail.proved()


def log_clearance(counts: Counts, margin: float, guess: float) -> float:
    """Return the logarithm of a block's evidence against p_c >= p_p + margin, given a guess of prod's share.

    With r = guess / (guess + margin), a = 1 - r and b = (n_c / n_p) a / (1 - margin a) it is
    r^y_c (1 + b)^y_p / (1 - margin a)^n_c. Its mean is at most that of shares p + margin and p, which is
    (1 - a (p + margin))^n_c (1 + b p)^n_p / (1 - margin a)^n_c: its logarithm is concave in p with slope 0 at
    p = 0, so it is greatest there, and 1. Shares that move inside a block only lessen it, as means of
    logarithms do. The guess may be anything that was known before the block; a good one makes the evidence
    grow nearly as fast as if prod's share were known.
    """
    y_c, n_c, y_p, n_p = counts
    ratio = guess / (guess + margin)
    a = 1 - ratio
    b = n_c / n_p * a / (1 - margin * a)
    return y_c * math.log(ratio) + y_p * math.log1p(b) - n_c * math.log1p(-margin * a)


class SignClearance:
    """Clearance by which arm's P95 is the greater, in the metrics tier.

    Under the null the candidate's latencies are at least 1 + margin times prod's in distribution, so its
    P95 is below that with the chance that the counts say (`chance_above`): more than a half where it has
    few requests, as the P95 of a small sample lies low.
    """

    def __init__(self, margin: float, beta: float) -> None:
        self._allowed = margin
        self._needed = needed(beta)
        self._ratios: list[tuple[float, float]] = []
        self._sums = [0.0] * len(SIGN_ODDS)

    def add(self, block: Block) -> None:
        """Take a block in."""
        candidate, prod = block.candidate, block.prod
        its, usual = percentile(candidate, P95), percentile(prod, P95)
        if its is None or not usual or not (candidate.requests and prod.requests):
            return
        below = 1.0 - chance_above(candidate.requests, prod.requests, P95)
        seen = (its / usual, max(0.5, below))
        self._ratios.append(seen)
        self._sums = _added(self._sums, seen, 1 + self._allowed)

    def proved(self) -> bool:
        """Return whether it is proved by now that the candidate isn't slower by the margin allowed."""
        return log_average(self._sums) >= self._needed

    def margin(self) -> float | None:
        """Return the smallest margin that is proved by now, as a share of prod's P95; None where none is."""
        found = sorted(ratio for ratio, _ in self._ratios)
        low, high = 0, len(found)
        while low < high:
            middle = (low + high) // 2
            if self._log_at(math.nextafter(found[middle], math.inf)) >= self._needed:
                high = middle
            else:
                low = middle + 1
        return max(0.0, found[low] - 1) if low < len(found) else None

    def _log_at(self, limit: float) -> float:
        sums = [0.0] * len(SIGN_ODDS)
        for seen in self._ratios:
            sums = _added(sums, seen, limit)
        return log_average(sums)


class _Guessed(NamedTuple):
    counts: Counts
    guess: float
    """Prod's share as it was thought to be before the block."""


def _added(sums: list[float], seen: tuple[float, float], limit: float) -> list[float]:
    ratio, chance = seen
    tilts = log_tilts(chance, happened=ratio < limit)
    return [old + new for old, new in zip(sums, tilts, strict=True)]


def _incident(counts: Counts, usual: float) -> bool:
    """Return whether prod itself was ill in that block."""
    limit = max(_INCIDENT_SHARE, _INCIDENT_TIMES * usual)
    return counts.y_p >= _INCIDENT_EVENTS and counts.prod_share > limit
