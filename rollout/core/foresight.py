"""Foresight: a stage that is about to open, at traffic too low for its gates to tell in time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.counts import LEVELS
from rollout.core.comparison.eta import eta
from rollout.core.comparison.sentences import points
from rollout.core.gates.comparative import ComparativeGate, Measure
from rollout.core.step import StepKind

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import timedelta

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparisonSettings
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.gates.judgement import Judgement
    from rollout.core.plan import Plan, Stage
    from rollout.core.step import Step

HALF = 0.5
_SLOW = 0.05
"""The share of prod's own requests beyond its 95th percentile."""


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
    rate = _rate(baseline, judgement)
    slow: list[str] = []
    for gate in gates:
        if not isinstance(gate, ComparativeGate) or gate.dry_run:
            continue
        tell = _tell(gate, settings, baseline, rate, _share(stage))
        if tell is not None and tell <= plan.max_wait:
            continue
        when = "at all" if tell is None else f"before {times.show_duration(tell)}"
        said = f"{gate.name} can't tell {points(gate.margin)} {when}"
        half = _tell(gate, settings, baseline, rate, HALF)
        if _share(stage) < HALF and half is not None and (tell is None or half < tell):
            said += f" (at 50 % {times.show_duration(half)})"
        slow.append(said)
    if not slow:
        return None
    return (
        f"at {stage.show()} of {rate:.3g} requests a minute {'; '.join(slow)}, and maxWait is "
        f"{times.show_duration(plan.max_wait)}: raise the stage, or let maxWait be longer"
    )


def _share(stage: Stage) -> float:
    """Return the candidate's part of both deployments' requests."""
    return stage.mirror / (100 + stage.mirror) if stage.mirror else stage.traffic / 100


def _rate(baseline: Baseline, judgement: Judgement | None) -> float:
    """Return both deployments' requests a minute."""
    compared = [each.compared for each in judgement.findings if each.compared] if judgement else []
    minutes = (judgement.window.end - judgement.window.start).total_seconds() / 60 if judgement else 0.0
    if compared and minutes > 0:
        return (compared[0].candidate_requests + compared[0].prod_requests) / minutes
    return baseline.per_minute


def _tell(
    gate: ComparativeGate, settings: ComparisonSettings, baseline: Baseline, rate: float, share: float
) -> timedelta | None:
    alpha = settings.alpha / (max(1, baseline.stages) * max(1, baseline.gates))
    latency = gate.measure is Measure.LATENCY
    return eta(
        rate * share,
        rate * (1 - share),
        _SLOW if latency else baseline.error_share,
        gate.margin,
        alpha / len(LEVELS) if latency else alpha,
        block=settings.block,
    )
