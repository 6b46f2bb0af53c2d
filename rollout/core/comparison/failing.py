"""The evidence that the candidate is worse than prod: what one gate has against it, stage by stage."""

from __future__ import annotations

import math
from collections import deque
from typing import TYPE_CHECKING, NamedTuple, Protocol

from rollout.core.comparison.counts import LEVELS, P50, P95, P99, Counts, errors, percentile, slower
from rollout.core.comparison.growth import LATER, Growth
from rollout.core.comparison.hypergeometric import log_ratios
from rollout.core.comparison.logspace import NOTHING, even, log_average, log_mean
from rollout.core.comparison.signs import ODDS as SIGN_ODDS
from rollout.core.comparison.signs import chance_above, log_tilts
from rollout.core.comparison.surges import odds_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rollout.core.comparison.blocks import Block

ODDS = {1.2: 0.025, 1.5: 0.075, 2.0: 0.15, 3.0: 0.25, 5.0: 0.25, 10.0: 0.15, 30.0: 0.10}
"""The odds ratios of errors that a worse candidate may have, and each one's part of the evidence.

The least have little: they are where bad minutes of one arm alone add up, as the minutes between take back
next to nothing.
"""

SLOWER_ODDS = {
    P50: {1.2: 0.2, 1.5: 0.25, 2.0: 0.25, 3.0: 0.2, 6.0: 0.1},
    P95: {1.2: 0.1, 1.5: 0.3, 2.0: 0.3, 3.0: 0.15, 5.0: 0.1, 10.0: 0.05},
    P99: {1.5: 0.2, 2.0: 0.25, 3.0: 0.25, 5.0: 0.15, 10.0: 0.1, 30.0: 0.05},
}
"""The same of slow answers: what half of all answers do can't become much more frequent."""

LEVEL_PARTS = {P50: 0.25, P95: 0.30, P99: 0.45}
"""Each percentile's part of a gate's evidence on latency."""

ERRORS_FLOOR = 0.001
"""A candidate whose errors are less than 0.1 points more isn't taken back, however sure that is."""
LATENCY_FLOOR = 0.01
"""Nor one with less than 1 point more slow answers."""

CAP = 0.45
"""What a block may add to the evidence, as a part of what convicts."""
ERRORS_CAP = 0.35
"""The same on errors: prod's usual share of them is so small that the minutes between take back little."""

_RECENT = 10


def log_cap(alpha: float, part: float = CAP) -> float:
    """Return the most that one block may add to the evidence, as a natural logarithm.

    Two blocks at the cap make at most alpha^-0.9, which is less than the bound: no two blocks convict,
    so a shock to one arm alone (an instance that restarts) doesn't. Capped evidence is still evidence:
    its mean can only become less.
    """
    return part * math.log(1 / alpha)


class Evidence(Protocol):
    """What one gate has against the candidate."""

    def open(self) -> None:
        """Begin another count from here, beside those that go on."""
        ...

    def add(self, block: Block) -> float:
        """Take a block into all counts; return the logarithm of what it says on its own."""
        ...

    def logs(self) -> list[float]:
        """Return the logarithm of the evidence of each count."""
        ...


class Kind(NamedTuple):
    """Events of one kind."""

    counts: Callable[[Block], Counts]
    odds: Mapping[float, float]
    """The odds ratios they may have, and each one's part; the parts make 1."""
    part: float = 1.0
    """Of the evidence of all kinds."""
    usual: float | None = None
    """Prod's usual share of them, beyond which odds shrink (`odds_in`); None where they never do."""

    def asked(self, counts: Counts) -> Sequence[float]:
        """Return the odds ratios to ask about in a block."""
        if self.usual is None:
            return tuple(self.odds)
        return odds_in(self.odds, counts.y_c + counts.y_p, counts.n_c + counts.n_p, self.usual)


class CountEvidence:
    """Evidence in counts of events, of one kind or of several that are averaged.

    Under the null, in every block the candidate's odds of an event are at most prod's; nothing is assumed
    of how rates move from block to block. Given both arms' requests and all events of a block, each factor
    then has a mean of at most 1, so the products are supermartingales, and so are averages of them.
    """

    def __init__(self, kinds: Sequence[Kind], cap: float, floor: float, later: float = LATER) -> None:
        self._kinds = tuple(kinds)
        self._parts = tuple(kind.part for kind in kinds)
        self._cap = cap
        self._floor = floor
        self._later = later
        self._counts: list[list[_Count]] = []

    def open(self) -> None:
        """Begin another count from here."""
        self._counts.append([_Count(tuple(kind.odds.values()), self._later) for kind in self._kinds])

    def add(self, block: Block) -> float:
        """Take a block into all counts; return the logarithm of what it says on its own."""
        alone: list[float] = []
        for place, kind in enumerate(self._kinds):
            counts = kind.counts(block)
            factors = [min(each, self._cap) for each in log_ratios(counts, kind.asked(counts))]
            alone.append(log_mean(tuple(kind.odds.values()), factors))
            for kinds in self._counts:
                kinds[place].add(counts, factors)
        return log_mean(self._parts, alone)

    def logs(self) -> list[float]:
        """Return the logarithm of the evidence of each count."""
        return [
            log_mean(self._parts, [kind.growth.log() for kind in kinds])
            if max(kind.difference for kind in kinds) >= self._floor
            else NOTHING
            for kinds in self._counts
        ]

    def leading(self) -> int:
        """Return which kind of events speaks loudest against the candidate, since the first stage."""
        if not self._counts:
            return 0
        logs = [kind.growth.log() for kind in self._counts[0]]
        return logs.index(max(logs))


def error_evidence(cap: float, usual: float, later: float = LATER) -> CountEvidence:
    """Return the evidence of a gate on errors, in either tier; `usual` is prod's share of them before."""
    return CountEvidence((Kind(errors, ODDS, usual=usual),), cap, ERRORS_FLOOR, later)


def latency_evidence(cap: float) -> CountEvidence:
    """Return the evidence of a gate on latency in the logs tier."""
    kinds = [Kind(_slower_than(level), SLOWER_ODDS[level], LEVEL_PARTS[level]) for level in LEVELS]
    return CountEvidence(kinds, cap, LATENCY_FLOOR)


class SignEvidence:
    """Evidence in which of the arms had the greater P50 and P95 of a block: the metrics tier's on latency.

    Under the null a candidate's latencies in a block are no greater than prod's, times 1 + slack, in
    distribution. How often its percentile is then the greater follows from the counts (`chance_above`);
    never less than a half is taken, so noise of each arm's own that has no favourite does no harm.
    """

    def __init__(self, slack: float, cap: float) -> None:
        self._slack = slack
        self._cap = cap
        self._growths: list[tuple[Growth, ...]] = []

    def open(self) -> None:
        """Begin another count from here."""
        self._growths.append(tuple(Growth(even(len(SIGN_ODDS))) for _ in (P50, P95)))

    def add(self, block: Block) -> float:
        """Take a block into all counts; return the logarithm of what it says on its own."""
        candidate, prod = block.candidate, block.prod
        alone: list[float] = []
        for place, level in enumerate((P50, P95)):
            its, usual = percentile(candidate, level), percentile(prod, level)
            if its is None or usual is None or not (candidate.requests and prod.requests):
                alone.append(0.0)
                continue
            chance = max(0.5, chance_above(candidate.requests, prod.requests, level))
            tilts = log_tilts(chance, happened=its > (1 + self._slack) * usual)
            factors = [min(each, self._cap) for each in tilts]
            alone.append(log_average(factors))
            for growths in self._growths:
                growths[place].add(factors)
        return log_average(alone)

    def logs(self) -> list[float]:
        """Return the logarithm of the evidence of each count."""
        return [log_average([each.log() for each in growths]) for growths in self._growths]


class _Count:
    """The evidence in one kind of events since one stage's begin."""

    def __init__(self, parts: Sequence[float], later: float) -> None:
        self.growth = Growth(parts, later)
        self._all = (0.0, 0.0)
        self._recent: deque[tuple[float, float]] = deque(maxlen=_RECENT)

    def add(self, counts: Counts, factors: Sequence[float]) -> None:
        self.growth.add(factors)
        y_c, n_c, y_p, n_p = counts
        n = n_c + n_p
        excess, weight = ((y_c * n_p - y_p * n_c) / n, n_c * n_p / n) if n else (0.0, 0.0)
        self._all = (self._all[0] + excess, self._all[1] + weight)
        self._recent.append((excess, weight))

    @property
    def difference(self) -> float:
        """How much greater the candidate's share is, over all blocks or of late: whichever is more.

        Mantel and Haenszel's mean over blocks: pooled counts would call a candidate worse whose share of
        the traffic rose while prod was ill.
        """
        excess, weight = (
            (math.fsum(each) for each in zip(*self._recent, strict=True)) if self._recent else (0, 0)
        )
        return max(total / of if of else 0.0 for total, of in (self._all, (excess, weight)))


def _slower_than(level: int) -> Callable[[Block], Counts]:
    return lambda block: slower(block, level)
