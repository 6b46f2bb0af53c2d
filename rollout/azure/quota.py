"""How many more cores Azure ML lets a subscription use, for one size of virtual machine."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure.errors import Unintelligible

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

_SPARE = 1.2
"""Azure ML reserves a fifth more cores than an online deployment has, to upgrade it by."""


@dataclass(frozen=True)
class Quota:
    """The cores of one family of virtual machines, in one region."""

    family: str
    used: int
    limit: int
    cores: int
    """Of one machine of the size that was asked for."""

    def needed(self, instances: int) -> int:
        """Return how many cores a new deployment of so many instances takes."""
        return math.ceil(_SPARE * instances) * self.cores

    @property
    def left(self) -> int:
        """How many may still be used."""
        return self.limit - self.used


def read_quota(arm: Arm, location: str, size: str) -> Quota | None:
    """Return the quota that a size of machine counts against, or None where Azure lists no such size.

    Raises `ReadError`.
    """
    provider = f"/subscriptions/{arm.subscription}/providers/Microsoft.MachineLearningServices"
    place = f"{provider}/locations/{location}"
    what = f"the quota for {size} in {location}"
    machine = next(
        (each for each in _listed(arm, f"{place}/vmSizes", what) if _same(each.get("name"), size)), None
    )
    if machine is None:
        return None
    family, cores = machine.get("family"), machine.get("vCPUs")
    for usage in arm.list(f"{place}/usages", what=what):
        name = cast("dict[str, Any]", usage.get("name") or {}).get("value")
        if _same(name, family):
            try:
                return Quota(str(family), int(usage["currentValue"]), int(usage["limit"]), int(str(cores)))
            except (KeyError, TypeError, ValueError):
                break
    raise Unintelligible(what, f"Azure lists no use of the family {family!r}")


def _listed(arm: Arm, resource_id: str, what: str) -> list[dict[str, Any]]:
    body = arm.get(resource_id, what=what).body or {}
    value = body.get("value")
    return cast("list[dict[str, Any]]", value) if isinstance(value, list) else []


def _same(one: object, other: object) -> bool:
    return str(one).lower() == str(other).lower()
