"""Scheduled query rules: KQL on a Log Analytics workspace, or on a resource's logs.

(learn.microsoft.com, Scheduled Query Rules - Create Or Update, and "Log search alert rules".)
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from localazure.arm.body import part
from localazure.logs.errors import LogsError
from localazure.logs.run import Asked, run
from localazure.logs.seen import of_resource
from localazure.monitor.alerts import reading
from localazure.monitor.alerts.outcome import Outcome, Watch
from localazure.monitor.alerts.reading import OPERATORS, missing, refused

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from datetime import datetime

    from localazure.arm.body import JSON
    from localazure.arm.store import Resource
    from localazure.azure import Azure
    from localazure.faults import Faults
    from localazure.logs.run import Found
    from localazure.monitor.alerts.outcome import Labels

__all__ = ["TYPE", "QueryRule", "check", "read", "try_query"]

TYPE = "Microsoft.Insights/scheduledQueryRules"
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
FREQUENCIES = (
    *(minutes * MINUTE for minutes in (1, 5, 10, 15, 30, 45)),
    *(hours * HOUR for hours in (1, 2, 3, 4, 5, 6, 24)),
)
WINDOWS = (*FREQUENCIES, 48 * HOUR)
COUNT = "Count"
MEASURES: Mapping[str, Callable[[list[float]], float]] = {
    "Average": lambda values: sum(values) / len(values),
    "Minimum": min,
    "Maximum": max,
    "Total": sum,
}
MATCHES = ("Include", "Exclude")
MOST_PERIODS = 6
LONGEST = 60.0


@dataclass(frozen=True)
class QueryRule:
    """A scheduled query rule that can be evaluated."""

    watch: Watch
    condition: JSON
    aggregation: str
    operator: str
    threshold: float

    async def evaluate(self, azure: Azure, faults: Faults, at: datetime) -> Mapping[Labels, Outcome]:
        """Every combination of the rule's dimensions; without any, the result as a whole.

        Raises `LogsError` where the query can't be run.
        """
        more, gaps = faults.of_data("logs")
        properties = self.watch.resource.properties
        override = properties.get("overrideQueryTimeRange")
        back = (
            reading.duration(properties, "overrideQueryTimeRange", WINDOWS) if override else self.watch.window
        )
        asked = Asked(
            text=str(self.condition["query"]),
            seen=of_resource(azure, self.watch.scope),
            span=(at - back, at),
            now=at,
            visible=at - azure.settings.log_delay - more,
            seconds=LONGEST,
            gaps=gaps,
        )
        found = await run(azure.rows, asked)
        return {labels: self._outcome(rows, labels, found) for labels, rows in self._split(found).items()}

    def _split(self, found: Found) -> dict[Labels, list[list[Any]]]:
        names = [name for name, _ in found.columns]
        dimensions: list[JSON] = self.condition.get("dimensions") or []
        if not dimensions:
            return {(): found.rows}
        for each in dimensions:
            if each["name"] not in names:
                raise LogsError(400, "SemanticError", f"the query has no column {each['name']}")
        split: dict[Labels, list[list[Any]]] = defaultdict(list)
        for row in found.rows:
            own = {each["name"]: row[names.index(each["name"])] for each in dimensions}
            if all(_fits(each, own[each["name"]]) for each in dimensions):
                split[tuple((name, str(value)) for name, value in own.items())].append(row)
        return split

    def _outcome(self, rows: Sequence[Sequence[Any]], labels: Labels, found: Found) -> Outcome:
        value = self._value(rows, found)
        met = value is not None and OPERATORS[self.operator](value, self.threshold)
        shown = {
            "searchQuery": self.condition["query"],
            "metricMeasureColumn": self.condition.get("metricMeasureColumn"),
            "targetResourceTypes": str(self.watch.resource.properties.get("targetResourceTypes") or []),
            "operator": self.operator,
            "threshold": f"{self.threshold:g}",
            "timeAggregation": self.aggregation,
            "dimensions": [{"name": name, "value": each} for name, each in labels],
            "metricValue": value,
            "failingPeriods": {
                "numberOfEvaluationPeriods": self.watch.among,
                "minFailingPeriodsToAlert": self.watch.least,
            },
        }
        return Outcome(met, (shown,))

    def _value(self, rows: Sequence[Sequence[Any]], found: Found) -> float | None:
        if self.aggregation == COUNT:
            return float(len(rows))
        names = [name for name, _ in found.columns]
        column = self.condition["metricMeasureColumn"]
        if column not in names:
            raise LogsError(400, "SemanticError", f"the query has no column {column}")
        numbers = [float(each) for row in rows if isinstance(each := row[names.index(column)], int | float)]
        return float(MEASURES[self.aggregation](numbers)) if numbers else None


def read(resource: Resource) -> QueryRule:
    """A rule that was written down."""
    properties = resource.properties
    check(properties)
    condition: JSON = part(properties, "criteria")["allOf"][0]
    periods = part(condition, "failingPeriods")
    every = reading.duration(properties, "evaluationFrequency", FREQUENCIES)
    watch = Watch(
        resource=resource,
        severity=reading.severity(properties),
        scope=str(properties["scopes"][0]),
        every=every,
        window=reading.duration(properties, "windowSize", WINDOWS),
        groups=tuple(map(str, part(properties, "actions").get("actionGroups") or [])),
        healthy=_healthy(every),
        least=int(periods.get("minFailingPeriodsToAlert") or 1),
        among=int(periods.get("numberOfEvaluationPeriods") or 1),
    )
    where = "properties.criteria.allOf[0]"
    return QueryRule(
        watch,
        condition,
        reading.one_of(condition, "timeAggregation", (COUNT, *MEASURES), where),
        reading.one_of(condition, "operator", OPERATORS, where),
        reading.number(condition, "threshold", where),
    )


def check(properties: JSON) -> None:
    """Refuse what Azure refuses. Raises `ArmError`."""
    reading.severity(properties)
    reading.items(properties, "scopes", "properties", most=1)
    every = reading.duration(properties, "evaluationFrequency", FREQUENCIES)
    if reading.duration(properties, "windowSize", WINDOWS) < every:
        raise refused("The windowSize can't be smaller than the evaluationFrequency.")
    criteria = part(properties, "criteria")
    where = "properties.criteria.allOf[0]"
    (given,) = reading.items(criteria, "allOf", "properties.criteria", most=1)
    if not isinstance(given, dict):
        raise refused("properties.criteria.allOf needs objects.")
    condition = cast("JSON", given)
    if not str(condition.get("query") or "").strip():
        raise missing(f"{where}.query")
    aggregation = reading.one_of(condition, "timeAggregation", (COUNT, *MEASURES), where)
    reading.one_of(condition, "operator", OPERATORS, where)
    reading.number(condition, "threshold", where)
    if aggregation != COUNT and not condition.get("metricMeasureColumn"):
        raise missing(f"{where}.metricMeasureColumn")
    for each in cast("list[JSON]", condition.get("dimensions") or []):
        reading.one_of(each, "operator", MATCHES, f"{where}.dimensions")
        reading.items(each, "values", f"{where}.dimensions", most=100)
        if not each.get("name"):
            raise missing(f"{where}.dimensions[].name")
    _check_periods(part(condition, "failingPeriods"))


async def try_query(azure: Azure, properties: JSON) -> None:
    """Refuse a query that can't be run, unless the rule asks not to. Raises `ArmError`."""
    if properties.get("skipQueryValidation") is True:
        return
    now = azure.clock.now()
    text = str(part(properties, "criteria")["allOf"][0]["query"])
    seen = of_resource(azure, str(properties["scopes"][0]))
    try:
        await run(azure.rows, Asked(text, seen, (now - MINUTE, now), now, now, LONGEST))
    except LogsError as error:
        raise refused(f"The query of the rule isn't valid: {error}") from error


def _check_periods(periods: JSON) -> None:
    among = periods.get("numberOfEvaluationPeriods", 1)
    least = periods.get("minFailingPeriodsToAlert", 1)
    if among not in range(1, MOST_PERIODS + 1) or least not in range(1, int(among) + 1):
        raise refused(
            f"failingPeriods: {least} of {among} isn't supported: 1 to {MOST_PERIODS} periods, and no more "
            "failing ones than there are periods."
        )


def _healthy(every: timedelta) -> int:
    """Evaluations in a row without the condition, after which a log alert is resolved.

    (learn.microsoft.com, "Alert state": 10 minutes for a rule of every minute, three periods below 15
    minutes, else two.)
    """
    if every == MINUTE:
        return 10
    return 3 if every < 15 * MINUTE else 2


def _fits(dimension: JSON, value: Any) -> bool:
    named = {str(each) for each in dimension["values"]}
    included = "*" in named or str(value) in named
    return included if str(dimension["operator"]).lower() == "include" else str(value) not in named
