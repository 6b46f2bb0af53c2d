"""Rows from files, and what goes wrong with logs on purpose."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import duckdb
import pytest

from localazure.server import control_token
from tests.localazure.logged import TRAFFIC, Logged

if TYPE_CHECKING:
    from pathlib import Path

    import requests


def csv_of(logged: Logged, **columns: str) -> str:
    fields = {
        "TimeGenerated": (logged.now() - timedelta(minutes=5)).isoformat(),
        "EndpointId": logged.endpoint,
        "EndpointName": "ep",
        "DeploymentName": "green",
    } | columns
    lines = [",".join(fields.values())] * 1000
    return "\n".join([",".join(fields), *lines]) + "\n"


def load(logged: Logged, content: bytes | str, kind: str) -> requests.Response:
    token = control_token(logged.arm.settings.home)
    return logged.arm.http.post(
        f"{logged.arm.settings.base_url}/_local/rows",
        data=content,
        headers={"Authorization": f"Bearer {token}", "Content-Type": kind},
        timeout=60,
    )


def test_rows_from_a_file(logged: Logged, tmp_path: Path):
    logged.send()
    assert load(logged, csv_of(logged, ResponseCode="503"), "text/csv").json() == {"added": 1000}
    at = logged.now().replace(tzinfo=None) - timedelta(minutes=3)
    rows = duckdb.sql(
        "SELECT ? AS TimeGenerated, ? AS EndpointId, 'ep' AS EndpointName, 'blue' AS DeploymentName,"
        " i AS TotalDurationMs FROM range(1, 5001) t(i)",
        params=[at, logged.endpoint],
    )
    rows.write_parquet(str(tmp_path / "x.parquet"))
    parquet = (tmp_path / "x.parquet").read_bytes()
    assert load(logged, parquet, "application/vnd.apache.parquet").json() == {"added": 5000}
    assert logged.rows(
        f"{TRAFFIC} | summarize n = count(), max(TotalDurationMs), max(ResponseCode) by DeploymentName"
        " | sort by n"
    ) == [["blue", 5000, 5000, 200], ["green", 1000, 0, 503]]
    metrics = logged.arm.ok(
        "GET",
        f"{logged.endpoint}/providers/Microsoft.Insights/metrics",
        params={"metricnames": "RequestsPerMinute", "aggregation": "Total", "interval": "FULL"},
    )
    assert metrics["value"][0]["timeseries"][0]["data"][0]["total"] == 6000


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"Colour": "red"}, "unknown column Colour"),
        ({"ResponseCode": "fine"}, "Could not convert string"),
        ({"TimeGenerated": "yesterday"}, "yesterday"),
    ],
)
def test_a_wrong_file_leaves_nothing(logged: Logged, more: dict[str, str], says: str):
    logged.send()
    answer = load(logged, csv_of(logged, **more), "text/csv")
    assert answer.status_code == 400
    assert says in answer.json()["error"]["message"]
    assert load(logged, "no parquet", "application/vnd.apache.parquet").status_code == 400
    logged.later()
    assert logged.rows(f"{TRAFFIC} | count") == [[0]]
    assert list((logged.arm.settings.home / "uploads").iterdir()) == []


def test_logs_that_come_late_or_never(logged: Logged):
    logged.send()
    start = logged.now()
    logged.row()
    logged.row(DeploymentName="green")
    logged.later(100)
    gap = {"of": "logs", "from": start.isoformat(), "deployment": "green"}
    logged.arm.control("POST", "faults", [{"data": gap}])
    assert logged.rows(f"{TRAFFIC} | project DeploymentName") == [["blue"]]
    logged.arm.control("POST", "faults", {"data": {"of": "metrics", "delay": 900}})
    assert logged.rows(f"{TRAFFIC} | count") == [[1]]
    logged.arm.control("POST", "faults", {"data": {"delay": 600}})
    assert logged.rows(f"{TRAFFIC} | count") == [[0]]
    logged.arm.control("DELETE", "faults")
    assert logged.rows(f"{TRAFFIC} | count") == [[2]]


def test_an_answer_of_another_shape_can_be_ordered(logged: Logged):
    answer = {
        "tables": [{"name": "PrimaryResult", "columns": [{"name": "n", "type": "string"}], "rows": [["x"]]}]
    }
    order = {
        "match": {"path": f"/v1/workspaces/{logged.customer_id}"},
        "status": 200,
        "body": answer,
        "times": 1,
    }
    logged.arm.control("POST", "faults", order)
    assert logged.rows("print 1") == [["x"]]
