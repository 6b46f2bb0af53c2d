"""A stack whose rollout is at its first stage, on a local Azure, as a `pulumi up` would leave it."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from rollout import cli
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.record import Record
from tests.localazure.resources import ENDPOINT, make_workspace, unique

if TYPE_CHECKING:
    import pytest

    from tests.localazure.local import Arm

TRAFFIC = "AmlOnlineEndpointTrafficLog"
STACK = "organization/rollout/try"
MINUTES = 30
CONFIG: dict[str, Any] = {
    "azure-native:location": "eastus",
    "rollout:environment": "azureml:tiny:1",
    "rollout:model": "azureml:tiny:2",
    "rollout:code": "serving",
    "rollout:scoringScript": "score.py",
    "rollout:probe": {"file": "sample.json"},
    "rollout:settle": "1m",
    "rollout:lag": "2m",
    "rollout:stages": [
        {"traffic": 10, "bake": "15m"},
        {"traffic": 50, "bake": "15m"},
        {"traffic": 100, "bake": "1h"},
    ],
    "rollout:gates": [{"name": "errors-vs-prod", "compare": "prod", "measure": "errors"}],
}


@dataclass
class Climbing:
    """A stack in a folder, its endpoint, and what its deployments answer."""

    arm: Arm
    folder: Path
    endpoint: str
    begin: datetime
    record: Record = field(default_factory=Record)

    def run(self, capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
        """Run a command on the stack; its exit code and what it said."""
        code = cli.main([words[0], "--cwd", str(self.folder), "--stack", STACK, *words[1:]])
        return code, *capsys.readouterr()

    def tags(self) -> dict[str, str]:
        """Return the stack's tags."""
        return json.loads(self.pulumi("stack", "tag", "ls", "--json", "--stack", STACK))

    def kept(self) -> dict[str, bytes]:
        """Return all files of the backend: the same where nothing was written."""
        backend = Path(self.arm.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        return {str(file): file.read_bytes() for file in backend.rglob("*") if file.is_file()}

    def pulumi(self, *words: str) -> str:
        env = os.environ | self.arm.env
        done = subprocess.run(
            ["pulumi", *words], cwd=self.folder, env=env, capture_output=True, text=True, check=True
        )
        return done.stdout

    def configure(self, **changes: Any) -> None:
        """Set keys in the stack's file."""
        file = self.folder / "Pulumi.try.yaml"
        config = yaml.safe_load(file.read_text())["config"]
        file.write_text(yaml.safe_dump({"config": config | changes}))

    def write(self, **changes: Any) -> None:
        """Change the record in the endpoint's tags, and the traffic with it."""
        self.record = replace(self.record, **changes)
        self.share(**self.record.traffic)

    def share(self, **traffic: int) -> None:
        """Change the traffic as somebody at a portal does."""
        body = {"tags": self.record.tags(), "properties": {"authMode": "Key", "traffic": traffic}}
        self.arm.done("PUT", self.endpoint, ENDPOINT | body)

    def answered(self, deployment: str, per_minute: int, failed: int = 0, minutes: int = MINUTES) -> None:
        """Have a deployment answer so many requests in each minute, some of them with a 500."""
        row = {
            "EndpointId": self.endpoint,
            "EndpointName": self.endpoint.rpartition("/")[2],
            "DeploymentName": deployment,
            "TotalDurationMs": 40.0,
        }
        rows: list[dict[str, Any]] = []
        for minute in range(minutes):
            at = {"TimeGenerated": (self.begin + timedelta(minutes=minute, seconds=7)).isoformat()}
            rows.append(row | at | {"count": per_minute - failed})
            if failed:
                rows.append(row | at | {"count": failed, "ResponseCode": 500})
        self.arm.control("POST", "rows", {"rows": rows})


def make(arm: Arm, folder: Path) -> Climbing:
    """Make a stack at its first stage, half an hour in; nobody has answered anything yet."""
    workspace = make_workspace(arm)
    name = unique("credit-")
    endpoint = f"{workspace.id}/onlineEndpoints/{name}"
    workspace.endpoint(name)
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    arm.ok("PUT", logs, {"location": "eastus", "properties": {}})
    sent = {"workspaceId": logs, "logs": [{"category": TRAFFIC, "enabled": True}]}
    arm.ok("PUT", f"{endpoint}/providers/Microsoft.Insights/diagnosticSettings/rollout", {"properties": sent})
    (folder / "serving").mkdir(parents=True)
    (folder / "serving" / "score.py").write_text("def init(): ...\ndef run(data): return data\n")
    (folder / "sample.json").write_text("{}")
    (folder / "Pulumi.yaml").write_text("name: rollout\nruntime: python\n")
    config = CONFIG | {
        "rollout:resourceGroup": workspace.group.rpartition("/")[2],
        "rollout:workspace": workspace.id.rpartition("/")[2],
        "rollout:endpoint": name,
    }
    (folder / "Pulumi.try.yaml").write_text(yaml.safe_dump({"config": config}))
    begin = datetime.fromisoformat(arm.control("GET", "clock")["now"]).replace(second=0, microsecond=0)
    stack = Climbing(arm, folder, endpoint, begin)
    stack.pulumi("stack", "init", STACK)
    arm.control("POST", "clock", {"advance": 60 * MINUTES + 180})
    return stack


def begun(stack: Climbing, release: str) -> None:
    """Put the deployments and the record where an advance to 10 % leaves them."""
    body = {
        "location": "eastus",
        "sku": {"name": "Default", "capacity": 1},
        "properties": {
            "endpointComputeType": "Managed",
            "environmentId": f"{stack.endpoint.partition('/onlineEndpoints')[0]}/environments/e/versions/1",
            "instanceType": "Standard_DS3_v2",
        },
    }
    for slot, each in (("blue", "tiny:1-00000000"), ("green", release)):
        stack.arm.done(
            "PUT", f"{stack.endpoint}/deployments/{slot}", body | {"tags": {"ROLLOUT_RELEASE": each}}
        )
    stack.write(
        prod="blue",
        candidate="green",
        prod_release="tiny:1-00000000",
        release=release,
        stage=10,
        since=stack.begin - timedelta(minutes=1),
        traffic={"blue": 90, "green": 10},
        baseline=Baseline(Tier.LOGS, 5000, 0.01, (30.0, 60.0, 90.0), stages=2, gates=1),
    )
