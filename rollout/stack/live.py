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
from rollout.core.traffic import Routing
from rollout.stack.hooks import RefusedError

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveEndpoint
    from rollout.core.config import ProbeSettings
    from rollout.core.place import Place


@dataclass(frozen=True)
class LiveAzure:
    """The endpoint, seen again at the moment a hook runs. Every method raises `AzureFault`."""

    arm: Arm
    place: Place
    probe_settings: ProbeSettings
    probe_inputs: tuple[bytes, ...]
    """The requests that a probe sends."""

    def routing(self) -> Routing:
        """Return where requests go now, and copies of them."""
        live, _ = read_endpoint(self.arm, self.place.endpoint_id)
        return live.core.routing if live else Routing()

    def read_back(self, routing: Routing) -> datetime:
        """Return from when on the live traffic and mirror are known to be these, in Azure's time."""
        return read_back(self.arm, self.place.endpoint_id, routing.traffic, mirror=routing.mirror)

    def clear(self, name: str) -> None:
        """Delete what ARM holds under the name of a deployment that is about to be created.

        The engine creates only what its state doesn't hold, so this is a left-over: of a creation that failed
        or was killed. Raises `RefusedError` where it serves or gets mirrored requests.
        """
        if name not in read_deployments(self.arm, self.place.endpoint_id):
            return
        routing = self.routing()
        if share := routing.traffic.get(name, 0):
            raise RefusedError(f"deployment {name} isn't created: one of that name serves {share} %")
        if share := routing.mirror.get(name, 0):
            raise RefusedError(
                f"deployment {name} isn't created: {share} % of the live traffic are mirrored to one of that "
                "name"
            )
        self.arm.delete(self.place.deployment_id(name))

    def probe(self, deployment: str, release: str, prod: str | None) -> tuple[Probe, str]:
        """Return what came of real requests to the deployment, compared with what `prod` answers, and why."""
        live, now = self._endpoint()
        with Scorer(live.scoring_uri or "", bearer(self.arm, live)) as scorer:
            verdict, why = probe(scorer, deployment, prod, self.probe_inputs, self.probe_settings)
        return Probe(verdict, release, now), why

    def _endpoint(self) -> tuple[LiveEndpoint, datetime]:
        live, now = read_endpoint(self.arm, self.place.endpoint_id)
        if live is None or live.scoring_uri is None:
            raise Missing(
                f"the endpoint {self.place.endpoint}", "it has no scoring URI", "Run `pulumi up` again."
            )
        return live, now
