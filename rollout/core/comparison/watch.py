"""What one gate has seen of both arms."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from rollout.core.comparison.blocks import Tier
from rollout.core.comparison.counts import LEVELS, P95, Counts, errors, percentile, slower
from rollout.core.comparison.failing import (
    ERRORS_CAP,
    CountEvidence,
    SignEvidence,
    error_evidence,
    latency_evidence,
    log_cap,
)
from rollout.core.comparison.guard import CountGuard, Guard, SignGuard
from rollout.core.comparison.passing import (
    HISTORY_WEIGHT,
    SLOWER,
    USUALLY_SLOW,
    Clearance,
    CountClearance,
    LatencyClearance,
    SignClearance,
)
from rollout.core.gates.comparative import Measure

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline, Block
    from rollout.core.comparison.failing import Evidence
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings

_HALF = 0.5

Points = list[tuple["datetime", float | None]]


class Watch:
    """One gate's evidence against the candidate, its clearance, its guard at 100 %, and what to draw."""

    def __init__(self, gate: ComparativeGate, settings: ComparisonSettings, baseline: Baseline) -> None:
        self.gate = gate
        self.baseline = baseline
        self.by_signs = gate.measure is Measure.LATENCY and baseline.tier is Tier.METRICS
        self.kind: Callable[[Block], Counts] = errors if gate.measure is Measure.ERRORS else _slowest
        self.usual = baseline.error_share if gate.measure is Measure.ERRORS else USUALLY_SLOW
        self.allowed = SLOWER if self.by_signs else gate.margin
        self._cap = log_cap(settings.alpha)
        self._error_cap = log_cap(settings.alpha, ERRORS_CAP)
        self._beta = settings.beta
        self.evidence = self._new_evidence()
        self.clearance = self._new_clearance()
        self.guard: Guard | None = None
        self.total = Counts()
        """Of the present stage: events of both arms; of signs, the blocks in which each arm lost."""
        self.levels = [Counts() for _ in LEVELS]
        """Of latency in the logs tier: the same for each percentile."""
        self.blind: str | None = None
        """Why the gate can't tell anything at this stage; None where it can."""
        self.failed: datetime | None = None
        """The first block at which the evidence convicted; later ones don't take it back."""
        self.certified = False
        """Whether the margin was proved at some block of the stage that had enough behind it."""
        self.candidate: Points = []
        self.prod: Points = []
        self.alone: list[tuple[datetime, float]] = []
        """What each block says on its own, as a natural logarithm."""
        self._prod_p95: list[float] = []

    def open(self, share: float, *, counts: bool) -> None:
        """Begin a compared stage; `counts` says whether it has a weight of its own."""
        self.clearance = self._new_clearance()
        self.certified = False
        self._forget()
        self._prod_p95 = []
        self.blind = self._blindness(share)
        if counts:
            self.evidence.open()

    def open_whole(self) -> None:
        """Begin the stage at 100 %, against what prod did in the last compared stage or usually does."""
        if self.by_signs:
            usual = statistics.median(self._prod_p95) if self._prod_p95 else self._usual_p95()
            self.guard = SignGuard(usual, self._cap)
            self.blind = None if usual is not None else "prod's usual P95 isn't known"
        else:
            limit = max(self.total.prod_share, self.usual) + self.gate.margin
            self.guard = CountGuard(self.kind, limit, self._cap)
            self.blind = self._blindness(0.0)
        self._forget()
        self.alone = []

    def add(self, block: Block) -> None:
        """Take the next block in."""
        self._draw(block)
        if self.guard is not None:
            self.alone.append((block.at, self.guard.add(block)))
        elif self.blind is None:
            self.alone.append((block.at, self.evidence.add(block)))
            self.clearance.add(block)
        self.total = self.total.plus(self._signs(block) if self.by_signs else self.kind(block))
        if self.gate.measure is Measure.LATENCY and not self.by_signs:
            self.levels = [each.plus(slower(block, level)) for level, each in enumerate(self.levels)]

    def present_share(self) -> float:
        """Return prod's share of events, as the stage so far and prod's history have it."""
        return (HISTORY_WEIGHT * self.usual + self.total.y_p) / (HISTORY_WEIGHT + self.total.n_p)

    def loudest(self) -> int:
        """Return at which of prod's percentiles the candidate's latency looks worst."""
        return self.evidence.leading() if isinstance(self.evidence, CountEvidence) else P95

    def only_tail(self) -> bool:
        """Return whether the margin is proved but beyond prod's P99."""
        return isinstance(self.clearance, LatencyClearance) and self.clearance.only_tail()

    def _forget(self) -> None:
        self.total = Counts()
        self.levels = [Counts() for _ in LEVELS]

    def _new_evidence(self) -> Evidence:
        if self.by_signs:
            return SignEvidence(self.gate.slack, self._cap)
        if self.gate.measure is Measure.ERRORS:
            return error_evidence(self._error_cap, self.usual)
        return latency_evidence(self._cap)

    def _new_clearance(self) -> Clearance:
        if self.by_signs:
            return SignClearance(self.allowed, self._beta)
        if self.gate.measure is Measure.LATENCY:
            return LatencyClearance(self.allowed, self._beta)
        return CountClearance(self.kind, self.usual, self.allowed, self._beta)

    def _usual_p95(self) -> float | None:
        return self.baseline.slow_ms[P95] if self.baseline.slow_ms is not None else None

    def _blindness(self, share: float) -> str | None:
        if self.by_signs and share > _HALF:
            return "above 50 % Azure Monitor's percentiles can't be compared: the traffic log can"
        if self.gate.measure is Measure.LATENCY and not self.by_signs and self.baseline.slow_ms is None:
            return "prod's usual latency isn't known"
        return None

    def _signs(self, block: Block) -> Counts:
        its, usual = percentile(block.candidate, P95), percentile(block.prod, P95)
        if its is None:
            return Counts()
        if self.guard is not None:
            lost = self.guard.lost(block) if isinstance(self.guard, SignGuard) else False
            return Counts(int(lost), 1, 0, 0)
        if usual is None:
            return Counts()
        self._prod_p95.append(usual)
        lost = its > (1 + self.gate.slack) * usual
        return Counts(int(lost), 1, int(not lost), 1)

    def _draw(self, block: Block) -> None:
        if self.by_signs:
            its, usual = percentile(block.candidate, P95), percentile(block.prod, P95)
        else:
            counts = self.kind(block)
            its = counts.candidate_share if counts.n_c else None
            usual = counts.prod_share if counts.n_p else None
        self.candidate.append((block.at, its))
        self.prod.append((block.at, usual))


def _slowest(block: Block) -> Counts:
    return slower(block, P95)
