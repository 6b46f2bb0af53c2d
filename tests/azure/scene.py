"""An endpoint of a local Azure with traffic on both deployments, and a workspace that gets its log."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localazure.server import control_token
from rollout.azure import cloud
from rollout.azure.arm import Arm
from rollout.azure.credential import default_tokens
from rollout.azure.measuring import baseline, measure
from rollout.azure.observe import look
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.judge import judge
from rollout.core.gates.queries import queries
from rollout.core.judging import BaselineQuestion, Question
from rollout.core.place import Place
from rollout.core.plan import Stage
from rollout.core.window import Window
from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from rollout.azure.observe import Sight
    from rollout.core.comparison.blocks import Baseline, Tier
    from rollout.core.gates.evidence import Unreadable
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.gates.history import Thin
    from rollout.core.gates.judgement import Judgement
    from tests.localazure.local import Arm as Local

MINUTE = timedelta(minutes=1)
WORSE = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
SLOWER = ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.025)
SETTINGS = ComparisonSettings()


@dataclass
class Scene:
    """An endpoint with blue at 90 and green at 10 whose traffic log goes to a workspace."""

    local: Local
    arm: Arm
    place: Place
    logs: str
    region: str = ""
    """The ARM id of the endpoint of that name whose requests `traffic` makes, where it isn't this one."""

    def __post_init__(self) -> None:
        sight = self.sight()
        self.now = sight.now.replace(second=0, microsecond=0)
        self.subject = sight.subject
        assert self.subject is not None

    def sight(self) -> Sight:
        return look(self.arm, self.place)

    def traffic(self, minutes: int, end: datetime, **counts: tuple[int, int]) -> None:
        """Requests to each deployment in each of the minutes before `end`: good ones and bad ones."""
        rows: list[dict[str, object]] = []
        for number in range(1, minutes + 1):
            at = (end - number * MINUTE + timedelta(seconds=20)).isoformat().replace("+00:00", "Z")
            for name, (good, bad) in counts.items():
                each = {
                    "EndpointId": self.region or self.place.endpoint_id,
                    "EndpointName": self.place.endpoint,
                    "DeploymentName": name,
                    "TimeGenerated": at,
                }
                timed = each | {"TotalDurationMs": 130.0, "RequestThrottlingDelayMs": 30.0}
                if good:
                    rows.append(timed | {"count": good})
                if bad:
                    codes: dict[str, Any] = {"ResponseCode": 424, "ModelStatusCode": 500}
                    rows.append(each | codes | {"count": bad})
        self.local.control("POST", "rows", rows)

    def namesake(self) -> Scene:
        """An endpoint that would have this one's name in another region; its log goes to the same workspace.

        The local Azure has one region, so only its requests bear the name.
        """
        workspace = make_workspace(self.local)
        name = unique("credit-")
        workspace.endpoint(name)
        _send_log(self.local, f"{workspace.id}/onlineEndpoints/{name}", self.logs)
        return replace(self, region=f"{workspace.id}/onlineEndpoints/{name}")

    def asked(self, frozen: Baseline, minutes: int = 20) -> Question:
        window = Window(self.now - (minutes + 5) * MINUTE, self.now - 5 * MINUTE)
        return Question("green", Stage(10), window, "blue", frozen)

    def usual(self, tier: Tier) -> Baseline | Thin | Unreadable:
        assert self.subject is not None
        due = BaselineQuestion("blue", self.now - 30 * MINUTE)
        return baseline(self.subject, due, tier, self.arm.cloud, self.arm.tokens, stages=1, gates=2)

    def fault(self, spec: dict[str, Any]) -> None:
        """Order a fault; its body may have what JSON hasn't, such as NaN."""
        answer = self.local.http.post(
            f"{self.local.settings.base_url}/_local/faults",
            data=json.dumps(spec),
            headers={"Authorization": f"Bearer {control_token(self.local.settings.home)}"},
        )
        assert answer.ok, answer.text

    def judged(
        self, gates: tuple[FixedGate | ComparativeGate, ...], asked: Question, tier: Tier | None = None
    ) -> Judgement:
        assert self.subject is not None
        wanted = queries(gates, asked, SETTINGS, tier)
        evidence = measure(wanted, self.subject, self.arm.cloud, self.arm.tokens)
        return judge(gates, SETTINGS, asked, tier, evidence)

    def sent(self, before: int) -> list[str]:
        """What was asked of Monitor and Log Analytics since then."""
        entries = self.local.control("GET", "requests")["value"]
        return [
            entry["path"]
            for entry in entries
            if entry["number"] > before
            and any(part in entry["path"] for part in (":getBatch", "/v1/workspaces"))
        ]

    def number(self) -> int:
        return max(entry["number"] for entry in self.local.control("GET", "requests")["value"])


@contextmanager
def scene_of(local: Local, ahead: int = 0) -> Iterator[Scene]:
    """An endpoint of its own, with blue at 90 and green at 10; found by the environment, as by a user.

    Azure's clock is so many seconds ahead of this machine's.
    """
    if ahead:
        local.control("POST", "clock", {"advance": ahead})
    workspace = make_workspace(local)
    name = unique("credit-")
    workspace.endpoint(name)
    workspace.deployment(name, "blue")
    workspace.deployment(name, "green")
    workspace.endpoint(name, {"blue": 90, "green": 10})
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    local.ok("PUT", logs, {"location": "eastus", "properties": {}})
    _send_log(local, f"{workspace.id}/onlineEndpoints/{name}", logs)
    group, ml = workspace.group.rpartition("/")[2], workspace.id.rpartition("/")[2]
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in local.env.items():
            patch.setenv(variable, value)
        where = cloud.resolve(local.env)
        arm = Arm(where, default_tokens(where), local.settings.subscription)
        yield Scene(local, arm, Place(local.settings.subscription, group, ml, name), logs)


def _send_log(local: Local, endpoint_id: str, logs: str) -> None:
    properties = {"workspaceId": logs, "logs": [{"categoryGroup": "allLogs", "enabled": True}]}
    settings = f"{endpoint_id}/providers/Microsoft.Insights/diagnosticSettings"
    local.ok("PUT", f"{settings}/rollout", {"properties": properties})
