"""Judging a gate with a limit on a metric: on its newest points, each an interval of the window."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.gates.evidence import Unreadable, answer_to
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding, Line
from rollout.core.gates.measured import Value, values
from rollout.core.gates.queries import aligned, query_of
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.core.gates.bounds import Bounds
    from rollout.core.gates.case import Case
    from rollout.core.gates.evidence import Answer, Query
    from rollout.core.gates.fixed import FixedGate

CANDIDATE = "candidate"
UNITS = {"milliseconds": "ms", "seconds": "s", "percent": "%", "bytes": "B"}
"""How people write Azure's units, by their name in small letters; a count has none."""


@dataclass(frozen=True)
class Points:
    """What a gate's metric came to, by the number of the interval: 1 is the newest."""

    gate: FixedGate
    bounds: Bounds
    measured: Mapping[int, Value]
    """In the whole window."""
    counted: Mapping[int, Value]
    """The newest `points`, with zeros where no measurement is one."""

    @property
    def finite(self) -> list[Value]:
        """The points that are numbers."""
        return [value for value in self.counted.values() if value.finite]

    @property
    def beyond(self) -> int:
        """How many points are beyond the limits."""
        return sum(self.bounds.excess(value) > 0 for value in self.finite)

    @property
    def worst(self) -> Value | None:
        """The point that is the furthest beyond a limit, or the nearest to one."""
        return max(self.finite, key=self.bounds.excess, default=None)

    @property
    def value(self) -> float | None:
        """The worst number."""
        return self.bounds.worst_of(self.worst) if self.worst is not None else None

    @property
    def said(self) -> str:
        """The worst point and when it was."""
        worst = self.worst
        return f"{self.gate.metric} {self.value:g} at {times.show_instant(worst.at)[11:]}" if worst else ""

    @property
    def limit(self) -> str:
        """The limit, and how many points may be beyond it where some may."""
        some = f", {self.beyond} points beyond, {self.gate.failure_limit} allowed"
        return f"limit {self.bounds.show()}{some if self.beyond and self.gate.failure_limit else ''}"

    def unbroken(self) -> int:
        """Return how many of the newest points are measured and within the limits without a break."""
        for number in range(1, self.gate.points + 1):
            value = self.counted.get(number)
            if value is None or not value.finite or self.bounds.excess(value) > 0:
                return number - 1
        return self.gate.points

    def wild(self) -> int:
        """Return how many points in a row are no numbers; an unmeasured one doesn't end a row."""
        longest = row = 0
        for number in sorted(self.counted):
            row = 0 if self.counted[number].finite else row + 1
            longest = max(longest, row)
        return longest

    def line(self, query: Query) -> Line:
        """Return the metric over the whole window, oldest first."""
        known = {**self.measured, **self.counted}
        intervals = (query.window.end - query.window.start) // query.interval
        drawn: list[tuple[datetime, float | None]] = []
        for number in range(intervals, 0, -1):
            value = known.get(number)
            shown = self.bounds.worst_of(value) if value is not None and value.finite else None
            drawn.append((query.window.end - number * query.interval, shown))
        return Line(CANDIDATE, tuple(drawn))


def finding(gate: FixedGate, bounds: Bounds, case: Case) -> Finding:
    """Return what the gate says: Failed where too many points are beyond its limits, whatever is missing."""
    asked = case.question
    query = query_of(gate, asked.deployment, asked.window, case.evidence)
    answer = answer_to(query, case.evidence)
    if query is None or answer is None:
        return _unread(gate, bounds, case, f"{gate.metric} was not read")
    if isinstance(answer, Unreadable):
        return _unread(gate, bounds, case, answer.why)
    points = _points(gate, bounds, values(answer, query, gate.metric, asked.deployment), case)
    verdict, reason = _verdict(points, case)
    return Finding(
        gate.name,
        verdict,
        f"{gate.name}: {reason} ({case.where()})",
        points.value,
        bounds.show(),
        unit_of(gate.metric, answer),
        dry_run=gate.dry_run,
        no_data=verdict is Verdict.INCONCLUSIVE and not points.counted,
        lines=(points.line(query),),
    )


def unit_of(metric: str, answer: Answer) -> str:
    """Return the metric's unit as people write it; nothing where it counts, or wasn't measured."""
    units = {each.unit for each in answer.series if each.metric.casefold() == metric.casefold()}
    return UNITS.get(units.pop().casefold(), "") if len(units) == 1 else ""


def _points(gate: FixedGate, bounds: Bounds, measured: Mapping[int, Value], case: Case) -> Points:
    counted = {number: value for number, value in measured.items() if number <= gate.points}
    if gate.empty is Empty.ZERO:
        counted |= _zeros(gate, measured, case)
    return Points(gate, bounds, measured, counted)


def _zeros(gate: FixedGate, measured: Mapping[int, Value], case: Case) -> dict[int, Value]:
    """Return zero for each missing interval with proved requests, where the stage has enough of them."""
    seen = case.requests
    if isinstance(seen, Unreadable) or case.few() is not None:
        return {}
    end = aligned(case.question.window, gate.interval).end
    starts = {
        number: end - number * gate.interval for number in range(1, gate.points + 1) if number not in measured
    }
    return {
        number: Value(start, 0.0, 0.0)
        for number, start in starts.items()
        if seen.between(start, start + gate.interval) > 0
    }


def _verdict(points: Points, case: Case) -> tuple[Verdict, str]:
    gate = points.gate
    if points.beyond > gate.failure_limit:
        return Verdict.FAILED, f"{points.said}, {points.limit}"
    if gate.empty is Empty.ABORT and not points.measured:
        return Verdict.FAILED, f"no {gate.metric} at all, and empty is abort"
    return _doubt(points, case) or (Verdict.SUCCESSFUL, f"{points.said} at worst, {points.limit}")


def _doubt(points: Points, case: Case) -> tuple[Verdict, str] | None:
    """Return why points that don't fail the gate aren't enough for success; None: they are."""
    gate = points.gate
    if points.wild() > gate.consecutive_error_limit:
        wild = len(points.counted) - len(points.finite)
        return Verdict.ERROR, f"{gate.metric} is not a number at {wild} of {gate.points} points"
    if few := case.few():
        return few
    missing = gate.points - len(points.counted)
    if missing > gate.inconclusive_limit or not points.finite:
        seen = f"{gate.metric} was measured at {len(points.counted)} of the newest {gate.points} points"
        return Verdict.INCONCLUSIVE, seen
    if points.unbroken() < gate.consecutive_success_limit:
        wanted = f"{points.unbroken()} of {gate.consecutive_success_limit} newest points in a row are"
        return Verdict.INCONCLUSIVE, f"{points.said}, {points.limit}: {wanted} within it"
    return None


def _unread(gate: FixedGate, bounds: Bounds, case: Case, why: str) -> Finding:
    return Finding(
        gate.name,
        Verdict.ERROR,
        f"{gate.name}: {why} ({case.where()})",
        limit=bounds.show(),
        dry_run=gate.dry_run,
    )
