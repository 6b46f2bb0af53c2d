"""Observe: read the live endpoint, its deployments and its workspace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.endpoint import LiveDeployment, LiveEndpoint, read_deployments, read_endpoint
from rollout.azure.workspace import LiveWorkspace, read_workspace
from rollout.core.observed import Observed, Published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.core.place import Place

_RESOURCES_API = "2024-03-01"
_MONITOR_API = "2021-05-01-preview"


@dataclass(frozen=True)
class Sight:
    """What ARM shows of one endpoint at one moment."""

    now: datetime
    """Azure's time: the `Date` of the answer that read the endpoint."""
    group_exists: bool
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


def look(arm: Arm, place: Place) -> Sight:
    """Return what ARM shows now. Raises `ReadError`."""
    arm.tokens.token(arm.cloud.arm_audience)  # where tokens come from needn't be safe to ask from a thread
    with ThreadPoolExecutor(max_workers=4) as pool:
        group = pool.submit(arm.get, place.group_id, _RESOURCES_API)
        workspace = pool.submit(read_workspace, arm, place.workspace_id)
        setting = pool.submit(arm.get, place.logs_id, _MONITOR_API)
        endpoint, now = read_endpoint(arm, place.endpoint_id)
        deployments = read_deployments(arm, place.endpoint_id) if endpoint else {}
        return Sight(
            now,
            group.result().body is not None,
            workspace.result(),
            endpoint,
            deployments,
            setting.result().body is not None,
        )
