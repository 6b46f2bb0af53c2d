"""How long Azure's own clients wait for metrics and logs of a busy endpoint.

Needs a shell with a local Azure to throw away (`eval "$(localazure env)"`), and in it an endpoint whose logs
go to a Log Analytics workspace: the endpoint gets a day of requests more.

    python -m benchmarks.monitor ENDPOINT_ARM_ID CUSTOMER_ID --rate 6000 --hours 24
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import requests
from azure.identity import DefaultAzureCredential
from azure.monitor.query import LogsQueryClient
from azure.monitor.querymetrics import MetricsClient

if TYPE_CHECKING:
    from collections.abc import Callable

AT_ONCE = 1_000_000
MOST_LOGS = 5_000_000
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


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("endpoint", help="its ARM id")
    parser.add_argument("workspace", help="the customer id of the Log Analytics workspace")
    parser.add_argument("--rate", type=int, default=6000, help="requests a minute")
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    end = datetime.now(UTC).replace(second=0, microsecond=0) - timedelta(minutes=5)
    start = end - timedelta(hours=options.hours)
    total = int(options.rate * 60 * options.hours)
    began = time.perf_counter()
    for first in range(0, total, AT_ONCE):
        load(options.endpoint, start, options.rate, range(first, min(first + AT_ONCE, total)))
    print(f"load: {(time.perf_counter() - began) / total * 1e6:.1f} s for a million rows, {total} in all")

    base, credential = os.environ["AZURE_METRICS_ENDPOINT"], DefaultAzureCredential()
    metrics = MetricsClient(base, credential, audience=base)
    logs = LogsQueryClient(credential, endpoint=os.environ["AZURE_LOGS_ENDPOINT"])

    def measure(names: list[str], asked: str) -> object:
        return metrics.query_resources(
            resource_ids=[options.endpoint],
            metric_namespace=NAMESPACE,
            metric_names=names,
            timespan=(start, end),
            granularity=timedelta(minutes=1),
            aggregations=["Average"],
            max_results=100,
            filter=asked,
        )

    some = start + timedelta(minutes=MOST_LOGS / options.rate)
    for name, work in {
        "metrics: requests, by every dimension": lambda: measure(["RequestsPerMinute"], EVERY),
        "metrics: P95, by deployment": lambda: measure(["RequestLatency_P95"], "deployment eq '*'"),
        f"logs: a gate's query over {min(total, MOST_LOGS)} rows": lambda: logs.query_workspace(
            options.workspace, GATE, timespan=(start, min(some, end))
        ),
    }.items():
        print(f"{name}: {timed(options.turns, work):.0f} ms")
    return 0


def load(endpoint: str, start: datetime, rate: int, numbers: range) -> None:
    """Load requests of an endpoint, some of a sequence that begins at a time."""
    token = (Path(os.environ["LOCALAZURE_HOME"]) / "control.token").read_text().strip()
    given: list[Any] = [start.replace(tzinfo=None), rate, endpoint, numbers.start, numbers.stop]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "rows.parquet"
        duckdb.execute(f"COPY ({ROWS}) TO '{path}'", given)
        answer = requests.post(
            f"{os.environ['AZURE_METRICS_ENDPOINT']}/_local/rows",
            data=path.read_bytes(),
            headers={
                "Authorization": f"Bearer {token}",
                "Content-Type": "application/vnd.apache.parquet",
            },
            timeout=600,
        )
    if not answer.ok:
        raise SystemExit(answer.text)


def timed(turns: int, work: Callable[[], object]) -> float:
    """The median of some turns in milliseconds; the first isn't counted."""
    took: list[float] = []
    for _ in range(turns + 1):
        began = time.perf_counter()
        work()
        took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took[1:])


if __name__ == "__main__":
    sys.exit(main())
