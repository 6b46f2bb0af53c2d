from __future__ import annotations

from datetime import timedelta

import pytest

from rollout.core.assets import AssetKind, AssetRef
from rollout.core.bodies import RELEASE_TAG, STARTED_TAG, deployment_body, endpoint_body, iso
from rollout.core.config import Auth
from rollout.core.release import Release
from rollout.core.serving import RequestSettings, ServingSettings

WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"


@pytest.mark.parametrize(
    ("duration", "text"),
    [
        (timedelta(seconds=10), "PT10S"),
        (timedelta(milliseconds=500), "PT0.5S"),
        (timedelta(minutes=3), "PT180S"),
        (timedelta(0), "PT0S"),
    ],
)
def test_durations_as_arm_takes_them(duration: timedelta, text: str) -> None:
    assert iso(duration) == text


def test_a_deployment_carries_its_release_in_the_put_that_carries_the_model() -> None:
    release = Release(
        model=AssetRef(AssetKind.MODEL, "m", "2"),
        instance_type="Standard_DS3_v2",
        code="c" * 64,
        scoring_script="score.py",
        environment=AssetRef(AssetKind.ENVIRONMENT, "e", "1"),
        settings=ServingSettings(requests=RequestSettings(max_concurrent_requests_per_instance=7)),
    )
    body = deployment_body(
        release, workspace_id=WORKSPACE, code_id="code", location="eastus", instances=3, at="then"
    )
    assert body["tags"] == {RELEASE_TAG: release.id, STARTED_TAG: "then"}
    assert body["sku"] == {"name": "Default", "capacity": 3}
    properties = body["properties"]
    assert properties["model"] == f"{WORKSPACE}/models/m/versions/2"
    assert properties["environmentId"] == f"{WORKSPACE}/environments/e/versions/1"
    assert properties["codeConfiguration"] == {"codeId": "code", "scoringScript": "score.py"}
    assert properties["requestSettings"]["maxConcurrentRequestsPerInstance"] == 7


def test_a_model_that_brings_its_own_server_has_no_code() -> None:
    release = Release(model=AssetRef(AssetKind.MODEL, "m", "2"), instance_type="Standard_DS3_v2")
    body = deployment_body(
        release, workspace_id=WORKSPACE, code_id=None, location="eastus", instances=1, at="then"
    )
    assert not {"environmentId", "codeConfiguration", "modelMountPath"} & body["properties"].keys()


def test_an_endpoint_begins_with_no_traffic_and_an_identity() -> None:
    body = endpoint_body("eastus", Auth.KEY)
    assert body["identity"] == {"type": "SystemAssigned"}
    assert body["properties"] == {"authMode": "Key", "publicNetworkAccess": "Enabled", "traffic": {}}
