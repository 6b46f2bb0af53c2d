"""Metrics: samples of minutes, gathered into series and bins."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from localazure.monitor.definitions import DIMENSIONS
from localazure.monitor.filters import to_sql
from localazure.monitor.minutes import bring_up_to_date

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import duckdb

    from localazure.monitor.definitions import Metric
    from localazure.monitor.gaps import Gap
    from localazure.monitor.query import Query

__all__ = ["Sample", "answer", "measure", "visible_until", "whole"]

Labels = tuple[str, ...]
Series = dict[datetime, "Sample"]


class Sample(NamedTuple):
    """What is known of some minutes: the sum of the samples in them, their number, least and greatest."""

    total: float
    number: int
    minimum: float
    maximum: float

    def merged(self, other: Sample) -> Sample:
        """Both together."""
        return Sample(
            self.total + other.total,
            self.number + other.number,
            min(self.minimum, other.minimum),
            max(self.maximum, other.maximum),
        )

    def value(self, aggregation: str) -> float:
        """The sample under an aggregation."""
        return VALUES[aggregation](self)


VALUES: dict[str, Callable[[Sample], float]] = {
    "Average": lambda sample: sample.total / sample.number,
    "Minimum": lambda sample: sample.minimum,
    "Maximum": lambda sample: sample.maximum,
    "Total": lambda sample: sample.total,
    "Count": lambda sample: float(sample.number),
}


def visible_until(now: datetime, delay: timedelta) -> datetime:
    """The end of the last whole minute that metrics show already."""
    return (now - delay).replace(second=0, microsecond=0)


def measure(
    database: duckdb.DuckDBPyConnection,
    query: Query,
    resource_id: str,
    visible: datetime,
    *,
    summed: bool = False,
    gaps: Sequence[Gap] = (),
) -> list[dict[Labels, Series]]:
    """For each metric of a query its series of minutes, from their samples.

    Args:
        database: Where the rows are.
        query: What is asked for.
        resource_id: The endpoint's ARM id, in any casing.
        visible: No minute from here on is shown.
        summed: Count requests of merged series together. Azure has a sample a minute for each combination of
            dimensions, and its Average over merged series is the mean of those samples (learn.microsoft.com,
            Azure Monitor Metrics aggregation and display explained).
        gaps: What doesn't show.
    """
    bring_up_to_date(database)
    where, parameters = to_sql(query.clauses, DIMENSIONS)
    where = " AND ".join([where, *(gap.kept("Minute") for gap in gaps)])
    labels = ", ".join(DIMENSIONS[name] for name in query.split)
    span = [_naive(query.start), _naive(min(query.end, visible))]
    found: list[dict[Labels, Series]] = []
    for metric in query.metrics:
        # Constants, apart from the parameters.
        sample = metric.merged if summed and metric.merged else metric.sample
        sql = f"""
            SELECT Minute, {", ".join(sample)}{labels and ", "}{labels} FROM {metric.table}
            WHERE EndpointId = ? AND Minute >= ? AND Minute < ? AND {where}
            GROUP BY ALL ORDER BY ALL"""  # noqa: S608
        series: dict[Labels, Series] = defaultdict(dict)
        rows = database.execute(sql, [resource_id.lower(), *span, *parameters]).fetchall()
        for minute, total, count, least, most, *own in rows:
            at = minute.replace(tzinfo=UTC)
            series[tuple(own)][at] = Sample(float(total), int(count), float(least), float(most))
        found.append(series)
    return found


def answer(query: Query, found: list[dict[Labels, Series]], resource_id: str) -> list[dict[str, Any]]:
    """The metric objects of Azure's answer."""
    step = query.step or (query.end - query.start)
    number = -((query.start - query.end) // step)
    times = [_text(query.start + each * step) for each in range(number)]
    return [
        _metric_json(metric, query, series, resource_id, times)
        for metric, series in zip(query.metrics, found, strict=True)
    ]


def _metric_json(
    metric: Metric, query: Query, found: Mapping[Labels, Series], resource_id: str, times: Sequence[str]
) -> dict[str, Any]:
    series = list(found.items())
    if query.order is not None:
        aggregation, descending = query.order
        series.sort(key=lambda each: whole(each[1].values()).value(aggregation), reverse=descending)
    return {
        "id": f"{resource_id}/providers/Microsoft.Insights/metrics/{metric.name}",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": metric.name, "localizedValue": metric.display},
        "displayDescription": metric.description,
        "unit": metric.unit,
        "errorCode": "Success",
        "timeseries": [
            {
                "metadatavalues": [
                    {"name": {"value": name, "localizedValue": name}, "value": value}
                    for name, value in zip(query.split, labels, strict=True)
                ],
                "data": _points(query, minutes, times),
            }
            for labels, minutes in series[: query.top]
        ],
    }


def _points(query: Query, minutes: Series, times: Sequence[str]) -> list[dict[str, Any]]:
    """Every bin of the span; those without a sample carry their time and no value."""
    step = query.step or (query.end - query.start)
    bins: dict[int, Sample] = {}
    for at, sample in minutes.items():
        number = (at - query.start) // step
        bins[number] = bins[number].merged(sample) if number in bins else sample
    wanted = [(name.lower(), VALUES[name]) for name in query.aggregations]
    points: list[dict[str, Any]] = [{"timeStamp": time} for time in times]
    for number, sample in bins.items():
        points[number] |= {name: value(sample) for name, value in wanted}
    return points


def whole(samples: Iterable[Sample]) -> Sample:
    """Several samples as one."""
    first, *rest = samples
    for each in rest:
        first = first.merged(each)
    return first


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
