"""Which entry of Azure ML's usages a size of machine counts against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.errors import Unintelligible
from rollout.azure.quota import Quota, read_quota
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

PROVIDER = "Microsoft.MachineLearningServices"
DEDICATED, LOW = (f"{PROVIDER}/vmFamily/{each}/usages" for each in ("dedicatedCores", "lowPriorityCores"))
LONG = "Standard DSv2 Family Cluster Dedicated vCPUs"


def usage(limit: int, *, kind: str = DEDICATED, name: str = "standardDSv2Family") -> dict[str, Any]:
    return {"type": kind, "unit": "Count", "currentValue": 4, "limit": limit, "name": {"value": name}}


def found(fake: FakeAzure, arm: Arm, *usages: dict[str, Any], size: str = "Standard_DS3_v2") -> Quota | None:
    sizes = [{"name": "Standard_DS3_v2", "family": "standardDSv2Family", "vCPUs": 4}]
    fake.on("GET", "/locations/eastus/vmSizes", Says(200, {"value": sizes}))
    fake.on("GET", "/locations/eastus/usages", Says(200, {"value": list(usages)}))
    return read_quota(arm, "eastus", size)


@pytest.mark.parametrize(
    "dedicated",
    [usage(100), usage(100, kind=DEDICATED.lower(), name="STANDARDDSV2FAMILY"), usage(100, name=LONG)],
    ids=["short", "another case", "long"],
)
def test_dedicated_cores_of_the_family_count(fake: FakeAzure, arm: Arm, dedicated: dict[str, Any]):
    others = usage(-1, kind=LOW), usage(7, name="standardDv2Family"), usage(8, name="standardDDSv2Family")
    quota = found(fake, arm, *others, dedicated)
    assert quota == Quota("standardDSv2Family", used=4, limit=100, cores=4)
    assert quota.left == "96 of 100 are left of standardDSv2Family"
    assert (quota.needed(20), quota.has_room_for(20), quota.has_room_for(21)) == (96, True, False)


def test_a_negative_limit_is_none(fake: FakeAzure, arm: Arm):
    quota = found(fake, arm, usage(-1))
    assert quota is not None
    assert quota.left == "standardDSv2Family has no limit"
    assert quota.has_room_for(1000)


def test_low_priority_cores_alone_tell_nothing(fake: FakeAzure, arm: Arm):
    with pytest.raises(Unintelligible, match="no dedicated cores of the family 'standardDSv2Family'"):
        found(fake, arm, usage(100, kind=LOW))
    assert found(fake, arm, usage(100), size="Standard_None") is None
