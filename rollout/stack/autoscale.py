"""Autoscale settings of the deployments that this stack made, where config asks for them.

They come after the record: one that Azure refuses stops no step. What they make of a deployment's count of
instances is never set back: deployments are declared as they are live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_azure_native import monitor

from rollout.core.autoscale import profile
from rollout.core.step import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.place import Place
    from rollout.stack.declare import Ground

_API = "2022-10-01"


def declare(ground: Ground, forms: Mapping[str, Form], location: str, after: pulumi.Resource) -> None:
    """Declare a setting for each deployment of ours; one that was taken over keeps what it has."""
    asked = ground.settings.autoscale
    if asked is None:
        return
    place, live = ground.place, ground.sight.deployments
    for name, form in sorted(forms.items()):
        ours = form is Form.FRESH or (name in live and live[name].core.release is not None)
        if not ours:
            continue
        target = place.deployment_id(name)
        there = ground.arm.get(_id(place, name), _API).body is not None
        inner: Any = [profile(asked, target)]
        title = f"autoscale-{name}"
        monitor.AutoscaleSetting(
            title,
            resource_group_name=place.resource_group,
            autoscale_setting_name=_name(place, name),
            location=location,
            enabled=True,
            profiles=inner,
            target_resource_uri=target,
            opts=pulumi.ResourceOptions(
                depends_on=[after],
                import_=ground.held.taken_over(monitor.AutoscaleSetting, title, _id(place, name))
                if there
                else None,
            ),
        )


def _name(place: Place, name: str) -> str:
    return f"rollout-{place.endpoint}-{name}"


def _id(place: Place, name: str) -> str:
    return f"{place.group_id}/providers/Microsoft.Insights/autoscalesettings/{_name(place, name)}"
