"""Observe: read the live endpoint, its deployments and its workspace, then what the gates ask for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.endpoint import LiveDeployment, LiveEndpoint, read_deployments, read_endpoint
from rollout.azure.metrics import measure
from rollout.azure.workspace import LiveWorkspace, read_workspace
from rollout.core.gates.judge import judge
from rollout.core.gates.queries import queries
from rollout.core.judging import question
from rollout.core.observed import Observed, Published

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.gates.judgement import Judgement
    from rollout.core.place import Place
    from rollout.core.plan import Plan

_MONITOR_API = "2021-05-01-preview"


@dataclass(frozen=True)
class Sight:
    """What ARM shows of one endpoint at one moment."""

    now: datetime
    """Azure's time: the `Date` of the answer that read the endpoint."""
    workspace: LiveWorkspace | None
    endpoint: LiveEndpoint | None
    deployments: Mapping[str, LiveDeployment]
    logs_exist: bool
    """Whether the endpoint has a diagnostic setting of ours."""

    def observed(self, published: Published) -> Observed:
        """Return what the decision rests on."""
        return Observed(
            now=self.now,
            endpoint=self.endpoint.core if self.endpoint else None,
            deployments={name: each.core for name, each in self.deployments.items()},
            published=published,
        )


def look(arm: Arm, place: Place, logs: str) -> Sight:
    """Return what ARM shows now; `logs` names the diagnostic setting. Raises `ReadError`: nothing is guessed."""
    with ThreadPoolExecutor(max_workers=3) as pool:
        workspace = pool.submit(read_workspace, arm, place.workspace_id)
        setting = pool.submit(arm.get, place.logs_id(logs), _MONITOR_API)
        endpoint, now = read_endpoint(arm, place.endpoint_id)
        deployments = read_deployments(arm, place.endpoint_id) if endpoint else {}
        return Sight(now, workspace.result(), endpoint, deployments, setting.result().body is not None)


def ask(
    arm: Arm, place: Place, gates: Sequence[FixedGate], plan: Plan, sight: Sight, seen: Observed
) -> Judgement | None:
    """Return what the gates say of whoever is to be judged now; None where nobody is.

    Never raises: what can't be measured is a verdict too.
    """
    asked = question(plan, seen)
    if asked is None or sight.endpoint is None:
        return None
    wanted = queries(gates, asked.deployment, asked.stage, asked.window)
    evidence = measure(wanted, place.endpoint_id, sight.endpoint.location, arm.cloud, arm.tokens)
    return judge(gates, asked.deployment, asked.stage, asked.window, evidence)
