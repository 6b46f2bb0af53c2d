"""Reads that a run can do without: what can't be read is told by whoever needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollout.azure.errors import ReadError, Unintelligible

if TYPE_CHECKING:
    from rollout.azure.arm import Arm


def read(arm: Arm, resource_id: str, api_version: str, *, what: str) -> dict[str, Any] | ReadError | None:
    """Return the resource, None where it isn't there, or the fault: also for an id that is none of ARM's."""
    try:
        return arm.get(resource_id, api_version, what=what).body
    except ReadError as fault:
        return fault
    except ValueError as error:
        return Unintelligible(what, str(error))
