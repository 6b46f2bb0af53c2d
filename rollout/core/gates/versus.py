"""Versus: each gate that compares the candidate with prod, from what was measured to a whole sentence."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.blocks import StageBlocks, Tier
from rollout.core.comparison.compare import Comparison, compare
from rollout.core.gates.comparative import Measure
from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.judgement import Finding
from rollout.core.gates.queries import MINUTE, comparison, tier_of
from rollout.core.gates.tallies import stages
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings
    from rollout.core.gates.evidence import Evidence
    from rollout.core.judging import Question

STALE = timedelta(minutes=5)
"""How far the newest block may be behind the settled time; further, and nothing is measured any more."""

_BY = {Tier.LOGS: "by the traffic log", Tier.METRICS: "by metrics"}


def findings(
    gates: Sequence[ComparativeGate],
    settings: ComparisonSettings,
    question: Question,
    tier: Tier | None,
    evidence: Evidence,
) -> tuple[Finding, ...]:
    """Return one finding a gate, in order; `evidence` answers `queries` of the same arguments.

    Without prod, a baseline or a recent block, a gate is Inconclusive for lack of data; what can't be read
    is an Error. A candidate that is worse by what is known has Failed, whatever else is missing.
    """
    tier = tier_of(question, tier)
    if not gates:
        return ()
    if question.prod is None:
        why = f"nobody serves beside {question.deployment}, so there is nobody to compare it with"
        return tuple(_without(gate, question, why) for gate in gates)
    if question.baseline is None or tier is None:
        why = (
            "no baseline was recorded when this rollout opened its first stage, so there is nothing to "
            "compare with: take it back with `rollout abort`, and start again with `rollout retry`"
        )
        return tuple(_without(gate, question, why) for gate in gates)
    asked = comparison(gates, question, settings, tier)
    if not asked:
        return tuple(_without(gate, question, "nothing is settled yet") for gate in gates)
    measured = stages(asked, question, settings.block, evidence)
    if isinstance(measured, Unreadable):
        return tuple(_unread(gate, question, measured.why) for gate in gates)
    if tier is Tier.METRICS:
        settings = replace(settings, block=MINUTE)
    return _compared(gates, settings, _Case(question, question.baseline, measured))


@dataclass(frozen=True)
class _Case:
    """What all gates are judged on."""

    question: Question
    baseline: Baseline
    stages: tuple[StageBlocks, ...]

    @property
    def present(self) -> StageBlocks:
        return self.stages[-1]

    @property
    def requests(self) -> int:
        """How many requests the candidate got in the present stage."""
        return sum(block.candidate.requests for block in self.present.blocks)


def _compared(
    gates: Sequence[ComparativeGate], settings: ComparisonSettings, case: _Case
) -> tuple[Finding, ...]:
    try:
        found = compare(gates, settings, case.baseline, case.stages, case.question.window.end)
    except ValueError as error:
        return tuple(_unread(gate, case.question, f"what was measured can't be: {error}") for gate in gates)
    stale = _stale(case, settings)
    return tuple(_finding(gate, each, case, stale) for gate, each in zip(gates, found, strict=True))


def _finding(gate: ComparativeGate, found: Comparison, case: _Case, stale: str | None) -> Finding:
    verdict, why, no_data = found.verdict, found.why, found.no_data
    needed = case.question.stage.min_requests
    if verdict is not Verdict.FAILED and stale is not None:
        verdict, why, no_data = Verdict.INCONCLUSIVE, f"{stale}; {why}", True
    elif verdict is Verdict.SUCCESSFUL and case.requests < needed:
        verdict, why = Verdict.INCONCLUSIVE, f"fewer than the {needed} requests that a verdict needs; {why}"
    value, limit, unit = _numbers(gate, found, case)
    return Finding(
        gate=gate.name,
        verdict=verdict,
        reason=f"{gate.name}: {why}; {_BY[case.baseline.tier]} ({_where(case.question, case.requests)})",
        value=value,
        limit=limit,
        unit=unit,
        dry_run=gate.dry_run,
        no_data=no_data,
        lines=found.lines,
        compared=found.compared,
    )


def _numbers(gate: ComparativeGate, found: Comparison, case: _Case) -> tuple[float | None, str, str]:
    """Return how much worse the candidate is, how much it may be, and the unit of both."""
    compared, allowed = found.compared, f"{found.compared.allowed * 100:g}"
    if gate.measure is Measure.LATENCY and compared.tier is Tier.METRICS:
        ratios = [
            block.candidate.p95 / block.prod.p95
            for block in case.present.blocks
            if block.candidate.p95 is not None and block.prod.p95
        ]
        return (median(ratios) - 1) * 100 if ratios else None, f"< +{allowed} % of prod's P95", "%"
    if not compared.candidate_requests:
        return None, f"< +{allowed} pp", "pp"
    share = compared.candidate_events / compared.candidate_requests
    if not compared.prod_requests:
        return share * 100, f"< prod's usual + {allowed} pp", "%"
    beside = compared.prod_events / compared.prod_requests
    return (share - beside) * 100, f"< +{allowed} pp", "pp"


def _stale(case: _Case, settings: ComparisonSettings) -> str | None:
    """Return that measurements have stopped; None where the newest block is recent, or none is there yet."""
    blocks, end = case.present.blocks, case.question.window.end
    if not blocks or blocks[-1].at + settings.block >= end - STALE:
        return None
    last = blocks[-1].at + settings.block
    return (
        f"nothing was measured after {times.show_instant(last)[11:]}, "
        f"{times.show_duration(end - last)} before what should be there by now"
    )


def _without(gate: ComparativeGate, question: Question, why: str) -> Finding:
    reason = f"{gate.name}: {why} ({_where(question)})"
    return Finding(gate.name, Verdict.INCONCLUSIVE, reason, dry_run=gate.dry_run, no_data=True)


def _unread(gate: ComparativeGate, question: Question, why: str) -> Finding:
    reason = f"{gate.name}: {why} ({_where(question)})"
    return Finding(gate.name, Verdict.ERROR, reason, dry_run=gate.dry_run)


def _where(question: Question, requests: int | None = None) -> str:
    count = "requests unknown" if requests is None else f"{requests} requests"
    return f"{question.deployment} at {question.stage.show()}, {question.window.show()}, {count}"
