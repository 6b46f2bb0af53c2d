"""Which deployments a step declares: those it names, and what the state holds that nobody wants deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.step import Form
from rollout.core.traffic import Routing

if TYPE_CHECKING:
    from rollout.azure.observe import Sight
    from rollout.core.observed import Deployment
    from rollout.core.step import Step
    from rollout.stack.remembered import Remembered


def forms(step: Step, sight: Sight, held: Remembered) -> dict[str, Form]:
    """Return the form of each deployment to declare.

    The engine deletes what its state has and isn't declared. So of what the state has, all that gets requests
    is declared as it is live, whoever made it, and all that no tag says is a rollout's. Where nothing is
    known of the endpoint, all that the state has is, but what was never made. What is to be deleted is
    declared first where the state has lost it. One that the engine has deleted and not made again isn't, but
    where it is made now: the next run takes it over.
    """
    routing = _routing(step, sight)
    live = {name: sight.deployments[name].core for name in held.deployments if name in sight.deployments}
    # What the engine saw fail it would make again in every `up` that declares it.
    wrecks = {name for name, each in live.items() if name in held.unmade and each.spent(routing)}
    found = {
        name
        for name, each in live.items()
        if each.gets(routing)
        or (_somebodys(step, each) and name not in wrecks)
        or (step.as_found and (name in held.protected or name not in wrecks))
    }
    discards = step.discards
    if discards is not None and discards in sight.deployments and discards not in held.deployments:
        found.add(discards)
    declared = dict.fromkeys(sorted(found), Form.FROZEN)
    wanted = declared if step.as_found else {**declared, **step.deployments}
    return {
        name: form for name, form in wanted.items() if form is Form.FRESH or name not in held.half_replaced
    }


def _somebodys(step: Step, deployment: Deployment) -> bool:
    """Return whether no tag says that a deployment is a rollout's."""
    adopted = step.record.adopted
    ours = (step.record.old_prod, adopted.name if adopted is not None else None)
    return deployment.release is None and deployment.name not in ours


def _routing(step: Step, sight: Sight) -> Routing:
    """Return where requests go when the engine deletes, which it does last."""
    if step.kind.writes_endpoint:
        return step.routing
    return sight.endpoint.core.routing if sight.endpoint else Routing()
