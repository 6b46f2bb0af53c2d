"""One stack's rollout, told as given, when, then."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.local import LocalAzure
    from tests.engine.project import Project, Run

READS = ("/oauth2/", "metrics:getBatch", "/_local/")
MEASURES = ("metrics:getBatch", "/providers/microsoft.insights/metrics", "/query")


@dataclass
class Rollout:
    """A stack and the Azure it rolls out to."""

    azure: LocalAzure
    project: Project

    @property
    def workspace_id(self) -> str:
        """The ARM id of the workspace that the stack began with."""
        config = CONFIG | self.project.config
        subscription = config.get("azure-native:subscriptionId") or self.azure.env["AZURE_SUBSCRIPTION_ID"]
        return (
            f"/subscriptions/{subscription}/resourceGroups/{config['rollout:resourceGroup']}"
            f"/providers/Microsoft.MachineLearningServices/workspaces/{config['rollout:workspace']}"
        )

    @property
    def endpoint_id(self) -> str:
        """The endpoint's ARM id."""
        return f"{self.workspace_id}/onlineEndpoints/{self.project.endpoint}"

    def endpoint(self) -> dict[str, Any]:
        """Return the live endpoint."""
        return self.azure.arm("GET", self.endpoint_id)

    def traffic(self) -> dict[str, int]:
        """Return the live traffic map, without zeros."""
        shares = self.endpoint()["properties"]["traffic"]
        return {name: share for name, share in shares.items() if share}

    def mirror(self) -> dict[str, int]:
        """Return who gets copies of the live traffic, without zeros."""
        shares = self.endpoint()["properties"].get("mirrorTraffic") or {}
        return {name: share for name, share in shares.items() if share}

    def edit(self, traffic: dict[str, int]) -> None:
        """Change the traffic as somebody at a portal does, and wait until that is done."""
        endpoint = self.endpoint()
        endpoint["properties"]["traffic"] = traffic
        self.put(endpoint)

    def put(self, endpoint: dict[str, Any]) -> None:
        """Write the endpoint as somebody at a portal does, and wait until that is done."""
        self.azure.arm("PUT", self.endpoint_id, endpoint)
        while self.endpoint()["properties"]["provisioningState"] != "Succeeded":
            time.sleep(0.1)

    def deployments(self) -> dict[str, str]:
        """Return the release of each live deployment."""
        listed = self.azure.arm("GET", f"{self.endpoint_id}/deployments")["value"]
        return {each["name"]: each["tags"]["ROLLOUT_RELEASE"] for each in listed}

    def up(self, *arguments: str, code: int = 0) -> Run:
        """Run `pulumi up`, which must end with that code."""
        run = self.project.up(*arguments, check=False)
        assert run.code == code, run.out
        return run

    def say(self, *words: str, code: int = 0) -> str:
        """Run a `rollout` command, which must end with that code; what it printed."""
        done = subprocess.run(
            ["rollout", words[0], "--stack", self.project.stack, *words[1:]],
            cwd=self.project.folder,
            env=self.project.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return done.stdout

    def history(self) -> list[dict[str, Any]]:
        """Return the transitions that the stack's record holds, oldest first."""
        resources = self.project.state()["deployment"]["resources"]
        record = next(each for each in resources if each["urn"].endswith("::record"))
        return record["inputs"]["input"]["history"]

    def gone(self, name: str) -> None:
        """Wait until a deployment that is being deleted is gone."""
        while self.azure.arm("GET", f"{self.endpoint_id}/deployments/{name}") is not None:
            time.sleep(0.1)

    def settled(self, name: str) -> None:
        """Wait until Azure has finished with a deployment."""
        path = f"{self.endpoint_id}/deployments/{name}"
        while self.azure.arm("GET", path)["properties"]["provisioningState"] != "Succeeded":
            time.sleep(0.1)

    def healthy(self) -> None:
        """Bring the first release out: two `up`s."""
        assert [self.up().step, self.up().step] == ["start", "promote"]

    def serve(
        self,
        *,
        minutes: int = 14,
        errors: dict[str, int] | None = None,
        ms: float = 9.0,
        per_minute: int = 100,
    ) -> None:
        """Let so many minutes pass in which every deployment with live or mirrored traffic answers.

        `errors` are the 424s of a deployment in each minute; `ms` is how long an answer takes; `per_minute`
        are the endpoint's good answers in each minute.
        """
        start, shares = self.azure.now(), self.traffic() | self.mirror()
        self.azure.advance(minutes=minutes)
        rows = []
        for minute in range(minutes):
            at = (start + timedelta(minutes=minute, seconds=1)).isoformat()
            for name, share in shares.items():
                row = {
                    "EndpointId": self.endpoint_id,
                    "EndpointName": self.project.endpoint,
                    "DeploymentName": name,
                    "TimeGenerated": at,
                    "TotalDurationMs": ms,
                }
                rows.append({**row, "count": share * per_minute // 100})
                if errors and errors.get(name):
                    bad = {"ResponseCode": 424, "ModelStatusCode": 500, "count": errors[name]}
                    rows.append({**row, **bad})
        self.azure.control("POST", "rows", rows)

    def killed_at(self, ending: str) -> None:
        """Run `pulumi up`, and `kill -9` it once Azure has a PUT of that path; Azure does it."""
        fault = {"match": {"method": "PUT", "path": f".*{ending}"}, "times": 1, "delay": 3, "when": "after"}
        self.azure.control("POST", "faults", fault)
        since = self.azure.mark()
        self.killed_once(lambda: self.asked(since, ending))
        time.sleep(3)

    def killed_once(self, reached: Callable[[], bool]) -> None:
        """Run `pulumi up`, `kill -9` it once the condition holds, and clear the lock."""
        running = self.project.start("up", "--yes", "--skip-preview", "--non-interactive")
        try:
            deadline = time.monotonic() + 120
            while not reached():
                assert running.poll() is None, running.communicate()[0]
                assert time.monotonic() < deadline
                time.sleep(0.05)
        finally:
            running.kill()
            running.wait()
        self.project.pulumi("cancel", "--yes", check=True)

    def asked(self, since: int, ending: str) -> bool:
        """Return whether Azure has got a PUT of a path with that ending since then."""
        return any(
            entry["method"] == "PUT" and entry["path"].split("?")[0].endswith(ending)
            for entry in self.azure.requests(since)
        )

    def writes(self, since: int) -> list[str]:
        """Return what was asked of Azure since then, apart from reads, tokens and metric queries."""
        return [
            f"{entry['method']} {entry['path']}"
            for entry in self.azure.requests(since)
            if entry["method"] != "GET" and not any(read in entry["path"] for read in READS)
        ]

    def measured(self, since: int) -> list[str]:
        """Return the paths by which metrics and logs were queried since then."""
        paths = [entry["path"].split("?")[0] for entry in self.azure.requests(since)]
        return [path for path in paths if any(each.lower() in path.lower() for each in MEASURES)]

    def puts(self, since: int) -> list[dict[str, Any]]:
        """Return the bodies of the endpoint's PUTs from that request on."""
        return [
            entry["body"]
            for entry in self.azure.requests(since)
            if entry["method"] == "PUT" and entry["path"].split("?")[0].lower() == self.endpoint_id.lower()
        ]
