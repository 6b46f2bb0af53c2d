"""Rules of the ladder: shadow rungs, then live shares that rise to 100, each watched long enough."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.gates.comparative import ComparativeGate
from rollout.core.past import COMPARED_STAGES_LIMIT
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Gate, Settings
    from rollout.core.plan import Stage

LADDER = "stages whose traffic rises strictly to exactly 100, such as 10, 50, 100"


def shares(settings: Settings, report: Report) -> None:
    """Refuse a stage that has both live and mirrored requests, or neither."""
    for index, stage in enumerate(settings.ladder.stages):
        traffic, mirror = f"stages[{index}].traffic", f"stages[{index}].mirror"
        if not report.sound(traffic, mirror):
            continue
        if stage.traffic and stage.mirror:
            report.refuse(
                mirror, stage.mirror, "only where traffic is 0: live and mirrored requests never at once"
            )
        elif not stage.traffic and not stage.mirror:
            report.refuse(
                traffic, 0, "a whole number from 1 to 100, or 0 with mirror: the share of requests to copy"
            )


def rising(settings: Settings, report: Report) -> None:
    """Refuse a ladder that doesn't rise to 100 rung by rung, the shadow rungs first."""
    stages = settings.ladder.stages
    for index, (before, stage) in enumerate(pairwise(stages), start=1):
        paths = [f"stages[{place}].{key}" for place in (index - 1, index) for key in ("traffic", "mirror")]
        if not report.sound(*paths) or _rises(before, stage):
            continue
        if stage.traffic == before.traffic == 0:
            limit = f"more than the {before.mirror} of the stage before it"
            report.refuse(f"stages[{index}].mirror", stage.mirror, limit)
        else:
            limit = f"more than the {before.traffic} of the stage before it; {LADDER}"
            report.refuse(f"stages[{index}].traffic", stage.traffic, limit)
    last = f"stages[{len(stages) - 1}].traffic"
    if stages and stages[-1].traffic != WHOLE and report.sound(last):
        report.refuse(last, stages[-1].traffic, f"100 in the last stage; {LADDER}")


def comparable(settings: Settings, report: Report) -> None:
    """Refuse no stage with prod beside the candidate, and more than a rollout can keep in mind."""
    ladder = settings.ladder.stages
    count = sum(stage.has_control for stage in ladder)
    if settings.compared and ladder and not count and report.sound("stages"):
        allowed = "less than 100 in the first stage: gates compare with prod, which has no traffic here"
        report.refuse("stages[0].traffic", ladder[0].traffic, allowed)
    if settings.compared and count > COMPARED_STAGES_LIMIT and report.sound("stages"):
        allowed = f"at most {COMPARED_STAGES_LIMIT} stages below 100 where gates compare with prod"
        report.refuse("stages", [stage.show() for stage in ladder], allowed)


def bakes(settings: Settings, report: Report) -> None:
    """Refuse a stage that isn't watched long enough for every gate."""
    ladder = settings.ladder
    if not report.sound("settle", "lag", "comparison"):
        return
    readable = [
        gate
        for index, gate in enumerate(settings.gates)
        if report.sound(f"gates[{index}].points", f"gates[{index}].interval")
    ]
    if not readable:
        return
    slowest = max(readable, key=settings.needs)
    least = ladder.settle + ladder.lag + settings.needs(slowest)
    show = times.show_duration
    for index, stage in enumerate(ladder.stages):
        path = f"stages[{index}].bake"
        if stage.bake < least and report.sound(path):
            report.refuse(
                path,
                show(stage.bake),
                f"at least {show(least)}: settle {show(ladder.settle)} + lag {show(ladder.lag)} + "
                f"{_needed(slowest, settings)} for gate {slowest.name}",
            )


def deadlines(settings: Settings, report: Report) -> None:
    """Refuse a stage that would be late before its bake is over."""
    show = times.show_duration
    for index, stage in enumerate(settings.ladder.stages):
        path = f"stages[{index}].deadline"
        if stage.deadline is None or not report.sound(path, f"stages[{index}].bake"):
            continue
        if stage.deadline < stage.bake:
            report.refuse(path, show(stage.deadline), f"at least the stage's bake, {show(stage.bake)}")


def _rises(before: Stage, stage: Stage) -> bool:
    return (before.traffic, before.mirror) < (stage.traffic, stage.mirror)


def _needed(gate: Gate, settings: Settings) -> str:
    if isinstance(gate, ComparativeGate):
        return f"comparison.minMinutes {settings.needs(gate).total_seconds() / 60:g}m"
    if gate.kql is not None:
        return times.show_duration(settings.needs(gate))
    return f"{gate.points} points of {times.show_duration(gate.interval)}"
