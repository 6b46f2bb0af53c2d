"""Foresight: a stage that is about to open, at traffic too low for its gates to tell in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.timing import time_to_clear, time_to_fail
from rollout.core.gates.comparative import ComparativeGate
from rollout.core.step import StepKind
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparisonSettings
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.gates.judgement import Judgement
    from rollout.core.plan import Plan, Stage
    from rollout.core.step import Step

HALF = 50
"""Percent: where both deployments have as many requests, and a comparison tells soonest."""


def too_slow(
    plan: Plan,
    step: Step,
    gates: Iterable[FixedGate | ComparativeGate],
    settings: ComparisonSettings,
    judgement: Judgement | None = None,
) -> str | None:
    """Return the warning that goes with opening a stage that can't tell within `maxWait`, or None.

    The traffic is what the stage before had, else what prod usually has. A warning stops nothing.
    """
    baseline = step.record.baseline
    stage = plan.stage_at(step.record.stage or 0, step.record.mirror)
    if step.kind is not StepKind.ADVANCE or baseline is None or stage is None or not stage.has_control:
        return None
    live = _live(baseline, step, judgement)
    slow: list[str] = []
    for gate in gates:
        if not isinstance(gate, ComparativeGate) or gate.dry_run:
            continue
        tell = _tell(gate, settings, baseline, _rates(stage, live))
        if tell is not None and tell <= plan.max_wait:
            continue
        when = "at all" if tell is None else f"before {times.show_duration(tell)}"
        said = f"{gate.name} can't tell {when}"
        half = _tell(gate, settings, baseline, (live / 2, live / 2))
        if stage.traffic < HALF and half is not None and (tell is None or half < tell):
            said += f" (at 50 % {times.show_duration(half)})"
        slow.append(said)
    if not slow:
        return None
    return (
        f"at {stage.show()} of {live:.3g} requests a minute {'; '.join(slow)}, and maxWait is "
        f"{times.show_duration(plan.max_wait)}: raise the stage, or let maxWait be longer"
    )


def _live(baseline: Baseline, step: Step, judgement: Judgement | None) -> float:
    """Return the endpoint's live requests a minute."""
    compared = [each.compared for each in judgement.findings if each.compared] if judgement else []
    minutes = (judgement.window.end - judgement.window.start).total_seconds() / 60 if judgement else 0.0
    if not compared or minutes <= 0:
        return baseline.per_minute
    mirrored = step.record.past[-1].mirror if step.record.past else 0
    live = compared[0].prod_requests + (0 if mirrored else compared[0].candidate_requests)
    return live / minutes


def _rates(stage: Stage, live: float) -> tuple[float, float]:
    """Return the candidate's and prod's requests a minute at a stage."""
    if stage.mirror:
        return live * stage.mirror / WHOLE, live
    return live * stage.traffic / WHOLE, live * (WHOLE - stage.traffic) / WHOLE


def _tell(
    gate: ComparativeGate, settings: ComparisonSettings, baseline: Baseline, rates: tuple[float, float]
) -> timedelta | None:
    """Return when the gate has told both a candidate as good as prod and one worse by twice the margin."""
    told = (time_to_clear(gate, settings, baseline, rates), time_to_fail(gate, settings, baseline, rates))
    known = [each for each in told if each is not None]
    return max(known) if len(known) == len(told) else None
