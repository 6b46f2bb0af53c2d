"""ARM, metrics and logs: answers a second, and how long Azure's own clients wait."""

from __future__ import annotations

import json
import statistics
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
from azure.core.credentials import AccessToken
from azure.monitor.query import LogsQueryClient
from azure.monitor.querymetrics import MetricsClient

from benchmarks.localazure.figures import Figure
from benchmarks.localazure.hammer import hammer, request
from localazure.server import control_token
from localazure.tls import bundle_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.localazure.site import Site

__all__ = ["arm", "load_rows", "measured"]

CONNECTIONS = 8
PER_MINUTE, HOURS = 6000, 24
LOGGED = 5_000_000
AT_ONCE = 1_000_000
TURNS = 5
NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
ROWS = """
SELECT CAST(? AS TIMESTAMP) + to_microseconds(CAST(i * 60000000.0 / ? AS BIGINT)) AS TimeGenerated,
  ? AS EndpointId, 'busy' AS EndpointName,
  CASE WHEN random() < 0.1 THEN 'green' ELSE 'blue' END AS DeploymentName,
  CASE WHEN random() < 0.005 THEN 424 ELSE 200 END AS ResponseCode,
  80 * exp(0.5 * sqrt(-2 * ln(1 - random())) * cos(2 * pi() * random())) AS TotalDurationMs
FROM range(?, ?) t(i)
"""
# What a gate that compares with prod asks.
GATE = """
AmlOnlineEndpointTrafficLog
| extend k = iff(DeploymentName == 'green', 1.1, 1.0),
    ok = toint(ResponseCode) >= 200 and toint(ResponseCode) < 300,
    ms = TotalDurationMs - RequestThrottlingDelayMs - ResponseThrottlingDelayMs
| summarize n = count(), e = countif(not(ok)), x50 = countif(ok and ms > 80 * k),
    x95 = countif(ok and ms > 182 * k), x99 = countif(ok and ms > 256 * k)
    by bin(TimeGenerated, 1m), DeploymentName
"""
EVERY = "deployment eq '*' and statusCode eq '*' and modelStatusCode eq '*'"


class _Credential:
    """The token that a site's client has."""

    def __init__(self, site: Site) -> None:
        self._token = str(site.http.headers["Authorization"]).removeprefix("Bearer ")

    def get_token(self, *_scopes: str, **_options: Any) -> AccessToken:
        """It is good for an hour."""
        return AccessToken(self._token, int(time.time()) + 3000)


async def arm(site: Site, seconds: float) -> list[Figure]:
    """GETs of an endpoint and PUTs of new model versions, each kept on disk before its answer."""
    base, version = site.settings.base_url, "api-version=2025-12-01"
    headers = {"Authorization": str(site.http.headers["Authorization"]), "Content-Type": "application/json"}
    body = json.dumps({"properties": {"modelUri": "azureml://datastores/x/paths/y"}}).encode()
    read = request("GET", f"{base}{site.workspace}/onlineEndpoints/trivial?{version}", headers)
    turn = iter(range(10**9))

    def again(_: int) -> bytes:
        return read

    def write(_: int) -> bytes:
        return request(
            "PUT", f"{base}{site.workspace}/models/m/versions/{next(turn)}?{version}", headers, body
        )

    found: list[Figure] = []
    for name, asked in (("ARM GET of an endpoint", again), ("ARM PUT of a model version", write)):
        done = await hammer(base, asked, connections=CONNECTIONS, seconds=seconds, context=site.context)
        if set(done.statuses) - {200, 201}:
            raise SystemExit(f"{name}: {done.statuses}")
        found.append(Figure(f"{name}, {CONNECTIONS} connections", done.rate, "/s"))
    return found


def load_rows(site: Site, endpoint: str, end: datetime) -> float:
    """Give an endpoint a day of requests; seconds that a million of them took."""
    start = end - timedelta(hours=HOURS)
    total = PER_MINUTE * 60 * HOURS
    began = time.perf_counter()
    for first in range(0, total, AT_ONCE):
        given: list[Any] = [
            start.replace(tzinfo=None),
            PER_MINUTE,
            endpoint,
            first,
            min(first + AT_ONCE, total),
        ]
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "rows.parquet"
            duckdb.execute(f"COPY ({ROWS}) TO '{path}'", given)
            answer = site.http.post(
                f"{site.settings.base_url}/_local/rows",
                data=path.read_bytes(),
                headers={
                    "Authorization": f"Bearer {control_token(site.settings.home)}",
                    "Content-Type": "application/vnd.apache.parquet",
                },
                timeout=600,
            )
        answer.raise_for_status()
    return (time.perf_counter() - began) / total * 1e6


def measured(site: Site, customer: str, endpoint: str) -> list[Figure]:
    """A day of 6000 requests a minute by Azure's clients for metrics and logs."""
    setting = {"workspaceId": site.bench.logs, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}
    site.ask(
        "PUT", f"{endpoint}/providers/Microsoft.Insights/diagnosticSettings/logs", {"properties": setting}
    )
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    start = end - timedelta(hours=HOURS)
    took = load_rows(site, endpoint, end)
    trusted: dict[str, Any] = {"connection_verify": str(bundle_path(site.settings.home))}
    base, credential = site.settings.base_url, _Credential(site)
    metrics = MetricsClient(base, credential, audience=base, **trusted)
    logs = LogsQueryClient(credential, endpoint=f"{base}/v1", **trusted)

    def ask(name: str, split: str) -> None:
        (answer,) = metrics.query_resources(
            resource_ids=[endpoint],
            metric_namespace=NAMESPACE,
            metric_names=[name],
            timespan=(start, end),
            granularity=timedelta(minutes=1),
            aggregations=["Average"],
            max_results=100,
            filter=split,
        )
        if not answer.metrics[0].timeseries:
            raise SystemExit("the metrics query found nothing")

    def ask_bare(name: str, split: str) -> None:
        answer = site.http.post(
            f"{base}/subscriptions/{site.settings.subscription}/metrics:getBatch",
            json={"resourceids": [endpoint]},
            params={
                "api-version": "2024-02-01",
                "metricnamespace": NAMESPACE,
                "metricnames": name,
                "starttime": start.isoformat(),
                "endtime": end.isoformat(),
                "interval": "PT1M",
                "aggregation": "Average",
                "top": "100",
                "filter": split,
            },
            timeout=60,
        )
        if not answer.json()["values"][0]["value"][0]["timeseries"]:
            raise SystemExit("the metrics query found nothing")

    def gate() -> None:
        answer: Any = logs.query_workspace(
            customer, GATE, timespan=(start, start + timedelta(minutes=LOGGED / PER_MINUTE))
        )
        counted = sum(row["n"] for row in answer.tables[0].rows)
        if abs(counted - LOGGED) > PER_MINUTE:
            raise SystemExit(f"the gate's query counted {counted} rows")

    day = f"{HOURS} h of {PER_MINUTE} requests a minute"
    found: list[Figure] = []
    for name, split, words in (
        ("RequestsPerMinute", EVERY, "by every dimension"),
        ("RequestLatency_P95", "deployment eq '*'", "P95 by deployment"),
    ):
        bare = _median(lambda name=name, split=split: ask_bare(name, split))
        client = _median(lambda name=name, split=split: ask(name, split))
        found += [
            Figure(f"metrics: {day}, {words}", bare, "ms", 200),
            Figure("the same by Azure's client, its own work on the points included", client, "ms"),
        ]
    return [
        *found,
        Figure(f"KQL: a gate's query over {LOGGED // 10**6} million rows", _median(gate) / 1000, "s", 2),
        Figure("a million rows loaded", took, "s"),
    ]


def _median(work: Callable[[], None]) -> float:
    """Of some turns, in milliseconds; the first isn't counted."""
    took: list[float] = []
    for _ in range(TURNS + 1):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])
