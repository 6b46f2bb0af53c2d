"""Log Analytics as its own client asks it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsBatchQuery, LogsQueryError, LogsQueryResult

from tests.localazure.logged import TRAFFIC, Credential, Logged, client
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


def test_what_a_gate_asks(logged: Logged):
    logged.send()
    at = logged.now().replace(second=0, microsecond=0) - timedelta(minutes=10)
    for deployment, code, took, count in (
        ("blue", 200, 100.4, 90),
        ("blue", 500, 900, 2),
        ("green", 200, 120, 10),
        ("green", 424, 10, 1),
    ):
        logged.row(
            DeploymentName=deployment,
            ResponseCode=code,
            TotalDurationMs=took,
            RequestThrottlingDelayMs=20,
            TimeGenerated=at.isoformat(),
            count=count,
        )
    found = client(logged.arm).query_workspace(
        logged.customer_id,
        f"""
        {TRAFFIC}
        | where _ResourceId == '{logged.endpoint.lower()}'
        | extend k = iff(DeploymentName == 'green', 1.1, 1.0),
                 ms = TotalDurationMs - RequestThrottlingDelayMs - ResponseThrottlingDelayMs,
                 ok = toint(ResponseCode) >= 200 and toint(ResponseCode) < 300
        | summarize n = count(), e = countif(not(ok)), x95 = countif(ok and ms > 80.0 * k)
            by bin(TimeGenerated, 1m), DeploymentName
        | order by DeploymentName asc
        """,
        timespan=(at - timedelta(hours=1), at + timedelta(hours=1)),
    )
    assert isinstance(found, LogsQueryResult)
    (table,) = found.tables
    assert table.columns == ["TimeGenerated", "DeploymentName", "n", "e", "x95"]
    assert table.columns_types == ["datetime", "string", "long", "long", "long"]
    assert [list(row) for row in table.rows] == [
        [at, "blue", 92, 2, 0],
        [at, "green", 11, 1, 10],
    ]


def test_the_columns_are_microsofts(logged: Logged):
    logged.send()
    logged.row(ResponseCode=503, ModelStatusCode=None, TotalDurationMs=12.6, UserAgent="me/1")
    logged.later()
    found = client(logged.arm).query_workspace(logged.customer_id, TRAFFIC, timespan=timedelta(hours=1))
    assert isinstance(found, LogsQueryResult)
    (table,) = found.tables
    types = dict(zip(table.columns, table.columns_types, strict=True))
    assert {types[name] for name in ("ResponseCode", "ModelStatusCode", "TotalDurationMs")} == {"int"}
    assert (types["TimeGenerated"], types["_BilledSize"]) == ("datetime", "real")
    assert len(types) == 33
    row = dict(zip(table.columns, table.rows[0], strict=True))
    assert row["_ResourceId"] == logged.endpoint.lower()
    assert row["TenantId"] == logged.customer_id
    assert row["Type"] == TRAFFIC
    assert row["AzureMLWorkspaceName"] == logged.workspace.id.rsplit("/", 1)[1]
    assert (row["ResponseCode"], row["ModelStatusCode"], row["TotalDurationMs"]) == (503, None, 13)


def test_rows_are_where_a_setting_sent_them_while_it_did(logged: Logged):
    logged.row(Path="/before")
    logged.send()
    logged.row(Path="/during")
    logged.later(1)
    setting = f"{logged.endpoint}/providers/Microsoft.Insights/diagnosticSettings/to-logs"
    logged.arm.ok("DELETE", setting)
    logged.row(Path="/after")
    logged.later()
    assert logged.rows(f"{TRAFFIC} | project Path") == [["/during"]]


def test_a_row_shows_after_the_delay(logged: Logged):
    logged.send()
    logged.row()
    assert logged.rows(f"{TRAFFIC} | count") == [[0]]
    logged.later()
    assert logged.rows(f"{TRAFFIC} | count") == [[1]]


def test_a_workspace_has_its_own_rows_only(logged: Logged, workspace: Workspace):
    other = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    theirs = logged.arm.ok("PUT", other, {"location": "eastus", "properties": {}})["properties"]["customerId"]
    logged.send()
    logged.row()
    logged.later()
    asked = client(logged.arm).query_workspace(theirs, f"{TRAFFIC} | count", timespan=None)
    assert isinstance(asked, LogsQueryResult)
    assert asked.tables[0].rows[0][0] == 0
    both = client(logged.arm).query_workspace(
        theirs, f"{TRAFFIC} | count", timespan=None, additional_workspaces=[logged.customer_id]
    )
    assert isinstance(both, LogsQueryResult)
    assert both.tables[0].rows[0][0] == 1


def test_a_category_that_isnt_sent_is_an_empty_table(logged: Logged):
    logged.send("AmlOnlineEndpointConsoleLog")
    logged.row()
    logged.later()
    assert logged.rows(TRAFFIC) == []


def test_a_setting_with_a_category_that_isnt_is_refused(logged: Logged):
    with pytest.raises(AssertionError, match="Category 'Traffic' is not supported"):
        logged.send("Traffic")


def test_two_settings_cant_send_one_category_to_one_workspace(logged: Logged):
    logged.send()
    with pytest.raises(AssertionError, match=r"409.*already used in diagnostic setting 'to-logs'"):
        logged.send(name="again")
    logged.send("AmlOnlineEndpointEventLog", name="again")


@pytest.mark.parametrize(
    ("timespan", "seen"),
    [
        (timedelta(minutes=30), 1),
        (timedelta(hours=3), 2),
        (None, 2),
        ((timedelta(hours=-3), timedelta(minutes=90)), 1),
    ],
)
def test_the_timespan_bounds_time_generated(logged: Logged, timespan: Any, seen: int):
    logged.send()
    now = logged.now()
    for minutes in (10, 120):
        logged.row(TimeGenerated=(now - timedelta(minutes=minutes)).isoformat())
    if isinstance(timespan, tuple):
        timespan = (now + timespan[0], timespan[1])
    assert logged.rows(f"{TRAFFIC} | count", timespan) == [[seen]]


def test_now_is_the_local_clocks(logged: Logged):
    before = logged.now()
    assert before <= logged.rows("print now()")[0][0] <= logged.now()


def test_the_resource_form(logged: Logged):
    logged.send()
    logged.row()
    logged.later()
    for resource in (logged.endpoint, logged.workspace.id, logged.logs):
        found = client(logged.arm).query_resource(resource, f"{TRAFFIC} | count", timespan=None)
        assert isinstance(found, LogsQueryResult)
        assert found.tables[0].rows[0][0] == 1
    with pytest.raises(HttpResponseError, match="ResourceNotFoundError"):
        client(logged.arm).query_resource(logged.endpoint + "x", TRAFFIC, timespan=None)


def test_the_get_form(logged: Logged):
    path = f"/v1/workspaces/{logged.customer_id}/query"
    found = logged.arm.ok("GET", path, params={"query": "print x = 1", "timespan": "PT1H"})
    assert found == {
        "tables": [
            {"name": "PrimaryResult", "columns": [{"name": "x", "type": "long"}], "rows": [[1]]},
        ]
    }


def test_a_batch(logged: Logged):
    asked = [
        LogsBatchQuery(logged.customer_id, "print 1", timespan=None),
        LogsBatchQuery(logged.customer_id, "nope", timespan=None),
    ]
    good, bad = client(logged.arm).query_batch(asked)
    assert isinstance(good, LogsQueryResult)
    assert isinstance(bad, LogsQueryError)
    assert bad.code == "BadArgumentError"


def test_statistics_and_a_picture(logged: Logged):
    found = client(logged.arm).query_workspace(
        logged.customer_id,
        "print 1 | render barchart",
        timespan=None,
        server_timeout=30,
        include_statistics=True,
        include_visualization=True,
    )
    assert isinstance(found, LogsQueryResult)
    assert found.statistics["query"]["executionTime"] > 0
    assert found.visualization == {"visualization": "barchart"}


@pytest.mark.parametrize(
    ("query", "code", "says"),
    [
        (f"{TRAFFIC} | where", "SyntaxError", "could not be parsed at line"),
        ("", "SyntaxError", "empty"),
        (".show tables", "SyntaxError", "management command"),
        ("// hello\n .drop table x", "SyntaxError", "management command"),
        ("Requests | count", "SemanticError", "named 'Requests'"),
        ("['/etc/passwd']", "SemanticError", "named '/etc/passwd'"),
        ("information_schema.tables", "SemanticError", "named"),
        ('database("rows").Requests', "SemanticError", "named 'rows.Requests'"),
        (f"union {TRAFFIC}, (Requests)", "SemanticError", "named 'Requests'"),
        (f"{TRAFFIC} | where Nope == 1", "SemanticError", "named 'Nope'"),
        (f"{TRAFFIC} | where responsecode == 1", "SemanticError", "named 'responsecode'"),
        (f"{TRAFFIC} | where frobnicate(1)", "SemanticError", "'frobnicate'"),
        ('externaldata(a:string)["https://example.org/x"]', "SemanticError", "ExternalData"),
        (f"{TRAFFIC} | top-nested 2 of Path by count()", "SemanticError", "TopNested"),
    ],
)
def test_what_isnt_kql_or_isnt_there(logged: Logged, query: str, code: str, says: str):
    with pytest.raises(HttpResponseError) as caught:
        client(logged.arm).query_workspace(logged.customer_id, query, timespan=None)
    assert caught.value.status_code == 400
    error = caught.value.response.json()["error"]
    assert error["code"] == "BadArgumentError"
    assert error["innererror"]["code"] == code
    assert says in error["innererror"]["innererror"]["message"]


def test_a_workspace_that_isnt_there(arm: Arm):
    with pytest.raises(HttpResponseError, match="WorkspaceNotFoundError") as caught:
        client(arm).query_workspace("00000000-0000-4000-8000-00000000dead", "print 1", timespan=None)
    assert caught.value.status_code == 404


def test_without_a_token(logged: Logged):
    answer = logged.arm.http.post(
        f"{logged.arm.settings.base_url}/v1/workspaces/{logged.customer_id}/query",
        json={"query": "print 1"},
        headers={"Authorization": ""},
    )
    assert answer.status_code == 401


def test_the_audience_may_be_given(arm: Arm, logged: Logged):
    credential = Credential(arm)
    asked = client(arm, credential, audience="https://api.loganalytics.io")
    asked.query_workspace(logged.customer_id, "print 1", timespan=None)
    assert credential.scopes == ["https://api.loganalytics.io/.default"]


def test_the_request_log_counts_queries(logged: Logged):
    since = max(one["number"] for one in logged.arm.control("GET", "requests")["value"])
    logged.rows("print 1")
    logged.rows("print 2")
    seen = logged.arm.control("GET", "requests", since=since)["value"]
    assert [one["path"] for one in seen if one["path"].startswith("/v1/")] == [
        f"/v1/workspaces/{logged.customer_id}/query"
    ] * 2


@pytest.mark.parametrize(("status", "code"), [(403, "InsufficientAccessError"), (429, "TooManyRequests")])
def test_faults_reach_it(logged: Logged, status: int, code: str):
    logged.arm.control("POST", "faults", {"match": {"path": "/v1/"}, "status": status, "times": 1})
    with pytest.raises(HttpResponseError, match=code) as caught:
        logged.rows("print 1")
    assert caught.value.status_code == status
    assert logged.rows("print 1") == [[1]]


def test_time_of_a_row_is_utc(logged: Logged):
    logged.send()
    logged.row(TimeGenerated=datetime(2026, 1, 2, 3, 4, 5, 678900, UTC).isoformat())
    assert logged.rows(f"{TRAFFIC} | project TimeGenerated") == [[datetime(2026, 1, 2, 3, 4, 5, 678900, UTC)]]
