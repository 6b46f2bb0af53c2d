"""The metrics of an online endpoint, as Azure Monitor defines them.

(learn.microsoft.com, "Supported metrics for Microsoft.MachineLearningServices/workspaces/onlineEndpoints".)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from localazure.arm.errors import bad_request
from localazure.monitor.minutes import PERCENTILES, SAMPLES

__all__ = ["AGGREGATIONS", "DIMENSIONS", "METRICS", "NAMESPACE", "Metric", "definition_json", "find_metrics"]

NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
AGGREGATIONS = ("Average", "Minimum", "Maximum", "Total", "Count")
GRAINS = ("PT1M", "PT5M", "PT15M", "PT30M", "PT1H", "PT6H", "PT12H", "P1D")

# What a dimension is, computed from a sample.
DIMENSIONS = {
    "deployment": "CASE DeploymentName WHEN '' THEN 'unknown' ELSE DeploymentName END",
    "statusCode": "CAST(ResponseCode AS VARCHAR)",
    "statusCodeClass": "CAST(ResponseCode // 100 AS VARCHAR) || 'xx'",
    "modelStatusCode": "coalesce(CAST(ModelStatusCode AS VARCHAR), 'unknown')",
}


@dataclass(frozen=True)
class Metric:
    """A metric, and what one minute of it is.

    Attributes:
        table: Where its samples are.
        sample: SQL aggregates over a minute's samples: their total, number, minimum and maximum.
        merged: The same where the samples of a minute are one, their sum; None where that makes no sense.
    """

    name: str
    display: str
    description: str
    unit: str
    dimensions: tuple[str, ...]
    table: str
    sample: tuple[str, str, str, str]
    merged: tuple[str, str, str, str] | None = None


def _gauge(value: str) -> tuple[str, str, str, str]:
    return (f"sum({value})", "count(*)", f"min({value})", f"max({value})")


def _percentile(percent: int) -> Metric:
    return Metric(
        name=f"RequestLatency_P{percent}",
        display=f"Request Latency P{percent}",
        description=f"The average P{percent} request latency over the selected time period.",
        unit="Milliseconds",
        dimensions=("deployment",),
        table=PERCENTILES,
        sample=_gauge(f"P{percent}"),
    )


METRICS = (
    Metric(
        name="RequestsPerMinute",
        display="Requests Per Minute",
        description="The number of requests sent to the online endpoint within a minute.",
        unit="Count",
        dimensions=("deployment", "statusCode", "statusCodeClass", "modelStatusCode"),
        table=SAMPLES,
        sample=_gauge("Requests"),
        merged=("sum(Requests)", "1", "sum(Requests)", "sum(Requests)"),
    ),
    Metric(
        name="RequestLatency",
        display="Request Latency",
        description="The average complete interval of time taken for a request to be responded.",
        unit="Milliseconds",
        dimensions=("deployment",),
        table=SAMPLES,
        sample=("sum(Milliseconds)", "sum(Requests)", "min(Least)", "max(Most)"),
    ),
    *(_percentile(percent) for percent in (50, 90, 95, 99)),
)
KNOWN = {metric.name.lower(): metric for metric in METRICS}


def find_metrics(names: str, namespace: str) -> tuple[Metric, ...]:
    """The metrics of a comma-separated list; all of them where it is empty.

    Raises:
        ArmError: 400 in Azure's words, naming what isn't known and what is.
    """
    if namespace and namespace.lower() != NAMESPACE.lower():
        raise bad_request(
            f"Cannot find requested metric namespace: {namespace}, Valid namespaces: {NAMESPACE}"
        )
    wanted = [name.strip() for name in names.split(",") if name.strip()]
    for name in wanted:
        if name.lower() not in KNOWN:
            provider, _, kind = NAMESPACE.partition("/")
            raise bad_request(
                f"Failed to find metric configuration for provider: {provider}, resource Type: {kind}, "
                f"metric: {name}, Valid metrics: {','.join(metric.name for metric in METRICS)}"
            )
    return tuple(KNOWN[name.lower()] for name in wanted) or METRICS


def definition_json(metric: Metric, resource_id: str) -> dict[str, Any]:
    """A metric's definition as `metricDefinitions` lists it."""
    return {
        "id": f"{resource_id}/providers/microsoft.insights/metricDefinitions/{metric.name}",
        "resourceId": resource_id,
        "namespace": NAMESPACE,
        "category": "Traffic",
        "name": {"value": metric.name, "localizedValue": metric.display},
        "displayDescription": metric.description,
        "isDimensionRequired": False,
        "unit": metric.unit,
        "primaryAggregationType": "Average",
        "supportedAggregationTypes": ["None", *AGGREGATIONS],
        "metricAvailabilities": [{"timeGrain": grain, "retention": "P93D"} for grain in GRAINS],
        "dimensions": [{"value": name, "localizedValue": name} for name in metric.dimensions],
    }
