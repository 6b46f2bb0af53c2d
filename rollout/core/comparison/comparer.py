"""Judging block by block: a verdict after each is a function of the blocks so far, not of who looked when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison import sentences
from rollout.core.comparison.outcome import Comparison
from rollout.core.comparison.split import mismatched
from rollout.core.comparison.timing import time_to_clear
from rollout.core.comparison.watch import Watch
from rollout.core.comparison.weights import Weights, culprits
from rollout.core.gates.judgement import Compared, Line
from rollout.core.traffic import WHOLE
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline, Block
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings

RECENT_BLOCKS = 10
"""Without a request to one of the arms for so many blocks, there is no data."""

_WORST = 3
_HALF = 0.5
_MINUTE = timedelta(minutes=1)


@dataclass
class Stage:
    """The present stage so far."""

    traffic: int
    share: float
    blocks: int = 0
    told: int = 0
    """Blocks in which all arms that should have had requests."""
    n_c: int = 0
    n_p: int = 0
    last_c: datetime | None = None
    """When the newest block with a request to the candidate began."""
    last_p: datetime | None = None
    newest: datetime | None = None

    @property
    def whole(self) -> bool:
        """Whether the candidate has all traffic, and there is nobody to compare it with."""
        return self.traffic == WHOLE

    def add(self, block: Block) -> None:
        """Count a block."""
        n_c, n_p = block.candidate.requests, block.prod.requests
        self.blocks += 1
        self.told += bool(n_c and (n_p or self.whole))
        self.n_c += n_c
        self.n_p += n_p
        self.last_c = block.at if n_c else self.last_c
        self.last_p = block.at if n_p else self.last_p
        self.newest = block.at


class Comparer:
    """All comparative gates of one rollout, fed with its stages and blocks in order of time."""

    def __init__(
        self, gates: Sequence[ComparativeGate], settings: ComparisonSettings, baseline: Baseline
    ) -> None:
        self._settings = settings
        self._weights = Weights(baseline)
        self._watches = [Watch(gate, settings, baseline) for gate in gates]
        counting = [watch for watch in self._watches if not watch.gate.dry_run]
        self._counted = counting[: self._weights.gates]
        self._late = counting[self._weights.gates :]
        self._bound = math.log(1 / settings.alpha)
        self._baseline = baseline
        self._opened = 0
        self._stage: Stage | None = None
        self._evidence: list[tuple[datetime, float | None]] = []
        self._own: dict[int, list[tuple[datetime, float | None]]] = {
            place: [] for place, watch in enumerate(self._watches) if watch.gate.dry_run
        }

    def open(self, traffic: int, mirror: int = 0) -> None:
        """Begin a stage with that share of live and of mirrored traffic, in percent."""
        share = mirror / (100 + mirror) if mirror else traffic / 100
        self._stage = Stage(traffic, share)
        for watch in self._watches:
            if traffic == WHOLE:
                watch.open_whole()
            else:
                watch.open(share, counts=self._opened < self._weights.stages)
        self._opened += traffic != WHOLE

    def add(self, block: Block) -> None:
        """Take in the next block of the present stage. Raises `ValueError` before the first `open`."""
        if self._stage is None:
            raise ValueError("a block before any stage was opened")
        self._stage.add(block)
        for watch in self._watches:
            watch.add(block)
            if self._few(self._stage) is None and watch.clearance.proved():
                watch.certified = True
        self._convict(block.at)

    def standing(self, until: datetime | None = None) -> tuple[Verdict, ...]:
        """Return each gate's verdict by now, without the numbers behind it."""
        return tuple(self._verdict(watch, until)[0] for watch in self._watches)

    def verdicts(self, until: datetime | None = None) -> tuple[Comparison, ...]:
        """Return what each gate comes to by now, in order.

        `until` is the end of the settled time, from which the newest blocks are counted back to say whether
        there is data at all; without it that is the end of the last block.
        """
        return tuple(self._comparison(place, until) for place in range(len(self._watches)))

    def _part(self, watch: Watch) -> float:
        if watch.guard is not None:
            return self._weights.of_guard(watch.guard.log())
        return self._weights.of_gate(watch.evidence.logs())

    def _total(self, watch: Watch) -> float:
        """Return the logarithm of the evidence that decides on that gate.

        All gates that count stand and fall together; one in a dry run is judged as if it alone counted.
        """
        watches = [watch] if watch.gate.dry_run else self._counted
        return self._weights.total([self._part(each) for each in watches])

    def _convict(self, at: datetime) -> None:
        parts = [self._part(watch) for watch in self._counted]
        total = self._weights.total(parts)
        self._evidence.append((at, total / math.log(10)))
        if parts and total >= self._bound:
            for watch, guilty in zip(self._counted, culprits(parts, self._bound), strict=True):
                watch.failed = watch.failed or (at if guilty else None)
        for place, line in self._own.items():
            watch = self._watches[place]
            own = self._total(watch)
            line.append((at, own / math.log(10)))
            if own >= self._bound:
                watch.failed = watch.failed or at

    def _no_data(self, until: datetime | None) -> str | None:
        """Return whose requests are missing of late; None where nobody's are."""
        stage, block = self._stage, self._settings.block
        if stage is None or stage.newest is None:
            return "nothing was measured yet"
        end = until if until is not None else stage.newest + block
        since = end - RECENT_BLOCKS * block
        if stage.last_c is None or stage.last_c < since:
            return f"no requests to the candidate in the last {RECENT_BLOCKS} blocks"
        if not stage.whole and (stage.last_p is None or stage.last_p < since):
            return f"no requests to prod in the last {RECENT_BLOCKS} blocks"
        return None

    def _verdict(self, watch: Watch, until: datetime | None) -> tuple[Verdict, str]:
        """Return a gate's verdict, and what it waits for where it is Inconclusive."""
        stage = self._stage
        if watch.failed is not None:
            return Verdict.FAILED, ""
        if (missing := self._no_data(until)) is not None or stage is None:
            return Verdict.INCONCLUSIVE, missing or ""
        if watch.blind is not None:
            return Verdict.INCONCLUSIVE, watch.blind
        few = self._few(stage)
        if not stage.whole and not watch.certified:
            return Verdict.INCONCLUSIVE, self._slow(watch, stage) or few or "not proved yet"
        if few is not None:
            return Verdict.INCONCLUSIVE, few
        if self._total(watch) >= self._bound / 2:
            suspicion = sentences.power(self._bound / 2 / math.log(10))
            return Verdict.INCONCLUSIVE, f"suspicion: evidence must be below {suspicion} to pass"
        return Verdict.SUCCESSFUL, ""

    def _few(self, stage: Stage) -> str | None:
        """Return what the stage has too little of for any success; None where it has enough."""
        needs = self._settings
        if stage.n_c < needs.min_requests:
            return f"{stage.n_c} of {needs.min_requests} requests to the candidate"
        if stage.told < needs.min_blocks:
            return f"{stage.told} of {needs.min_blocks} blocks with requests"
        return None

    def _slow(self, watch: Watch, stage: Stage) -> str:
        tell, at_half = self._time_to_clear(watch), self._time_to_clear(watch, share=_HALF)
        elapsed = stage.blocks * self._settings.block
        return sentences.waiting(watch, tell, at_half if stage.share < _HALF else None, elapsed)

    def _time_to_clear(self, watch: Watch, share: float | None = None) -> timedelta | None:
        """Return about how long this stage takes for a candidate as good as prod, or one with that share.

        None at 100 %, and where there is no traffic yet.
        """
        stage = self._stage
        if stage is None or stage.whole or watch.blind is not None or not (stage.n_c and stage.n_p):
            return None
        total = (stage.n_c + stage.n_p) / (stage.blocks * self._settings.block / _MINUTE)
        its = stage.n_c / (stage.n_c + stage.n_p) if share is None else share
        rates = total * its, total * (1 - its)
        return time_to_clear(watch.gate, self._settings, self._baseline, rates, watch.present_share())

    def _comparison(self, place: int, until: datetime | None) -> Comparison:
        watch, stage = self._watches[place], self._stage
        verdict, waits = self._verdict(watch, until)
        margin = watch.clearance.margin() if stage is not None and not stage.whole else None
        points = self._own.get(place, self._evidence)
        worst = sorted((each for each in watch.alone if each[1] > 0), key=lambda each: -each[1])[:_WORST]
        compared = Compared(
            tier=self._baseline.tier,
            candidate_requests=stage.n_c if watch.by_signs and stage else watch.total.n_c,
            prod_requests=stage.n_p if watch.by_signs and stage else watch.total.n_p,
            candidate_events=watch.total.y_c,
            prod_events=watch.total.y_p,
            allowed=watch.allowed,
            certified=margin,
            evidence=Line("evidence", tuple(points)),
            bound=self._bound / math.log(10),
            eta=self._time_to_clear(watch),
            worst=tuple((at, log / math.log(10)) for at, log in worst),
            warnings=self._warnings(watch, stage),
        )
        why = sentences.why(watch, compared, verdict, waits, whole=stage is not None and stage.whole)
        lines = (Line("candidate", tuple(watch.candidate)), Line("prod", tuple(watch.prod)))
        return Comparison(
            watch.gate.name, verdict, why, compared, lines, no_data=self._is_no_data(verdict, until)
        )

    def _is_no_data(self, verdict: Verdict, until: datetime | None) -> bool:
        return verdict is Verdict.INCONCLUSIVE and self._no_data(until) is not None

    def _warnings(self, watch: Watch, stage: Stage | None) -> tuple[str, ...]:
        found: list[str] = []
        if stage is not None and not stage.whole and mismatched(stage.n_c, stage.n_p, stage.share):
            found.append(
                f"the candidate got {sentences.percent(stage.n_c / (stage.n_c + stage.n_p))} of both arms' "
                f"requests, not {sentences.percent(stage.share)}: is all traffic sent without the "
                "azureml-model-deployment header, and routed request by request?"
            )
        if watch in self._late:
            found.append(
                "this gate came after the rollout began: it has no part in the evidence, so can't fail"
            )
        if self._opened > self._weights.stages:
            found.append(
                f"{self._opened} stages compare, {self._weights.stages} were known when the rollout began: "
                "later ones only add to the evidence of those"
            )
        return tuple(found)
