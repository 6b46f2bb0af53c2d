"""The traces of Application Insights: sent as its exporters send them, read by azure-monitor-query."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError
from azure.monitor.query import LogsQueryResult

from tests.localazure.logged import client
from tests.localazure.resources import unique

if TYPE_CHECKING:
    import requests

    from tests.localazure.logged import Logged


@dataclass
class Watched:
    """An Application Insights resource that keeps its data in a Log Analytics workspace."""

    logged: Logged
    id: str
    key: str

    def track(self, *items: Any) -> requests.Response:
        arm = self.logged.arm
        headers: dict[str, Any] = {"Authorization": None}
        return arm.http.post(f"{arm.settings.base_url}/v2.1/track", json=items, headers=headers)

    def message(self, text: str, severity: Any = "Information", **properties: str) -> dict[str, Any]:
        return {
            "ver": 1,
            "name": "Microsoft.ApplicationInsights.Message",
            "time": datetime.now(UTC).isoformat().replace("+00:00", "Z"),
            "iKey": self.key,
            "tags": {
                "ai.cloud.role": "blue",
                "ai.cloud.roleInstance": "one",
                "ai.operation.id": "0af7651916cd43dd8448eb211c80319c",
                "ai.internal.sdkVersion": "py3",
            },
            "data": {
                "baseType": "MessageData",
                "baseData": {"message": text, "severityLevel": severity, "properties": properties},
            },
        }

    def rows(self, query: str, **more: Any) -> list[list[Any]]:
        found = client(self.logged.arm).query_resource(self.id, query, timespan=None, **more)
        assert isinstance(found, LogsQueryResult), found
        return [list(row) for row in found.tables[0].rows]


@pytest.fixture
def watched(logged: Logged) -> Watched:
    path = f"{logged.workspace.group}/providers/Microsoft.Insights/components/{unique('appi-')}"
    properties = {"Application_Type": "web", "WorkspaceResourceId": logged.logs}
    body = {"location": "eastus", "kind": "web", "properties": properties}
    made = logged.arm.ok("PUT", path, body)["properties"]
    assert made["IngestionMode"] == "LogAnalytics"
    return Watched(logged, path, made["InstrumentationKey"])


def test_traces_of_the_resource_and_of_its_workspace(watched: Watched):
    sent = watched.track(
        watched.message("scored", **{"Request Id": "r1", "rows": "3"}), watched.message("slow", "Warning")
    )
    assert (sent.status_code, sent.json()["itemsAccepted"]) == (200, 2)
    watched.logged.later()
    by_request = 'traces | where customDimensions["Request Id"] == "r1" | project message, severityLevel'
    assert watched.rows(by_request) == [["scored", 1]]
    counted = "traces | summarize Count = count() by cloud_RoleName, cloud_RoleInstance, itemType"
    assert watched.rows(counted) == [["blue", "one", "trace", 2]]
    number = "traces | where isnotempty(customDimensions.rows) | project toint(customDimensions.rows)"
    assert watched.rows(number) == [[3]]
    assert watched.rows("traces | where timestamp > ago(10m) and severityLevel >= 2 | count") == [[1]]

    of_workspace = (
        "AppTraces | project Message, SeverityLevel, tostring(Properties.rows), AppRoleName "
        "| order by Message asc"
    )
    assert watched.logged.rows(of_workspace) == [["scored", 1, "3", "blue"], ["slow", 2, "", "blue"]]
    whose = "AppTraces | distinct _ResourceId, Type, IKey"
    assert watched.logged.rows(whose) == [[watched.id.lower(), "AppTraces", watched.key]]
    assert watched.rows("AppTraces | count") == [[2]]
    with pytest.raises(HttpResponseError, match="'traces'"):
        watched.logged.rows("traces | count")


def test_rules_see_traces(watched: Watched):
    group = watched.logged.workspace.group

    def rule(scope: str, query: str) -> int:
        condition = {"query": query, "timeAggregation": "Count", "operator": "GreaterThan", "threshold": 0}
        properties = {
            "severity": 2,
            "scopes": [scope],
            "evaluationFrequency": "PT5M",
            "windowSize": "PT5M",
            "criteria": {"allOf": [condition]},
        }
        body = {"location": "eastus", "properties": properties}
        where = f"{group}/providers/Microsoft.Insights/scheduledQueryRules/{unique('rule-')}"
        return watched.logged.arm.ask("PUT", where, body).status_code

    assert rule(watched.logged.logs, "AppTraces | where Message has 'slow'") == 201
    assert rule(watched.id, "traces | where message has 'slow'") == 201
    assert rule(watched.logged.logs, "traces | where message has 'slow'") == 400


def test_traces_have_a_delay_and_a_timespan(watched: Watched):
    watched.track(watched.message("scored"))
    assert watched.rows("traces | count") == [[0]]
    watched.logged.later(300)
    assert watched.rows("traces | count") == [[1]]
    now = watched.logged.now()
    late = client(watched.logged.arm).query_resource(
        watched.id,
        "traces | count",
        timespan=(now.replace(year=now.year + 1), now.replace(year=now.year + 2)),
    )
    assert isinstance(late, LogsQueryResult)
    assert list(late.tables[0].rows[0]) == [0]


def test_a_key_of_nobodys_is_refused(watched: Watched):
    foreign = watched.message("x") | {"iKey": "00000000-0000-4000-8000-000000000000"}
    sent = watched.track(watched.message("mine"), foreign)
    assert (sent.status_code, sent.json()["itemsAccepted"]) == (206, 1)
    assert sent.json()["errors"] == [
        {"index": 1, "statusCode": 400, "message": "Invalid instrumentation key"}
    ]
    assert watched.track(foreign).status_code == 400
    arm = watched.logged.arm
    assert arm.http.post(f"{arm.settings.base_url}/v2.1/track", data=b"{x").status_code == 400
    watched.logged.later()
    assert watched.rows("traces | project message") == [["mine"]]
