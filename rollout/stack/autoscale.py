"""Autoscale settings of the deployments that this stack made, where config asks for them.

They come after the record: one that Azure refuses makes the run red, but by then the traffic is moved and
published. A run that ends red deletes nothing: for as long as Azure refuses one, old prod stays, and no new
release starts. What they make of a deployment's count of instances is never set back: deployments are
declared as they are live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_azure_native import monitor

from rollout.core.autoscale import floors, profile
from rollout.core.step import Form
from rollout.stack import standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.step import Step
    from rollout.stack.declare import Ground

_API = "2022-10-01"


def instances(ground: Ground, step: Step) -> int:
    """Return how many instances a candidate starts with: never fewer than prod has."""
    prod = ground.sight.deployments.get(step.record.prod or "")
    wanted = max(ground.settings.deployment.instances, prod.core.instances if prod else 0)
    asked = ground.settings.autoscale
    return wanted if asked is None else asked.starts_with(wanted)


def declare(
    ground: Ground, step: Step, forms: Mapping[str, Form], location: str, after: pulumi.Resource
) -> list[pulumi.Resource]:
    """Declare a setting for each deployment of ours, and return them; one taken over keeps what it has.

    What keeps a floor changes with steps alone: how many instances there are changes at any time. Where the
    record can't be read, nobody knows what keeps one.
    """
    asked = ground.settings.autoscale
    if asked is None:
        return []
    place, live = ground.place, ground.sight.deployments
    there = {name: each.core.instances for name, each in live.items()}
    there |= {name: instances(ground, step) for name, form in forms.items() if form is Form.FRESH}
    kept = floors(step.record, there)
    declared: list[pulumi.Resource] = []
    for name, form in sorted(forms.items()):
        ours = form is Form.FRESH or (name in live and live[name].core.release is not None)
        if not ours:
            continue
        target = place.deployment_id(name)
        inner: Any = [profile(asked, target, kept.get(name, 0))]
        title, called = f"autoscale-{name}", f"rollout-{place.endpoint}-{name}"
        setting_id = f"{place.group_id}/providers/Microsoft.Insights/autoscalesettings/{called}"
        lost = ground.held.taken_over(monitor.AutoscaleSetting, title, setting_id)
        as_it_is = (name in kept or step.as_found) and not step.kind.writes_endpoint
        setting = monitor.AutoscaleSetting(
            title,
            resource_group_name=place.resource_group,
            autoscale_setting_name=called,
            location=location,
            enabled=True,
            profiles=inner,
            target_resource_uri=target,
            opts=pulumi.ResourceOptions(
                depends_on=[after],
                import_=standing.if_there(ground.arm, lost, _API),
                ignore_changes=["*"] if as_it_is else [],
            ),
        )
        declared.append(setting)
    return declared
