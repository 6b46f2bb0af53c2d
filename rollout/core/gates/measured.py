"""The numbers in an answer: what each interval of the window came to, newest first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.queries import MINUTE, REQUESTS, query_of_requests

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime, timedelta

    from rollout.core.gates.evidence import Answer, Evidence, Query, Series
    from rollout.core.window import Window

_SUMMED = ("Average", "Total", "Count")


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


def values(answer: Answer, query: Query, metric: str, deployment: str) -> dict[int, Value]:
    """Return what each measured interval came to, by its number: 1 is the newest that ended in the window.

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
    summed = query.aggregation in _SUMMED and all(each.unit == "Count" for each in series)
    return {number: _combined(points, summed=summed) for number, points in found.items()}


def requests(
    deployment: str, window: Window, asked: Iterable[Query], evidence: Evidence
) -> Requests | Unreadable:
    """Return how many requests the deployment is proved to have got."""
    query = query_of_requests(deployment, window, asked)
    answer = evidence.get(query) if query is not None else None
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
