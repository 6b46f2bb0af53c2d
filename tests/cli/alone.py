"""An endpoint with a past, on a local Azure, for checks that stand alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rollout import cli
from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    import pytest

    from tests.localazure.local import Arm

TRAFFIC = "AmlOnlineEndpointTrafficLog"
MINUTES = 8


@dataclass(frozen=True)
class Past:
    """An endpoint where green answered each of the last minutes; some are 5xx, and one is slow."""

    arm: Arm
    endpoint: str
    end: datetime
    """The end of the last minute with requests."""
    customer_id: str

    def check(self, capsys: pytest.CaptureFixture[str], *words: str, metric: str = "") -> tuple[int, Any]:
        """Run a check, and return its exit code and what it printed as JSON."""
        where = ["--resource-id", self.endpoint, "--metric", metric] if metric else []
        code = cli.main(["check", *where, "--json", *words])
        return code, json.loads(capsys.readouterr().out)

    def at(self, minutes: float) -> str:
        """Return an instant that long before the end."""
        return (self.end - timedelta(minutes=minutes)).isoformat()


def make(arm: Arm) -> Past:
    """Make one: 10 requests a minute to green, 100 ms each; a 500 three minutes before the end, 2 s each."""
    workspace = make_workspace(arm)
    name = unique("credit-")
    workspace.endpoint(name)
    workspace.deployment(name, "green")
    endpoint = f"{workspace.id}/onlineEndpoints/{name}"
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    made = arm.ok("PUT", logs, {"location": "eastus", "properties": {}})
    sent = {"workspaceId": logs, "logs": [{"category": TRAFFIC, "enabled": True}]}
    arm.ok("PUT", f"{endpoint}/providers/Microsoft.Insights/diagnosticSettings/rollout", {"properties": sent})
    arm.control("POST", "clock", {"rate": 1e-6})  # so that the newest minutes stay the newest
    end = datetime.fromisoformat(arm.control("GET", "clock")["now"]).replace(second=0, microsecond=0)
    row = {"EndpointId": endpoint, "EndpointName": name, "DeploymentName": "green", "TotalDurationMs": 100.0}
    rows = [
        row | {"TimeGenerated": (end - timedelta(minutes=n) + timedelta(seconds=5)).isoformat(), "count": 10}
        for n in range(1, MINUTES + 1)
    ]
    failed = {"ResponseCode": 500, "TotalDurationMs": 2000.0, "count": 2}
    rows.append(
        row | failed | {"TimeGenerated": (end - timedelta(minutes=3) + timedelta(seconds=9)).isoformat()}
    )
    arm.control("POST", "rows", {"rows": rows})
    arm.control("POST", "clock", {"advance": 180})
    return Past(arm, endpoint, end, str(made["properties"]["customerId"]))
