"""An endpoint whose logs go to Log Analytics, and the client that reads them there."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from azure.core.credentials import AccessToken
from azure.monitor.query import LogsQueryClient, LogsQueryResult

from localazure.tls import bundle_path
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

TRAFFIC = "AmlOnlineEndpointTrafficLog"


@dataclass(frozen=True)
class Logged:
    """An endpoint whose logs go to a workspace of Log Analytics."""

    workspace: Workspace
    endpoint: str
    logs: str
    customer_id: str

    @property
    def arm(self) -> Arm:
        return self.workspace.arm

    def send(self, *categories: str, name: str = "to-logs", to: str = "") -> None:
        logs = [{"category": each, "enabled": True} for each in categories or (TRAFFIC,)]
        where = f"{self.endpoint}/providers/Microsoft.Insights/diagnosticSettings/{name}"
        self.arm.ok("PUT", where, {"properties": {"workspaceId": to or self.logs, "logs": logs}})

    def row(self, **more: Any) -> None:
        row = {"EndpointId": self.endpoint, "EndpointName": "ep", "DeploymentName": "blue"}
        self.arm.control("POST", "rows", {"rows": [row | more]})

    def later(self, seconds: float = 61) -> None:
        self.arm.control("POST", "clock", {"advance": seconds})

    def now(self) -> datetime:
        return datetime.fromisoformat(self.arm.control("GET", "clock")["now"])

    def rows(self, query: str, timespan: Any = None, **more: Any) -> list[list[Any]]:
        found = client(self.arm).query_workspace(self.customer_id, query, timespan=timespan, **more)
        assert isinstance(found, LogsQueryResult), found
        return [list(row) for row in found.tables[0].rows]


class Credential:
    def __init__(self, arm: Arm) -> None:
        self.arm = arm
        self.scopes: list[str] = []

    def get_token(self, *scopes: str, **_: Any) -> AccessToken:
        self.scopes += scopes
        return AccessToken(self.arm.token(scope=scopes[0]), int(time.time()) + 3600)


def client(arm: Arm, credential: Any = None, **more: Any) -> LogsQueryClient:
    bundle = str(bundle_path(arm.settings.home))
    return LogsQueryClient(
        credential or Credential(arm),
        endpoint=arm.env["AZURE_LOGS_ENDPOINT"],
        connection_verify=bundle,
        retry_total=0,
        **more,
    )


def make_logged(workspace: Workspace) -> Logged:
    name = unique("ep-")
    workspace.endpoint(name)
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    made = workspace.arm.ok("PUT", logs, {"location": "eastus", "properties": {}})
    endpoint = f"{workspace.id}/onlineEndpoints/{name}"
    return Logged(workspace, endpoint, logs, made["properties"]["customerId"])
