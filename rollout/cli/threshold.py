"""Judging one fixed gate with no rollout around it: nothing but its own points and limits counts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core.gates import queried
from rollout.core.gates.bounds import Bounds
from rollout.core.gates.case import Case
from rollout.core.gates.evidence import Answer, Unreadable
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding
from rollout.core.gates.measured import Requests, Value, values
from rollout.core.gates.points import Points, unit_of
from rollout.core.gates.queries import MINUTE, REQUESTS
from rollout.core.plan import Stage
from rollout.core.traffic import WHOLE
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.gates.evidence import Evidence, Query, Series
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.judging import Question

ANYWHERE = Stage(WHOLE, min_requests=0)
"""Where a gate is judged that has limits of its own for no stage, and needs no requests."""


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
    query, answer = measured.query, measured.answer
    place = f"{where}, {query.window.show()}"
    if not isinstance(answer, Answer):
        return told(gate, Verdict.ERROR, answer.why if answer else f"{gate.metric} was not read")
    found = _by_number(answer, query, gate.metric)
    points = Points(gate, Bounds.of(gate, ANYWHERE), found, _zeros(gate, found, measured) | found)
    verdict, reason = _verdict(points, measured.requests)
    return Finding(
        gate=gate.name,
        verdict=verdict,
        reason=f"{gate.name}: {reason} ({place})",
        value=points.value,
        limit=points.bounds.show(),
        unit=unit_of(gate.metric, answer),
        no_data=verdict is Verdict.INCONCLUSIVE and not points.counted,
        lines=(replace(points.line(query), name=gate.metric),),
    )


def judge_query(gate: FixedGate, question: Question, evidence: Evidence, where: str) -> Finding:
    """Return what a gate says of the one number that its query came to."""
    case = Case(question, evidence, Requests({}))
    finding = queried.finding(gate, Bounds.of(gate, ANYWHERE), case)
    reason = finding.reason.replace(f"({case.where()})", f"({where}, {question.window.show()})")
    return replace(finding, reason=reason)


def told(gate: FixedGate, verdict: Verdict, why: str) -> Finding:
    """Return a finding that rests on no measurement."""
    return Finding(
        gate.name,
        verdict,
        f"{gate.name}: {why}",
        limit=Bounds.of(gate, ANYWHERE).show(),
        no_data=verdict is Verdict.INCONCLUSIVE,
    )


def proved(answer: Answer | Unreadable | None, query: Query) -> Requests | Unreadable:
    """Return how many requests there were in each minute."""
    if not isinstance(answer, Answer):
        return answer or Unreadable(f"{REQUESTS} was not read")
    found = _by_number(answer, query, REQUESTS)
    if not all(value.finite and value.low >= 0 for value in found.values()):
        return Unreadable(f"{REQUESTS} holds values that are no counts")
    return Requests({query.window.end - number * MINUTE: value.high for number, value in found.items()})


def _by_number(answer: Answer, query: Query, metric: str) -> dict[int, Value]:
    """Return what each interval came to over all series: 1 is the newest.

    Which deployments are meant is the filter's business here, so none is left out.
    """
    return values(Answer(tuple(_of_all(each) for each in answer.series)), query, metric, "")


def _of_all(series: Series) -> Series:
    kept = tuple(pair for pair in series.dimensions if pair[0].casefold() != "deployment")
    return replace(series, dimensions=kept)


def _verdict(points: Points, requests: Requests | Unreadable | None) -> tuple[Verdict, str]:
    gate = points.gate
    if points.beyond > gate.failure_limit:
        return Verdict.FAILED, f"{points.said}, {points.limit}"
    if gate.empty is Empty.ABORT and not points.measured:
        return Verdict.FAILED, f"no {gate.metric} at all, and empty is abort"
    if wild := len(points.counted) - len(points.finite):
        return Verdict.ERROR, f"{gate.metric} is not a number at {wild} of {gate.points} points"
    if isinstance(requests, Unreadable):
        return Verdict.ERROR, requests.why
    if len(points.counted) < gate.points:
        seen = f"{gate.metric} was measured at {len(points.counted)} of {gate.points} points"
        return Verdict.INCONCLUSIVE, seen
    return Verdict.SUCCESSFUL, f"{points.said} at worst, {points.limit}"


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
