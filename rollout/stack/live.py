"""What the hooks ask of Azure while an update runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.auth import bearer
from rollout.azure.endpoint import read_back, read_deployments, read_endpoint
from rollout.azure.errors import Missing
from rollout.azure.probe import probe
from rollout.azure.scoring import Scorer
from rollout.core.observed import Probe
from rollout.core.traffic import NO_TRAFFIC
from rollout.stack.hooks import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveEndpoint
    from rollout.core.config import ProbeSettings
    from rollout.core.place import Place
    from rollout.core.traffic import Traffic


@dataclass(frozen=True)
class LiveAzure:
    """The endpoint, seen again at the moment a hook runs. Every method raises `AzureFault`."""

    arm: Arm
    place: Place
    probe_settings: ProbeSettings
    probe_body: bytes
    """The request that a probe sends."""

    def traffic(self) -> Traffic:
        """Return the live traffic map now."""
        live, _ = read_endpoint(self.arm, self.place.endpoint_id)
        return live.core.traffic if live else NO_TRAFFIC

    def read_back(self, traffic: Traffic) -> datetime | None:
        """Return the endpoint's `lastModifiedAt` once its live map is this one."""
        return read_back(self.arm, self.place.endpoint_id, traffic).modified_at

    def clear(self, name: str) -> None:
        """Delete what ARM holds under the name of a deployment that is about to be created.

        The engine creates only what its state doesn't hold, so this is a left-over: of a creation that failed
        or was killed. Raises `RefusedError` where it serves.
        """
        if name not in read_deployments(self.arm, self.place.endpoint_id):
            return
        if share := self.traffic().get(name, 0):
            raise RefusedError(f"deployment {name} isn't created: one of that name serves {share} %")
        self.arm.delete(self.place.deployment_id(name))

    def probe(self, deployment: str, release: str) -> tuple[Probe, str]:
        """Return what came of real requests to the deployment, and why."""
        live, now = self._endpoint()
        asked = self.probe_settings
        with Scorer(live.scoring_uri or "", bearer(self.arm, live)) as scorer:
            verdict, why = probe(
                scorer,
                deployment,
                self.probe_body,
                max_latency=asked.max_latency,
                expect=asked.expect,
                path=asked.path,
                requests=asked.requests,
            )
        return Probe(verdict, release, now), why

    def _endpoint(self) -> tuple[LiveEndpoint, datetime]:
        live, now = read_endpoint(self.arm, self.place.endpoint_id)
        if live is None or live.scoring_uri is None:
            raise Missing(
                f"the endpoint {self.place.endpoint}", "it has no scoring URI", "Run `pulumi up` again."
            )
        return live, now
