"""Judging: from the gates and what was measured, one finding a gate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.gates import points, queried, versus
from rollout.core.gates.bounds import Bounds
from rollout.core.gates.case import Case
from rollout.core.gates.comparative import ComparativeGate
from rollout.core.gates.judgement import Finding, Judgement
from rollout.core.gates.measured import requests
from rollout.core.gates.queries import fits, limited
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.core.comparison.blocks import Tier
    from rollout.core.gates.comparative import ComparisonSettings
    from rollout.core.gates.evidence import Evidence
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.judging import Question


def judge(
    gates: Iterable[FixedGate | ComparativeGate],
    settings: ComparisonSettings,
    question: Question,
    tier: Tier | None,
    evidence: Evidence,
) -> Judgement:
    """Return what the gates say to a question, in their order.

    `evidence` answers `queries` of the same arguments. What is beyond a limit fails a gate whatever else is
    missing; success needs all measured that the gate asks for, and the stage's `min_requests` proved. Of a
    deployment with nobody beside it, only limits are judged.
    """
    gates = tuple(gates)
    compared = [gate for gate in gates if isinstance(gate, ComparativeGate)]
    case = Case(question, evidence, requests(gates, question, settings, tier, evidence))
    beside = (
        versus.findings(compared, settings, question, tier, evidence) if compared and question.prod else ()
    )
    by_name = {finding.gate: finding for finding in beside}
    found = [
        by_name.get(gate.name) if isinstance(gate, ComparativeGate) else _finding(gate, case)
        for gate in gates
    ]
    findings = tuple(each for each in found if each is not None)
    return Judgement(question.window, findings, case.total, case.gaps)


def _finding(gate: FixedGate, case: Case) -> Finding:
    asked = case.question
    bounds = Bounds.of(gate, asked.stage)
    if not limited(gate, asked.stage):
        why = f"neither max nor min at stage {asked.stage.show()}"
        return _unjudged(gate, bounds, case, Verdict.ERROR, why)
    if not fits(gate, asked.window):
        needed = times.show_duration(gate.points * gate.interval)
        short = f"the window holds less than the {needed} it needs"
        why = short if gate.kql is None else "nothing is settled yet"
        return _unjudged(gate, bounds, case, Verdict.INCONCLUSIVE, why)
    return (points if gate.kql is None else queried).finding(gate, bounds, case)


def _unjudged(gate: FixedGate, bounds: Bounds, case: Case, verdict: Verdict, why: str) -> Finding:
    return Finding(
        gate.name,
        verdict,
        f"{gate.name}: {why} ({case.where()})",
        limit=bounds.show(),
        dry_run=gate.dry_run,
    )
