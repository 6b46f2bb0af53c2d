"""Rules that concern several keys at once; each is checked where all its keys could be read."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.config.problems import MISSING
from rollout.core.gates.fixed import Empty
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Settings
    from rollout.core.gates.fixed import FixedGate

LADDER = "stages whose traffic rises strictly to exactly 100, such as 10, 50, 100"


def run(settings: Settings, report: Report) -> None:
    """Report every rule that the settings break."""
    for check in (
        _workspace,
        _code,
        _ladder,
        _names,
        _bounds,
        _bounded_stages,
        _bakes,
        _zeros,
        _failure_limits,
    ):
        check(settings, report)


def _workspace(settings: Settings, report: Report) -> None:
    workspace = settings.workspace
    if workspace.create and workspace.log_analytics is not None and report.sound("createWorkspace"):
        report.refuse(
            "logAnalyticsWorkspace",
            workspace.log_analytics,
            "only where createWorkspace is false: with true the stack creates its own",
        )


def _code(settings: Settings, report: Report) -> None:
    wanted = settings.deployment
    if not report.sound("code", "scoringScript", "environment"):
        return
    if wanted.code is not None and wanted.scoring_script is None:
        report.refuse("scoringScript", MISSING, f"the file in {wanted.code} that scores, such as score.py")
    if wanted.code is None and wanted.scoring_script is not None:
        report.refuse("code", MISSING, f"the folder that holds {wanted.scoring_script}, such as ml/serving")
    if wanted.environment is None and (wanted.code is not None or wanted.scoring_script is not None):
        report.refuse(
            "environment",
            MISSING,
            "the environment that runs the scoring code, such as azureml:credit-serving:3",
        )


def _ladder(settings: Settings, report: Report) -> None:
    shares = [stage.traffic for stage in settings.ladder.stages]
    paths = [f"stages[{index}].traffic" for index in range(len(shares))]
    for (before, share), (lower, path) in zip(pairwise(shares), pairwise(paths), strict=True):
        if share <= before and report.sound(lower, path):
            report.refuse(path, share, f"more than the {before} of the stage before it; {LADDER}")
    if shares and shares[-1] != WHOLE and report.sound(paths[-1]):
        report.refuse(paths[-1], shares[-1], f"100 in the last stage; {LADDER}")


def _names(settings: Settings, report: Report) -> None:
    seen: dict[str, int] = {}
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}].name"
        first = seen.setdefault(gate.name.casefold(), index)
        if first != index and report.sound(path):
            report.refuse(path, gate.name, f"a name of its own; gates[{first}] has this one")


def _bounds(settings: Settings, report: Report) -> None:
    shares = [stage.traffic for stage in settings.ladder.stages]
    for index, gate in enumerate(settings.gates):
        for name, limit in (("max", gate.max), ("min", gate.min)):
            path = f"gates[{index}].{name}"
            foreign = sorted(set(limit.by_stage) - set(shares))
            if foreign and report.sound(path, *_shares(settings)):
                report.refuse(
                    path,
                    dict(limit.by_stage),
                    f"stages of the ladder: {', '.join(map(str, shares))}, not {foreign[0]}",
                )


def _bounded_stages(settings: Settings, report: Report) -> None:
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}]"
        if not report.sound(f"{path}.max", f"{path}.min", *_shares(settings)):
            continue
        if (gate.max, gate.min) == (type(gate.max)(), type(gate.min)()):
            report.refuse(f"{path}.max", MISSING, "at least one of max and min in every gate")
            continue
        for stage in settings.ladder.stages:
            low, high = gate.min.at(stage.traffic), gate.max.at(stage.traffic)
            if low is None and high is None:
                report.refuse(
                    f"{path}.max",
                    dict(gate.max.by_stage or gate.min.by_stage),
                    f"a limit for stage {stage.traffic} too: one counts for its stage and those above",
                )
                break
            if low is not None and high is not None and low > high:
                report.refuse(f"{path}.min", low, f"at most max, which is {high:g} at stage {stage.traffic}")
                break


def _bakes(settings: Settings, report: Report) -> None:
    ladder = settings.ladder
    if not report.sound("settle", "lag"):
        return
    length: Callable[[FixedGate], timedelta] = lambda gate: gate.points * gate.interval  # noqa: E731 - used once
    readable = [
        gate
        for index, gate in enumerate(settings.gates)
        if report.sound(f"gates[{index}].points", f"gates[{index}].interval")
    ]
    if not readable:
        return
    longest = max(readable, key=length)
    least = ladder.settle + ladder.lag + length(longest)
    show = times.show_duration
    for index, stage in enumerate(ladder.stages):
        path = f"stages[{index}].bake"
        if stage.bake < least and report.sound(path):
            report.refuse(
                path,
                show(stage.bake),
                f"at least {show(least)}: settle {show(ladder.settle)} + lag {show(ladder.lag)} + "
                f"{longest.points} points of {show(longest.interval)} for gate {longest.name}",
            )


def _zeros(settings: Settings, report: Report) -> None:
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}]"
        counts = gate.metric == "RequestsPerMinute" and gate.filter is not None
        sound = report.sound(f"{path}.empty", f"{path}.metric", f"{path}.filter")
        if gate.empty is Empty.ZERO and not counts and sound:
            report.refuse(
                f"{path}.empty",
                gate.empty.value,
                "hold or abort; zero only for RequestsPerMinute with a filter, where no series may "
                "mean no such request",
            )


def _failure_limits(settings: Settings, report: Report) -> None:
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}].failureLimit"
        if gate.failure_limit >= gate.points and report.sound(path, f"gates[{index}].points"):
            report.refuse(path, gate.failure_limit, f"less than points, which is {gate.points}")


def _shares(settings: Settings) -> tuple[str, ...]:
    return ("stages", *(f"stages[{index}].traffic" for index in range(len(settings.ladder.stages))))
