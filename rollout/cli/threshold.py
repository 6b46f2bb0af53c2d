"""Judging one fixed gate with no rollout around it: nothing but its own points and limits counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.gates.evidence import Answer, Unreadable
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding, Line
from rollout.core.gates.measured import Requests, Value, values
from rollout.core.gates.queries import MINUTE, REQUESTS
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.gates.evidence import Query, Series
    from rollout.core.gates.fixed import FixedGate

_UNITS = {"milliseconds": "ms", "seconds": "s", "percent": "%", "bytes": "B"}
_INFINITE = float("inf")


@dataclass(frozen=True)
class Measured:
    """What was asked for one gate, and what came of it."""

    query: Query
    answer: Answer | Unreadable | None
    """None where it wasn't asked."""
    requests: Requests | Unreadable | None = None
    """None where nobody asked for them."""


def judge(gate: FixedGate, measured: Measured, where: str) -> Finding:
    """Return what the gate says. Beyond its limits it has Failed, whatever is missing; no data is no success.

    `where` is what it was measured on, for the reason.
    """
    query = measured.query
    place = f"{where}, {query.window.show()}"
    if not isinstance(measured.answer, Answer):
        why = measured.answer.why if measured.answer else f"{gate.metric} was not read"
        return Finding(gate.name, Verdict.ERROR, f"{gate.name}: {why}", limit=limits(gate))
    found = by_number(measured.answer, query, gate.metric)
    counted = _zeros(gate, found, measured) | found
    verdict, reason, value = _verdict(gate, found, counted, measured.requests)
    drawn = tuple(
        (query.window.end - number * query.interval, _nearest(gate, counted.get(number)))
        for number in range(gate.points, 0, -1)
    )
    return Finding(
        gate=gate.name,
        verdict=verdict,
        reason=f"{gate.name}: {reason} ({place})",
        value=value,
        limit=limits(gate),
        unit=next((_UNITS.get(each.unit.lower(), "") for each in measured.answer.series), ""),
        no_data=verdict is Verdict.INCONCLUSIVE and not counted,
        lines=(Line(gate.metric, drawn),),
    )


def judge_number(gate: FixedGate, number: float | Unreadable, where: str) -> Finding:
    """Return what a gate says of the one number that its query came to."""
    limit = limits(gate)
    if isinstance(number, Unreadable):
        return Finding(gate.name, Verdict.ERROR, f"{gate.name}: {number.why}", limit=limit)
    beyond = max(_beyond(gate, number, number)) > 0
    reason = f"{gate.name}: {number:g}, limit {limit} ({where})"
    return Finding(gate.name, Verdict.FAILED if beyond else Verdict.SUCCESSFUL, reason, number, limit)


def by_number(answer: Answer, query: Query, metric: str) -> dict[int, Value]:
    """Return what each interval came to over all series: 1 is the newest.

    Which deployments are meant is the filter's business here, so none is left out.
    """
    return values(Answer(tuple(_of_all(each) for each in answer.series)), query, metric, "")


def proved(answer: Answer | Unreadable | None, query: Query) -> Requests | Unreadable:
    """Return how many requests there were in each minute."""
    if answer is None:
        return Unreadable(f"{REQUESTS} was not read")
    if isinstance(answer, Unreadable):
        return answer
    found = by_number(answer, query, REQUESTS)
    if not all(value.finite and value.low >= 0 for value in found.values()):
        return Unreadable(f"{REQUESTS} holds values that are no counts")
    return Requests({query.window.end - number * MINUTE: value.high for number, value in found.items()})


def limits(gate: FixedGate) -> str:
    """Return the gate's limits as people write them."""
    low, high = gate.min.default, gate.max.default
    texts = [f">= {low:g}"] if low is not None else []
    return " and ".join([*texts, f"<= {high:g}"] if high is not None else texts)


def _verdict(
    gate: FixedGate,
    found: Mapping[int, Value],
    counted: Mapping[int, Value],
    requests: Requests | Unreadable | None,
) -> tuple[Verdict, str, float | None]:
    finite = [value for value in counted.values() if value.finite]
    worst = max(finite, key=lambda value: _excess(gate, value), default=None)
    value, said = _nearest(gate, worst), ""
    if worst is not None:
        said = f"{gate.metric} {value:g} at {times.show_instant(worst.at)[11:]}"
    beyond = sum(_excess(gate, each) > 0 for each in finite)
    if beyond > gate.failure_limit:
        allowed = f", {beyond} points beyond, {gate.failure_limit} allowed" if gate.failure_limit else ""
        return Verdict.FAILED, f"{said}, limit {limits(gate)}{allowed}", value
    if gate.empty is Empty.ABORT and not found:
        return Verdict.FAILED, f"no {gate.metric} at all, and empty is abort", None
    if len(finite) < len(counted):
        wild = len(counted) - len(finite)
        return Verdict.ERROR, f"{gate.metric} is not a number at {wild} of {gate.points} points", value
    if isinstance(requests, Unreadable):
        return Verdict.ERROR, requests.why, value
    if len(counted) < gate.points:
        seen = f"{gate.metric} was measured at {len(counted)} of {gate.points} points"
        return Verdict.INCONCLUSIVE, seen, value
    return Verdict.SUCCESSFUL, f"{said} at worst, limit {limits(gate)}", value


def _zeros(gate: FixedGate, found: Mapping[int, Value], measured: Measured) -> dict[int, Value]:
    """Return zero for each unmeasured interval with proved requests, where the gate takes it for that."""
    seen, query = measured.requests, measured.query
    if gate.empty is not Empty.ZERO or not isinstance(seen, Requests):
        return {}
    starts = {number: query.window.end - number * query.interval for number in range(1, gate.points + 1)}
    return {
        number: Value(start, 0.0, 0.0)
        for number, start in starts.items()
        if number not in found and seen.between(start, start + query.interval) > 0
    }


def _of_all(series: Series) -> Series:
    kept = tuple(pair for pair in series.dimensions if pair[0].casefold() != "deployment")
    return replace(series, dimensions=kept)


def _beyond(gate: FixedGate, least: float, greatest: float) -> tuple[float, float]:
    """Return how far below the one limit and above the other: above 0 is beyond."""
    low, high = gate.min.default, gate.max.default
    below = low - least if low is not None else -_INFINITE
    above = greatest - high if high is not None else -_INFINITE
    return below, above


def _excess(gate: FixedGate, value: Value) -> float:
    return max(_beyond(gate, value.low, value.high))


def _nearest(gate: FixedGate, value: Value | None) -> float | None:
    """Return that of an interval's values which is nearest to a limit, or furthest beyond it."""
    if value is None or not value.finite:
        return None
    below, above = _beyond(gate, value.low, value.high)
    return value.high if above >= below else value.low
