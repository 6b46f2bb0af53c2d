"""What is measured, as ARM shows it: where it is, and what time it is there."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure import ids
from rollout.azure.arm import ML_API, Arm
from rollout.azure.errors import Missing, Unintelligible

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import Tokens
    from rollout.cli.asked import Asked

_ML = "microsoft.machinelearningservices/"
_RESOURCES_API = "2021-04-01"


@dataclass(frozen=True)
class Target:
    """What is measured."""

    location: str
    """Its region; empty where only logs are asked."""
    now: datetime
    """Azure's time: the `Date` of ARM's answer."""


def find(asked: Asked, cloud: Cloud, tokens: Tokens) -> Target:
    """Return where the resource is, and Azure's time. Raises `ReadError`, also where it isn't there."""
    if asked.resource_id is None:
        return Target("", _clock(cloud, tokens))
    arm = Arm(cloud, tokens, asked.resource_id.split("/")[2])
    answer = arm.get(asked.resource_id, _version(arm, asked.resource_id), what=asked.name)
    if answer.body is None:
        raise Missing(asked.name, f"404 {answer.code}", "Look at its name, resource group and subscription.")
    if asked.deployment:
        what = f"the deployment {asked.deployment}"
        if arm.get(f"{asked.resource_id}/deployments/{asked.deployment}", what=what).body is None:
            raise Missing(
                what, f"{asked.name} has none of that name", "It may be gone: look at the endpoint."
            )
    location = asked.location or answer.body.get("location")
    if not isinstance(location, str) or not location:
        raise Unintelligible(asked.name, "ARM names no location for it", "Name one with --location.")
    return Target(location, answer.date)


def _clock(cloud: Cloud, tokens: Tokens) -> datetime:
    for name in ("AZURE_SUBSCRIPTION_ID", "ARM_SUBSCRIPTION_ID"):
        if subscription := os.environ.get(name):
            arm = Arm(cloud, tokens, subscription)
            return arm.get(f"/subscriptions/{subscription}", _RESOURCES_API, what="Azure's time").date
    raise Missing(
        "Azure's time", "no subscription is known", "Set AZURE_SUBSCRIPTION_ID, or name a --resource-id."
    )


def _version(arm: Arm, resource_id: str) -> str:
    """Return a version of the resource type's API: ours, or the newest stable one that its provider has."""
    kind = ids.type_of(resource_id)
    if kind.lower().startswith(_ML):
        return ML_API
    namespace, _, rest = kind.partition("/")
    what = f"the API versions of {kind}"
    body = arm.get(f"/subscriptions/{arm.subscription}/providers/{namespace}", _RESOURCES_API, what=what).body
    for each in (body or {}).get("resourceTypes", []):
        if str(each.get("resourceType", "")).lower() == rest.lower():
            versions = [str(version) for version in each.get("apiVersions", [])]
            stable = [version for version in versions if "preview" not in version.lower()]
            if versions:
                return (stable or versions)[0]
    raise Unintelligible(what, "Azure lists none", "Look at the resource's ARM id.")
