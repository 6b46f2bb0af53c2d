"""How many more cores Azure ML lets a subscription use, for one size of virtual machine."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure.errors import Unintelligible

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

_SPARE = 1.2
"""Azure ML reserves a fifth more cores than an online deployment has, to upgrade it by."""
_DEDICATED = "Microsoft.MachineLearningServices/vmFamily/dedicatedCores/usages"
"""The type of a family's usage that online deployments count against; low priority cores have their own."""
_LONG_NAME = re.compile(r"cluster dedicated vcpus$|\s")
"""What `Standard DSv2 Family Cluster Dedicated vCPUs` has beside `standardDSv2Family`."""


@dataclass(frozen=True)
class Quota:
    """The cores of one family of virtual machines, in one region."""

    family: str
    used: int
    limit: int | None
    """None where there is none."""
    cores: int
    """Of one machine of the size that was asked for."""

    def needed(self, instances: int) -> int:
        """Return how many cores a new deployment of so many instances takes."""
        return math.ceil(_SPARE * instances) * self.cores

    def has_room_for(self, instances: int) -> bool:
        """Return whether a new deployment of so many instances fits in."""
        return self.limit is None or self.needed(instances) <= self.limit - self.used

    @property
    def left(self) -> str:
        """How many may still be used, in words."""
        if self.limit is None:
            return f"{self.family} has no limit"
        return f"{self.limit - self.used} of {self.limit} are left of {self.family}"


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
        if _same(usage.get("type"), _DEDICATED) and _family(name) == _family(family):
            try:
                limit = int(usage["limit"])
                used, each = int(usage["currentValue"]), int(str(cores))
            except (KeyError, TypeError, ValueError):
                break
            return Quota(str(family), used, None if limit < 0 else limit, each)
    raise Unintelligible(what, f"Azure lists no dedicated cores of the family {family!r}")


def _listed(arm: Arm, resource_id: str, what: str) -> list[dict[str, Any]]:
    body = arm.get(resource_id, what=what).body or {}
    value = body.get("value")
    return cast("list[dict[str, Any]]", value) if isinstance(value, list) else []


def _family(name: object) -> str:
    return _LONG_NAME.sub("", str(name).lower())


def _same(one: object, other: object) -> bool:
    return str(one).lower() == str(other).lower()
