"""Rules between the keys of a gate, between gates, and between gates and the ladder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.config.problems import MISSING
from rollout.core.gates.comparative import ComparativeGate, Measure
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.queries import REQUESTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rollout.core.config.problems import Report
    from rollout.core.config.settings import Settings


def names(settings: Settings, report: Report) -> None:
    """Refuse two gates of one name."""
    seen: dict[str, int] = {}
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}].name"
        first = seen.setdefault(gate.name.casefold(), index)
        if first != index and report.sound(path):
            report.refuse(path, gate.name, f"a name of its own; gates[{first}] has this one")


def foreign_stages(settings: Settings, report: Report) -> None:
    """Refuse a limit for a stage that the ladder hasn't."""
    shares = list(dict.fromkeys(stage.traffic for stage in settings.ladder.stages))
    for path, gate in _fixed(settings):
        for name, limit in (("max", gate.max), ("min", gate.min)):
            foreign = sorted(set(limit.by_stage) - set(shares))
            if foreign and report.sound(f"{path}.{name}", *_shares(settings)):
                report.refuse(
                    f"{path}.{name}",
                    dict(limit.by_stage),
                    f"stages of the ladder: {', '.join(map(str, shares))}, not {foreign[0]}",
                )


def limited(settings: Settings, report: Report) -> None:
    """Refuse a fixed gate without a limit at some stage, or with a range that nothing fits in."""
    for path, gate in _fixed(settings):
        if not report.sound(f"{path}.max", f"{path}.min", *_shares(settings)):
            continue
        if gate.max == gate.min == Limit():
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


def zeros(settings: Settings, report: Report) -> None:
    """Refuse `empty: zero` where no measurement doesn't mean no event."""
    for path, gate in _fixed(settings):
        counts = gate.metric == REQUESTS and gate.filter is not None
        sound = report.sound(f"{path}.empty", f"{path}.metric", f"{path}.filter")
        if gate.empty is Empty.ZERO and not counts and sound:
            report.refuse(
                f"{path}.empty",
                gate.empty.value,
                "hold or abort; zero only for RequestsPerMinute with a filter, where no series may "
                "mean no such request",
            )


def point_limits(settings: Settings, report: Report) -> None:
    """Refuse limits that leave no point to count, or ask for more points than there are."""
    for path, gate in _fixed(settings):
        if not report.sound(f"{path}.points"):
            continue
        for name, value, most in (
            ("failureLimit", gate.failure_limit, gate.points - 1),
            ("inconclusiveLimit", gate.inconclusive_limit, gate.points - 1),
            ("consecutiveErrorLimit", gate.consecutive_error_limit, gate.points - 1),
            ("consecutiveSuccessLimit", gate.consecutive_success_limit, gate.points),
        ):
            if value > most and report.sound(f"{path}.{name}"):
                least = "less than" if most < gate.points else "at most"
                report.refuse(f"{path}.{name}", value, f"{least} points, which is {gate.points}")


def slacks(settings: Settings, report: Report) -> None:
    """Refuse a second slack: there is one count of slow answers for all gates."""
    first: tuple[int, float] | None = None
    for index, gate in enumerate(settings.gates):
        path = f"gates[{index}].slack"
        if not isinstance(gate, ComparativeGate) or gate.measure is not Measure.LATENCY:
            continue
        if first is None:
            first = (index, gate.slack)
        elif gate.slack != first[1] and report.sound(path, f"gates[{first[0]}].slack"):
            report.refuse(path, _percent(gate.slack), f"{_percent(first[1])} as in gates[{first[0]}]")


def something_counts(settings: Settings, report: Report) -> None:
    """Refuse a list of gates that only reports: nothing would ever be promoted."""
    if settings.gates and all(gate.dry_run for gate in settings.gates) and report.sound("gates"):
        report.refuse("gates[0].dryRun", value=True, allowed="false in at least one gate that counts")


def _percent(share: float) -> str:
    return f"{share * 100:g}%"


def _fixed(settings: Settings) -> Iterator[tuple[str, FixedGate]]:
    for index, gate in enumerate(settings.gates):
        if isinstance(gate, FixedGate):
            yield f"gates[{index}]", gate


def _shares(settings: Settings) -> tuple[str, ...]:
    return ("stages", *(f"stages[{index}].traffic" for index in range(len(settings.ladder.stages))))
