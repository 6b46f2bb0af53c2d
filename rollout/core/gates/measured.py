"""The numbers in an answer: what each interval of the window came to, newest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.gates.evidence import Unreadable, answer_to, table_of
from rollout.core.gates.queries import (
    MINUTE,
    REQUESTS,
    SUMMED,
    comparison,
    log_query_of,
    query_of_requests,
)
from rollout.core.gates.tallies import NotReadError, tally
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollout.core.comparison.blocks import Tier
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings
    from rollout.core.gates.evidence import Answer, Evidence, Query, Series
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.judging import Question

GAP = timedelta(minutes=10)
"""Without a request for so long, nothing could be judged: as many minutes without any are no data."""


@dataclass(frozen=True)
class Value:
    """What one interval came to over all series: the least and the greatest, equal where they were summed."""

    at: datetime
    low: float
    high: float

    @property
    def finite(self) -> bool:
        """Whether it is a number at all."""
        return math.isfinite(self.low) and math.isfinite(self.high)


@dataclass(frozen=True)
class Requests:
    """How many requests the deployment got, in each minute of the window that Azure knows of."""

    by_minute: Mapping[datetime, float]

    @property
    def total(self) -> float:
        """All requests in the window."""
        return math.fsum(self.by_minute.values())

    def between(self, start: datetime, end: datetime) -> float:
        """Return how many of them fell into that time."""
        return math.fsum(count for at, count in self.by_minute.items() if start <= at < end)

    def gaps(self, window: Window) -> tuple[Window, ...]:
        """Return the stretches of the window in which nothing could be judged, for want of requests."""
        busy = sorted(at for at, count in self.by_minute.items() if count > 0)
        ends = [window.start, *(at + MINUTE for at in busy)]
        quiet = (Window(end, start) for end, start in zip(ends, [*busy, window.end], strict=True))
        return tuple(each for each in quiet if each.holds(GAP))


def values(answer: Answer, query: Query, metric: str, deployment: str) -> dict[int, Value]:
    """Return what each measured interval came to, by its number: 1 is the newest that ended in the window.

    The oldest comes first, in whichever order Azure answers: of points that are alike, sentences name that.

    Series of a count are summed: errors are split by status code, and none of the parts is the whole. Of
    other metrics the least and the greatest series count, as no mean of means is a percentile.
    """
    series = [each for each in answer.series if _concerns(each, metric, deployment)]
    found: dict[int, list[tuple[datetime, float]]] = {}
    for each in series:
        for point in each.points:
            number = _number(point.at, query.interval, query.window)
            if point.value is not None and number is not None:
                found.setdefault(number, []).append((point.at, point.value))
    summed = query.aggregation in SUMMED and all(each.unit == "Count" for each in series)
    return {number: _combined(found[number], summed=summed) for number in sorted(found, reverse=True)}


def number(gate: FixedGate, question: Question, evidence: Evidence) -> float | Unreadable:
    """Return the number that the gate's own query came to: one row of one column, and a number in it."""
    table = table_of(log_query_of(gate, question), evidence)
    if table is None:
        return Unreadable("its query was not sent")
    if isinstance(table, Unreadable):
        return table
    shape = f"{len(table.rows)} rows of {len(table.columns)} columns"
    if len(table.columns) != 1 or len(table.rows) > 1:
        return Unreadable(f"its query returned {shape}, not one number")
    if not table.rows:
        return Unreadable("its query returned no row, so there is no number")
    value = table.rows[0][0]
    if value is None:
        return Unreadable("its query returned null, which is no number: nothing was measured")
    if isinstance(value, bool) or not isinstance(value, int | float):
        return Unreadable(f"its query returned {str(value)[:60]!r}, which is no number")
    return float(value) if math.isfinite(value) else Unreadable(f"its query returned {value}, no number")


def requests(
    gates: Sequence[FixedGate | ComparativeGate],
    question: Question,
    settings: ComparisonSettings,
    tier: Tier | None,
    evidence: Evidence,
) -> Requests | Unreadable:
    """Return how many requests the judged deployment is proved to have got in the window.

    That is what the comparison with prod reads, and else what `queries` asks for apart.
    """
    compared = comparison(gates, question, settings, tier)
    if not compared:
        return counted(question.deployment, question.window, evidence)
    try:
        found = tally(question.deployment, compared, evidence)
    except NotReadError as fault:
        return Unreadable(str(fault))
    window = question.window
    return Requests({at: float(arm.requests) for at, arm in found.items() if window.start <= at < window.end})


def counted(deployment: str, window: Window, evidence: Evidence) -> Requests | Unreadable:
    """Return how many requests the deployment is proved to have got, as `fixed_queries` asks for them."""
    query = query_of_requests(deployment, window, evidence)
    answer = answer_to(query, evidence)
    if query is None or answer is None:
        return Unreadable(f"{REQUESTS} of {deployment} was not read")
    if isinstance(answer, Unreadable):
        return answer
    minutes = values(answer, query, REQUESTS, deployment)
    if not all(value.finite and value.low >= 0 for value in minutes.values()):
        return Unreadable(f"{REQUESTS} of {deployment} holds values that are no counts")
    return Requests({query.window.end - number * MINUTE: value.high for number, value in minutes.items()})


def _concerns(series: Series, metric: str, deployment: str) -> bool:
    """Return whether a series is of that metric and of no other deployment."""
    named = {name.casefold(): value.casefold() for name, value in series.dimensions}
    return (
        series.metric.casefold() == metric.casefold()
        and named.get("deployment", deployment.casefold()) == deployment.casefold()
    )


def _number(at: datetime, interval: timedelta, window: Window) -> int | None:
    """Return which interval from the window's end starts there; None for one that isn't wholly inside."""
    if at < window.start or at + interval > window.end:
        return None
    return (window.end - at) // interval


def _combined(points: list[tuple[datetime, float]], *, summed: bool) -> Value:
    at = min(at for at, _ in points)
    numbers = [number for _, number in points]
    if not all(math.isfinite(number) for number in numbers):
        return Value(at, math.nan, math.nan)
    if summed:
        total = math.fsum(numbers)
        return Value(at, total, total)
    return Value(at, min(numbers), max(numbers))
