"""Judging: from the gates and what was measured, one finding a gate."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.gates.evidence import Unreadable, answer_to
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding, Judgement
from rollout.core.gates.measured import Requests, Value, counted, values
from rollout.core.gates.queries import aligned, fits, fixed_queries, limited, query_of
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.core.gates.evidence import Evidence, Query
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.plan import Stage
    from rollout.core.window import Window


def judge(
    gates: Iterable[FixedGate], deployment: str, stage: Stage, window: Window, evidence: Evidence
) -> Judgement:
    """Return what the gates say of a deployment at a stage.

    `evidence` answers `queries` of the same arguments. What is beyond a limit fails a gate whatever else is
    missing; success needs every point measured and the stage's `min_requests` proved.
    """
    gates = tuple(gates)
    asked = fixed_queries(gates, deployment, stage, window)
    seen = counted(deployment, window, evidence)
    case = _Case(deployment, stage, window, evidence, asked, seen)
    total = seen.total if isinstance(seen, Requests) else None
    return Judgement(window, tuple(_finding(gate, case) for gate in gates), total)


@dataclass(frozen=True)
class _Case:
    """What all gates are judged on."""

    deployment: str
    stage: Stage
    window: Window
    evidence: Evidence
    asked: tuple[Query, ...]
    requests: Requests | Unreadable

    def where(self) -> str:
        """Return the end of a reason: whom it is about, the window and the requests."""
        count = (
            f"{self.requests.total:g} requests" if isinstance(self.requests, Requests) else "requests unknown"
        )
        return f"{self.deployment} at {self.stage.traffic} %, {self.window.show()}, {count}"


@dataclass(frozen=True)
class _Bounds:
    low: float | None
    high: float | None

    def excess(self, value: Value) -> float:
        """Return how far beyond the nearer bound the interval is: above 0 is beyond, less is better."""
        above = value.high - self.high if self.high is not None else float("-inf")
        below = self.low - value.low if self.low is not None else float("-inf")
        return max(above, below)

    def worst_of(self, value: Value) -> float:
        """Return the end of the interval's values that is nearer to a bound or further beyond it."""
        above = value.high - self.high if self.high is not None else float("-inf")
        below = self.low - value.low if self.low is not None else float("-inf")
        return value.high if above >= below else value.low

    def show(self) -> str:
        texts = [f">= {self.low:g}"] if self.low is not None else []
        return " and ".join([*texts, f"<= {self.high:g}"] if self.high is not None else texts)


def _finding(gate: FixedGate, case: _Case) -> Finding:
    bounds = _Bounds(gate.min.at(case.stage.traffic), gate.max.at(case.stage.traffic))
    verdict, reason, value = _verdict(gate, bounds, case)
    return Finding(gate.name, verdict, f"{gate.name}: {reason} ({case.where()})", value, bounds.show())


def _verdict(gate: FixedGate, bounds: _Bounds, case: _Case) -> tuple[Verdict, str, float | None]:
    """Return the verdict, why, and the worst value that was measured."""
    if not limited(gate, case.stage):
        return Verdict.ERROR, f"neither max nor min at stage {case.stage.traffic}", None
    if not fits(gate, case.window):
        needed = times.show_duration(gate.points * gate.interval)
        return Verdict.INCONCLUSIVE, f"the window holds less than the {needed} it needs", None
    query = query_of(gate, case.deployment, case.window, case.asked)
    answer = answer_to(query, case.evidence)
    if query is None or answer is None:
        return Verdict.ERROR, f"{gate.metric} was not read", None
    if isinstance(answer, Unreadable):
        return Verdict.ERROR, answer.why, None
    found = values(answer, query, gate.metric, case.deployment)
    points = {number: value for number, value in found.items() if number <= gate.points}
    if gate.empty is Empty.ZERO:
        points |= _zeros(gate, case, found)
    finite = [value for value in points.values() if value.finite]
    worst = max(finite, key=bounds.excess, default=None)
    value, measured = None, ""
    if worst is not None:
        value = bounds.worst_of(worst)
        measured = f"{gate.metric} {value:g} at {times.show_instant(worst.at)[11:]}"
    beyond = sum(bounds.excess(each) > 0 for each in finite)
    if beyond > gate.failure_limit:
        allowed = f", {beyond} points beyond, {gate.failure_limit} allowed" if gate.failure_limit else ""
        return Verdict.FAILED, f"{measured}, limit {bounds.show()}{allowed}", value
    if gate.empty is Empty.ABORT and not found:
        return Verdict.FAILED, f"no {gate.metric} at all, and empty is abort", None
    if doubt := _doubt(gate, case, points):
        return *doubt, value
    return Verdict.SUCCESSFUL, f"{measured} at worst, limit {bounds.show()}", value


def _doubt(gate: FixedGate, case: _Case, points: dict[int, Value]) -> tuple[Verdict, str] | None:
    """Return why what was measured, none of it beyond the limits, isn't enough for success; None: it is."""
    wild = sum(not value.finite for value in points.values())
    if wild:
        return Verdict.ERROR, f"{gate.metric} is not a number at {wild} of {gate.points} points"
    if isinstance(case.requests, Unreadable):
        return Verdict.ERROR, case.requests.why
    if case.requests.total < case.stage.min_requests:
        return Verdict.INCONCLUSIVE, f"fewer than the {case.stage.min_requests} requests that a verdict needs"
    if len(points) < gate.points:
        return (
            Verdict.INCONCLUSIVE,
            f"{gate.metric} was measured at {len(points)} of the newest {gate.points} points",
        )
    return None


def _zeros(gate: FixedGate, case: _Case, found: dict[int, Value]) -> dict[int, Value]:
    """Return zero for each missing interval with proved requests, where the stage has enough of them."""
    seen = case.requests
    if isinstance(seen, Unreadable) or seen.total < case.stage.min_requests:
        return {}
    end = aligned(case.window, gate.interval).end
    starts = {
        number: end - number * gate.interval for number in range(1, gate.points + 1) if number not in found
    }
    return {
        number: Value(start, 0.0, 0.0)
        for number, start in starts.items()
        if seen.between(start, start + gate.interval) > 0
    }
