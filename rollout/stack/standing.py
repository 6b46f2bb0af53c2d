"""Taking over what stands beside the rollout: it comes after the record, and stops nothing before it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import pulumi

from rollout.azure.errors import AzureFault

if TYPE_CHECKING:
    from rollout.azure.arm import Answer


class Reads(Protocol):
    """What taking over asks of ARM."""

    def get(self, resource_id: str, api_version: str) -> Answer:
        """Return the resource, or an answer without a body where it isn't there. Raises `AzureFault`."""
        ...


def if_there(arm: Reads, arm_id: str | None, api_version: str) -> str | None:
    """Return the id by which to import what the state lacks; None where it lacks nothing, or ARM has nothing.

    What can't be read counts as not there, with a warning: then Azure is asked to make it, and says no where
    it is there already.
    """
    if arm_id is None:
        return None
    try:
        found = arm.get(arm_id, api_version).body
    except AzureFault as error:
        pulumi.log.warn(f"{error} It is made as if it weren't there.")
        return None
    return None if found is None else arm_id
