"""Publishing: read the traffic back, probe where the step asks for it, then write the stack's tags."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import pulumi

from rollout.core import times
from rollout.core.publication import PROBE, REASON, REPAIRED, SETTLED, reopens, wanted_tags
from rollout.core.record import TAGS
from rollout.core.step import StepKind
from rollout.core.verdict import Verdict
from rollout.stack import tags

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.observed import Probe
    from rollout.core.step import Step
    from rollout.core.traffic import Routing


class Live(Protocol):
    """What publishing asks of Azure."""

    def read_back(self, routing: Routing) -> datetime:
        """Return from when on traffic and mirror are known to be these, in Azure's time. Raises if not."""
        ...

    def probe(self, deployment: str, release: str, prod: str | None) -> tuple[Probe, str]:
        """Return what came of real requests to the deployment, compared with what `prod` answers, and why."""
        ...


@dataclass(frozen=True)
class Publisher:
    """Writes the stack's tags once the traffic of the step is live."""

    stack: tags.Stack
    step: Step
    live: Live
    now: datetime

    def publish(self, _: pulumi.ResourceHookArgs) -> None:
        """Publish; a hold, whose record the state had lost, publishes nothing all the same."""
        if self.step.kind.publishes:
            self.written()

    def written(self) -> str:
        """Publish, and return the reason that was published: the step's, or what came of its probe.

        Raises where the traffic can't be read back or a tag can't be written.
        """
        step, reason = self.step, self.step.reason
        settled = self.live.read_back(step.routing)
        wanted: dict[str, str | None] = dict.fromkeys(TAGS)
        wanted |= wanted_tags(step.record, step.published_phase)
        if step.kind is not StepKind.REPAIR:
            wanted[SETTLED] = times.show_instant(settled)
        elif step.probe is None or reopens(step.record, tags.parse(self.stack.present)):
            # A repair that only probes again leaves the bake alone: one that ends in Error comes each time.
            wanted[REPAIRED] = times.show_instant(self.now)
        if step.probe is not None and step.record.release is not None:
            probe, why = self.live.probe(step.probe, step.record.release, step.record.prod)
            wanted[PROBE] = probe.show()
            if probe.verdict is not Verdict.SUCCESSFUL:
                reason = f"probe of {step.probe} {probe.verdict}: {why}"
            say = pulumi.log.info if probe.verdict is Verdict.SUCCESSFUL else pulumi.log.warn
            say(f"probe of {step.probe} ({step.record.release}) {probe.verdict}: {why}")
        wanted[REASON] = reason
        wanted |= dict.fromkeys(tags.unchanged(self.stack, step.clears))
        tags.write(self.stack, wanted)
        return reason
