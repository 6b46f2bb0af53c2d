"""A copy to a registry is followed wherever Azure's answer says how it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.errors import Unintelligible, WriteRefused
from rollout.azure.sharing import Shared, share
from rollout.core.assets import AssetKind, AssetRef
from tests.azure.conftest import WORKSPACE
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

MODEL = AssetRef(AssetKind.MODEL, "m", "7")
ABSENT = Says(404, {"error": {"code": "ResourceNotFound", "message": "x"}})


def shared(fake: FakeAzure, arm: Arm, begun: Says, *polls: Says, there: bool = True) -> Shared:
    """Share a model whose copy the registry's data plane answers so."""
    workspace: dict[str, Any] = {"id": WORKSPACE, "location": "eastus", "properties": {"workspaceId": "guid"}}
    fake.on("GET", "/workspaces/mlw\\?", Says(200, workspace))
    asset = {"id": f"{WORKSPACE}/models/m/versions/7", "name": "7", "properties": {}}
    fake.on("GET", "/workspaces/mlw/models/m/versions/7", Says(200, asset))
    found = {"primaryRegionResourceProviderUri": fake.url, "subscriptionId": "s", "resourceGroup": "g"}
    fake.on("GET", "/registries/r/discovery", Says(200, found))
    fake.on("GET", "/registries/r/models/m/", ABSENT, Says(200, {"properties": {}}) if there else ABSENT)
    fake.on("POST", "/registries/r/import", begun)
    if polls:
        fake.on("GET", "/operations/1", *polls)
    return share(
        arm,
        WORKSPACE,
        MODEL,
        "r",
        env={"REGISTRY_DISCOVERY_ENDPOINT_URL": fake.url},
        sleep=lambda _: None,
    )


def polled(fake: FakeAzure) -> int:
    return sum("/operations/1" in path for path in fake.paths())


@pytest.mark.parametrize("header", ["Azure-AsyncOperation", "Location"])
@pytest.mark.parametrize("status", [200, 201, 202])
def test_it_waits_until_the_operation_has_succeeded(fake: FakeAzure, arm: Arm, header: str, status: int):
    begun = Says(status, None, {header: f"{fake.url}/operations/1"})
    polls = Says(200, {"status": "InProgress"}), Says(202), Says(200, {"status": "Succeeded"})
    assert shared(fake, arm, begun, *polls).copied
    assert polled(fake) == 3


def test_what_is_done_at_once_is_not_followed(fake: FakeAzure, arm: Arm):
    assert shared(fake, arm, Says(200, {"id": "x"})).copied
    assert shared(fake, arm, Says(204)).copied
    assert polled(fake) == 0


@pytest.mark.parametrize("state", ["Failed", "Canceled"])
def test_an_operation_that_did_not_succeed_is_told(fake: FakeAzure, arm: Arm, state: str):
    begun = Says(202, None, {"Azure-AsyncOperation": f"{fake.url}/operations/1"})
    ended = Says(200, {"status": state, "error": {"code": "Quota", "message": "full"}})
    with pytest.raises(WriteRefused, match=f"its operation {state}, Quota: full"):
        shared(fake, arm, begun, Says(200, {"status": "Running"}), ended)


def test_a_poll_that_is_refused_is_told(fake: FakeAzure, arm: Arm):
    begun = Says(202, None, {"Location": f"{fake.url}/operations/1"})
    with pytest.raises(WriteRefused, match="403 Denied: no"):
        shared(fake, arm, begun, Says(403, {"error": {"code": "Denied", "message": "no"}}))


def test_the_token_goes_nowhere_else(fake: FakeAzure, arm: Arm):
    for headers in ({"Azure-AsyncOperation": "https://elsewhere.test/1"}, {}):
        with pytest.raises(Unintelligible, match="which isn't Azure"):
            shared(fake, arm, Says(202, None, dict(headers)))
