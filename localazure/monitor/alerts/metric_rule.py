"""Metric alerts: static thresholds on one resource's metrics, with dimensions.

(learn.microsoft.com, Metric Alerts - Create Or Update, and "Metric alerts in Azure Monitor".)
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from localazure.arm.body import part
from localazure.logs.sources import is_endpoint
from localazure.monitor.alerts import reading
from localazure.monitor.alerts.outcome import Outcome, Watch
from localazure.monitor.alerts.reading import OPERATORS, missing, refused
from localazure.monitor.definitions import AGGREGATIONS, NAMESPACE, find_metrics
from localazure.monitor.filters import Clause, Condition
from localazure.monitor.metrics import measure, visible_until, whole
from localazure.monitor.query import MINUTE, Query

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from localazure.arm.body import JSON
    from localazure.arm.store import Resource
    from localazure.azure import Azure
    from localazure.faults import Faults
    from localazure.monitor.alerts.outcome import Labels
    from localazure.monitor.definitions import Metric

__all__ = ["TYPE", "MetricRule", "read"]

TYPE = "Microsoft.Insights/metricAlerts"
HOUR = timedelta(hours=1)
FREQUENCIES = (MINUTE, 5 * MINUTE, 15 * MINUTE, 30 * MINUTE, HOUR)
WINDOWS = (*FREQUENCIES, 6 * HOUR, 12 * HOUR, 24 * HOUR)
SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
MULTIPLE = "Microsoft.Azure.Monitor.MultipleResourceMultipleMetricCriteria"
MATCHES = {"Include": "eq", "Exclude": "ne", "StartsWith": "sw"}
MOST_CRITERIA, MOST_DIMENSIONS = 5, 5
HEALTHY = 3
"""Evaluations in a row without the condition after which an alert is resolved."""


@dataclass(frozen=True)
class Criterion:
    """One condition: a metric, split and filtered by dimensions, beyond a threshold."""

    metric: Metric
    aggregation: str
    operator: str
    threshold: float
    clauses: tuple[Clause, ...]
    body: JSON

    def beyond(self, value: float) -> bool:
        """Whether a value meets the condition."""
        return OPERATORS[self.operator](value, self.threshold)

    def shown(self, value: float, labels: Labels) -> dict[str, Any]:
        """The condition as the common alert schema has it."""
        return {
            "metricName": self.metric.name,
            "metricNamespace": NAMESPACE,
            "operator": self.operator,
            "threshold": f"{self.threshold:g}",
            "timeAggregation": self.aggregation,
            "dimensions": [{"name": name, "value": each} for name, each in labels],
            "metricValue": value,
            "webTestName": None,
        }


@dataclass(frozen=True)
class MetricRule:
    """A metric alert that can be evaluated."""

    watch: Watch
    criteria: tuple[Criterion, ...]

    async def evaluate(self, azure: Azure, faults: Faults, at: datetime) -> Mapping[Labels, Outcome]:
        """Every series with a measurement in the window; one without neither fires nor resolves."""
        more, gaps = faults.of_data("metrics")
        end = visible_until(at, azure.settings.metric_delay + more)
        summed = azure.settings.requests_per_minute == "sum"
        found: list[dict[Labels, tuple[bool, dict[str, Any]]]] = []
        for each in self.criteria:
            query = _query(each, end - self.watch.window, end)
            (series,) = await azure.rows.run(
                lambda database, query=query: measure(
                    database, query, self.watch.scope, end, summed=summed, gaps=gaps
                )
            )
            found.append({})
            for values, minutes in series.items():
                value = whole(minutes.values()).value(each.aggregation)
                labels = tuple(zip(query.split, values, strict=True))
                found[-1][labels] = (each.beyond(value), each.shown(value, labels))
        return _together(found)


def read(resource: Resource) -> MetricRule | None:
    """A rule that was written down; None where it watches something that has no metrics here."""
    properties = resource.properties
    check(properties)
    (scope,) = properties["scopes"]
    if not is_endpoint(scope):
        return None
    actions: list[JSON] = properties.get("actions") or []
    watch = Watch(
        resource=resource,
        severity=reading.severity(properties),
        scope=scope,
        every=reading.duration(properties, "evaluationFrequency", FREQUENCIES),
        window=reading.duration(properties, "windowSize", WINDOWS),
        groups=tuple(str(each.get("actionGroupId")) for each in actions if each.get("actionGroupId")),
        healthy=HEALTHY,
    )
    return MetricRule(watch, tuple(_criterion(each) for each in part(properties, "criteria")["allOf"]))


def check(properties: JSON) -> None:
    """Refuse what Azure refuses. Raises `ArmError`."""
    reading.severity(properties)
    scopes = reading.items(properties, "scopes", "properties", most=1)
    if not isinstance(properties.get("enabled"), bool):
        raise missing("properties.enabled")
    every = reading.duration(properties, "evaluationFrequency", FREQUENCIES)
    if reading.duration(properties, "windowSize", WINDOWS) < every:
        raise refused("The windowSize can't be smaller than the evaluationFrequency.")
    criteria = part(properties, "criteria")
    if not criteria:
        raise missing("properties.criteria")
    kind = criteria.get("odata.type")
    if kind not in {SINGLE, MULTIPLE}:
        raise refused(f"The criteria's odata.type '{kind}' isn't supported: {SINGLE} and {MULTIPLE} are.")
    for each in reading.items(criteria, "allOf", "properties.criteria", most=MOST_CRITERIA):
        if not isinstance(each, dict):
            raise refused("properties.criteria.allOf needs objects.")
        if is_endpoint(str(scopes[0])):
            _criterion(cast("JSON", each))


def _criterion(body: JSON) -> Criterion:
    where = "properties.criteria.allOf[]"
    for name in ("name", "metricName"):
        if not body.get(name):
            raise missing(f"{where}.{name}")
    kind = body.get("criterionType", "StaticThresholdCriterion")
    if kind != "StaticThresholdCriterion":
        raise refused(f"Local Azure has no {kind}: it evaluates StaticThresholdCriterion only.")
    (metric,) = find_metrics(str(body["metricName"]), str(body.get("metricNamespace") or ""))
    return Criterion(
        metric=metric,
        aggregation=reading.one_of(body, "timeAggregation", AGGREGATIONS, where),
        operator=reading.one_of(body, "operator", OPERATORS, where),
        threshold=reading.number(body, "threshold", where),
        clauses=_clauses(metric, body.get("dimensions") or []),
        body=body,
    )


def _clauses(metric: Metric, dimensions: list[JSON]) -> tuple[Clause, ...]:
    if len(dimensions) > MOST_DIMENSIONS:
        raise refused(f"A criterion has {len(dimensions)} dimensions; at most {MOST_DIMENSIONS} are allowed.")
    known = {name.lower(): name for name in metric.dimensions}
    clauses: list[Clause] = []
    for each in dimensions:
        name = str(each.get("name") or "")
        if name.lower() not in known:
            raise refused(
                f"Dimension '{name}' isn't supported for metric {metric.name}; supported are: "
                f"{', '.join(metric.dimensions)}."
            )
        verb = MATCHES[reading.one_of(each, "operator", MATCHES, f"dimension {name}")]
        values = [str(value) for value in reading.items(each, "values", f"dimension {name}", most=100)]
        conditions = [Condition(verb, value) for value in values]
        if verb == "ne":
            clauses += [Clause(known[name.lower()], (condition,)) for condition in conditions]
        else:
            clauses.append(Clause(known[name.lower()], tuple(conditions)))
    return tuple(clauses)


def _query(criterion: Criterion, start: datetime, end: datetime) -> Query:
    """The criterion's metric in a window, as one bin, a series for each combination of its dimensions."""
    return Query(
        metrics=(criterion.metric,),
        start=start,
        end=end,
        interval="FULL",
        step=None,
        aggregations=(criterion.aggregation,),
        clauses=criterion.clauses,
        split=tuple(dict.fromkeys(clause.dimension for clause in criterion.clauses)),
        top=None,
        order=None,
    )


def _together(found: list[dict[Labels, tuple[bool, dict[str, Any]]]]) -> dict[Labels, Outcome]:
    """One criterion: each of its series. Several: met where one series of each is, and then as one alert."""
    if len(found) == 1:
        return {labels: Outcome(met, (shown,)) for labels, (met, shown) in found[0].items()}
    if not all(found):
        return {}
    worst = [max(series.values(), key=lambda each: each[0]) for series in found]
    return {(): Outcome(all(met for met, _ in worst), tuple(shown for _, shown in worst))}
