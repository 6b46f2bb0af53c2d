"""A metrics query, read from the parameters of either form of the API."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from localazure.arm.errors import bad_request
from localazure.duration import read_duration
from localazure.monitor.definitions import AGGREGATIONS, GRAINS, find_metrics
from localazure.monitor.filters import dimensions_of, parse_filter

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.monitor.definitions import Metric
    from localazure.monitor.filters import Clause

__all__ = ["MINUTE", "Query", "read_query"]

MINUTE = timedelta(minutes=1)
DEFAULT_SPAN = timedelta(hours=1)
DEFAULT_TOP = 10
MOST_POINTS = 100_000


@dataclass(frozen=True)
class Query:
    """What is asked for.

    Attributes:
        start: The first minute asked for; bins begin here.
        end: After the last minute asked for.
        step: The length of a bin; None for one bin over the whole span.
        split: The dimensions with a series for each combination of values.
        top: How many series at most; None without a filter.
        order: The aggregation series are ordered by, and whether descending.
    """

    metrics: tuple[Metric, ...]
    start: datetime
    end: datetime
    interval: str
    step: timedelta | None
    aggregations: tuple[str, ...]
    clauses: tuple[Clause, ...]
    split: tuple[str, ...]
    top: int | None
    order: tuple[str, bool] | None


def read_query(given: Mapping[str, str], now: datetime) -> Query:
    """Read a query's parameters; names in any casing, with or without `$`.

    Raises:
        ArmError: 400: a parameter is wrong, or a metric or dimension unknown, with what is allowed.
    """
    values = {name.lower().lstrip("$"): value for name, value in given.items()}
    metrics = find_metrics(values.get("metricnames", ""), values.get("metricnamespace", ""))
    start, end = _span(values, now)
    interval, step = _interval(values.get("interval") or "PT1M")
    if step is not None and (end - start) / step > MOST_POINTS:
        raise bad_request(f"The timespan has more than {MOST_POINTS} points of {interval}.")
    clauses = _known(parse_filter(values.get("filter", "")), metrics)
    rolled_up = {name.strip().lower() for name in values.get("rollupby", "").split(",")}
    split = tuple(name for name in dimensions_of(clauses) if name.lower() not in rolled_up)
    return Query(
        metrics=metrics,
        start=start,
        end=end,
        interval=interval,
        step=step,
        aggregations=_aggregations(values.get("aggregation", "")),
        clauses=clauses,
        split=split,
        top=_top(values.get("top", "")) if clauses else None,
        order=_order(values.get("orderby", "")),
    )


def _span(values: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    start, _, end = values.get("timespan", "").partition("/")
    start, end = values.get("starttime", start), values.get("endtime", end)
    until = _time(end, "end") if end else now
    since = _time(start, "start") if start else until - DEFAULT_SPAN
    if since >= until:
        raise bad_request(f"The start of the timespan, {start}, is not before its end, {end or until}.")
    first = since.replace(second=0, microsecond=0)
    last = until.replace(second=0, microsecond=0)
    return first, last if last == until else last + MINUTE


def _time(text: str, which: str) -> datetime:
    try:
        at = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise bad_request(f"The {which} of the timespan, '{text}', is not an ISO 8601 time.") from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _interval(text: str) -> tuple[str, timedelta | None]:
    if text.upper() == "FULL":
        return "FULL", None
    allowed = {read_duration(grain): grain for grain in GRAINS}
    try:
        step = read_duration(text)
        return allowed[step], step
    except (ValueError, KeyError):
        raise bad_request(
            f"Detected invalid time grain input: {text}, supported ones are: {','.join(GRAINS)}"
        ) from None


def _known(clauses: tuple[Clause, ...], metrics: tuple[Metric, ...]) -> tuple[Clause, ...]:
    """The clauses with their dimensions as the metrics spell them."""
    found: list[Clause] = []
    for clause in clauses:
        for metric in metrics:
            names = {name.lower(): name for name in metric.dimensions}
            if clause.dimension.lower() not in names:
                raise bad_request(
                    f"Metric: {metric.name} does not support requested dimension combination: "
                    f"{','.join(dimensions_of(clauses)).lower()}, supported ones are: "
                    f"{','.join(metric.dimensions)}"
                )
        spelt = next(name for name in metrics[0].dimensions if name.lower() == clause.dimension.lower())
        found.append(type(clause)(spelt, clause.any_of))
    return tuple(found)


def _aggregations(text: str) -> tuple[str, ...]:
    allowed = {name.lower(): name for name in AGGREGATIONS}
    wanted = [name.strip() for name in text.split(",") if name.strip()] or ["Average"]
    for name in wanted:
        if name.lower() not in allowed:
            raise bad_request(
                f"Invalid aggregation type: {name}, supported ones are: {','.join(AGGREGATIONS)}"
            )
    return tuple(dict.fromkeys(allowed[name.lower()] for name in wanted))


def _top(text: str) -> int:
    if not text:
        return DEFAULT_TOP
    if not text.isdecimal() or int(text) < 1:
        raise bad_request(f"top is '{text}': give a number of series, 1 or more.")
    return int(text)


def _order(text: str) -> tuple[str, bool] | None:
    if not text.strip():
        return None
    what, _, direction = text.strip().lower().partition(" ")
    names = {"sum": "Total", **{name.lower(): name for name in AGGREGATIONS}}
    if what not in names or direction.strip() not in {"", "asc", "desc"}:
        raise bad_request(f"orderby is '{text}': give an aggregation, then 'asc' or 'desc'.")
    return names[what], direction.strip() == "desc"
