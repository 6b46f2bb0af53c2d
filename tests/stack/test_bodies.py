from __future__ import annotations

from datetime import timedelta

import pytest

from rollout.core.assets import AssetKind, AssetRef
from rollout.core.bodies import RELEASE_TAG, STARTED_TAG, deployment_body, endpoint_body, iso
from rollout.core.config import Auth, EndpointSettings, PublicAccess
from rollout.core.release import Release
from rollout.core.serving import Collection, DataCollector, RequestSettings, RollingRate, ServingSettings

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


def test_what_is_collected_stands_in_the_body_as_arm_has_it() -> None:
    collector = DataCollector(
        (Collection("request", 0.5), Collection("model_inputs", data="azureml:in:1", client_id="me")),
        RollingRate.DAY,
        ("x-request-id",),
    )
    release = Release(
        AssetRef(AssetKind.MODEL, "m", "2"), "F4", settings=ServingSettings(data_collector=collector)
    )
    body = deployment_body(
        release, workspace_id=WORKSPACE, code_id=None, location="eastus", instances=1, at="then"
    )
    assert body["properties"]["dataCollector"] == {
        "collections": {
            "request": {"dataCollectionMode": "Enabled", "samplingRate": 0.5},
            "model_inputs": {
                "dataCollectionMode": "Enabled",
                "samplingRate": 1.0,
                "dataId": f"{WORKSPACE}/data/in/versions/1",
                "clientId": "me",
            },
        },
        "rollingRate": "Day",
        "requestLogging": {"captureHeaders": ["x-request-id"]},
    }


def test_a_model_that_brings_its_own_server_has_no_code() -> None:
    release = Release(model=AssetRef(AssetKind.MODEL, "m", "2"), instance_type="Standard_DS3_v2")
    body = deployment_body(
        release, workspace_id=WORKSPACE, code_id=None, location="eastus", instances=1, at="then"
    )
    assert (
        not {"environmentId", "codeConfiguration", "dataCollector", "modelMountPath"}
        & body["properties"].keys()
    )


def test_an_endpoint_begins_with_no_traffic_and_an_identity() -> None:
    body = endpoint_body("eastus", EndpointSettings("credit"))
    assert body["identity"] == {"type": "SystemAssigned"}
    assert body["properties"] == {"authMode": "Key", "publicNetworkAccess": "Enabled", "traffic": {}}


def test_an_endpoint_is_as_private_as_config_has_it() -> None:
    asked = EndpointSettings("credit", Auth.AAD_TOKEN, PublicAccess.DISABLED)
    properties = endpoint_body("eastus", asked)["properties"]
    assert (properties["authMode"], properties["publicNetworkAccess"]) == ("AADToken", "Disabled")
