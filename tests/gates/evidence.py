"""Evidence as Azure Monitor would give it, for gates of a deployment called green."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rollout.core.gates.comparative import ComparisonSettings
from rollout.core.gates.evidence import Answer, Evidence, Point, Query, Series, Unreadable
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.judge import judge
from rollout.core.gates.queries import fixed_queries
from rollout.core.judging import Question
from rollout.core.plan import Stage
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from rollout.core.gates.judgement import Judgement

MINUTE = timedelta(minutes=1)
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
WINDOW = Window(START, START + 10 * MINUTE)
STAGE = Stage(10, 10 * MINUTE, min_requests=100)
NOT_2XX = "statusCodeClass ne '2xx'"

ERRORS = FixedGate(
    "errors",
    "RequestsPerMinute",
    filter=NOT_2XX,
    max=Limit(by_stage={10: 1, 50: 0, 100: 0}),
    empty=Empty.ZERO,
)
LATENCY = FixedGate("latency", "RequestLatency_P90", max=Limit(50))
GATES = (ERRORS, LATENCY)


def series(
    metric: str,
    values: Sequence[float | None],
    unit: str = "Count",
    first: datetime = START,
    **dimensions: str,
) -> Series:
    """A series of one-minute points; None is a point without a value."""
    points = tuple(Point(first + index * MINUTE, value) for index, value in enumerate(values))
    return Series(metric, unit, (("deployment", "green"), *sorted(dimensions.items())), points)


def requests(values: Sequence[float | None] = (100.0,) * 10) -> Series:
    return series("RequestsPerMinute", values)


def errors(values: Sequence[float | None], code: str = "5xx", first: datetime = START) -> Series:
    return series("RequestsPerMinute", values, first=first, statusCodeClass=code)


def latency(values: Sequence[float | None] = (20.0,) * 10) -> Series:
    return series("RequestLatency_P90", values, "Milliseconds")


def answered(
    asked: Iterable[Query], filtered: Iterable[Series] = (), plain: Iterable[Series] = ()
) -> dict[Query, Answer | Unreadable]:
    """Answers to queries: the first kind of series where a gate's filter is added, the second elsewhere."""
    return {query: Answer(tuple(filtered if "Class" in query.filter else plain)) for query in asked}


def evidence(
    *,
    filtered: Iterable[Series] = (),
    plain: Iterable[Series] = (),
    gates: Iterable[FixedGate] = GATES,
    stage: Stage = STAGE,
    window: Window = WINDOW,
) -> Evidence:
    return answered(fixed_queries(tuple(gates), "green", stage, window), tuple(filtered), tuple(plain))


def replaced(
    known: Evidence, answer: Answer | Unreadable, *, plain: bool
) -> Mapping[Query, Answer | Unreadable]:
    """The same evidence with the answers to filtered, or to all other, queries replaced."""
    return {query: answer if ("Class" not in query.filter) is plain else old for query, old in known.items()}


def judged(
    gates: Iterable[FixedGate], known: Evidence, stage: Stage = STAGE, window: Window = WINDOW
) -> Judgement:
    """What gates with limits say of green, with nobody beside it."""
    return judge(gates, ComparisonSettings(), Question("green", stage, window), None, known)
