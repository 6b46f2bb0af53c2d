"""Observe: read the live endpoint, its deployments and its workspace."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollout.azure.endpoint import LiveDeployment, LiveEndpoint, read_deployments, read_endpoint
from rollout.azure.errors import ReadError
from rollout.azure.measuring import Subject
from rollout.azure.traffic_log import LogSettings, read_log_settings
from rollout.azure.workspace import LiveWorkspace, read_workspace
from rollout.core.observed import Observed, Published

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.azure.logs import LogWorkspace
    from rollout.core.place import Place

_RESOURCES_API = "2024-03-01"


@dataclass(frozen=True)
class Sight:
    """What ARM shows of one endpoint at one moment."""

    now: datetime
    """Azure's time: the `Date` of the answer that read the endpoint."""
    group_exists: bool
    workspace: LiveWorkspace | None
    endpoint: LiveEndpoint | None
    deployments: Mapping[str, LiveDeployment]
    logs: LogSettings = field(default_factory=LogSettings)
    """What the endpoint's diagnostic settings say."""

    @property
    def log(self) -> LogWorkspace | ReadError | None:
        """The Log Analytics workspace that a diagnostic setting sends the endpoint's traffic log to."""
        return self.logs.workspace

    @property
    def traffic_log(self) -> str | None:
        """The `customerId` of that workspace; None where there is none, and metrics are all there is.

        Raises `ReadError` where it can't be read.
        """
        if isinstance(self.log, ReadError):
            raise self.log
        return self.log.customer_id if self.log else None

    @property
    def subject(self) -> Subject | None:
        """Whom the gates measure; None where there is no endpoint."""
        return Subject(self.endpoint.id, self.endpoint.location, self.log) if self.endpoint else None

    def observed(self, published: Published) -> Observed:
        """Return what the decision rests on."""
        return Observed(
            now=self.now,
            endpoint=self.endpoint.core if self.endpoint else None,
            deployments={name: each.core for name, each in self.deployments.items()},
            published=published,
        )


def look(arm: Arm, place: Place) -> Sight:
    """Return what ARM shows now. Raises `ReadError`, but not for what an abort can do without.

    That is where logs go: such a fault stands in its place.
    """
    arm.tokens.token(arm.cloud.arm_audience)  # where tokens come from needn't be safe to ask from a thread
    with ThreadPoolExecutor(max_workers=4) as pool:
        group = pool.submit(arm.get, place.group_id, _RESOURCES_API)
        workspace = pool.submit(read_workspace, arm, place.workspace_id)
        settings = pool.submit(read_log_settings, arm, place.endpoint_id)
        endpoint, now = read_endpoint(arm, place.endpoint_id)
        deployments = read_deployments(arm, place.endpoint_id) if endpoint else {}
        there = group.result().body is not None
        return Sight(now, there, workspace.result(), endpoint, deployments, settings.result())
