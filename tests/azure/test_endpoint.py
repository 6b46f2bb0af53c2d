from __future__ import annotations

import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.endpoint import read_back, read_deployments, read_endpoint
from rollout.azure.errors import NotReadBack, ReadError, Throttled, Unintelligible
from rollout.core.observed import Deployment, Provisioning
from tests.azure.conftest import ENDPOINT, WORKSPACE
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

BODY: dict[str, Any] = {
    "id": ENDPOINT,
    "name": "credit",
    "type": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    "location": "eastus",
    "kind": "Managed",
    "tags": {"PROD_DEPLOYMENT": "blue", "team": "risk"},
    "identity": {
        "type": "SystemAssigned, UserAssigned",
        "principalId": "p",
        "tenantId": "t",
        "userAssignedIdentities": {"/subscriptions/s/u1": {"principalId": "p1", "clientId": "c1"}},
    },
    "sku": None,
    "properties": {
        "authMode": "Key",
        "description": None,
        "properties": {
            "azureml.onlineendpointid": "/subscriptions/...",
            "AzureAsyncOperationUri": "https://...",
            "createdBy": "somebody",
            "createdAt": "2026-11-21T09:00:00.123456+0000",
            "lastModifiedAt": "2026-11-21T09:30:00.123456+0000",
            "azureml.ours": "kept",
        },
        "traffic": {"blue": 90, "green": 10},
        "mirrorTraffic": {},
        "publicNetworkAccess": "Disabled",
        "provisioningState": "Succeeded",
        "scoringUri": "https://credit.eastus.inference.ml.azure.com/score",
        "swaggerUri": "https://credit.eastus.inference.ml.azure.com/swagger.json",
    },
    "systemData": {"lastModifiedAt": "2026-11-21T09:30:00.1234567Z"},
}
DEPLOYMENT: dict[str, Any] = {
    "id": f"{ENDPOINT}/deployments/Blue",
    "name": "Blue",
    "location": "eastus",
    "kind": "Managed",
    "sku": {"name": "Default", "capacity": 3, "tier": None},
    "tags": {"ROLLOUT_RELEASE": "credit-risk:7-1a2b3c4d"},
    "properties": {
        "endpointComputeType": "Managed",
        "model": f"{WORKSPACE}/models/credit-risk/versions/7",
        "instanceType": "Standard_DS3_v2",
        "readinessProbe": {"period": "PT10S", "failureThreshold": None},
        "properties": {"AzureAsyncOperationUri": "x"},
        "environmentVariables": {"createdBy": "kept here"},
        "provisioningState": "Scaling",
    },
}


def body(**properties: Any) -> dict[str, Any]:
    changed = copy.deepcopy(BODY)
    changed["properties"] |= properties
    return changed


def test_an_endpoint_as_the_decision_sees_it(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(200, BODY))
    live, now = read_endpoint(arm, ENDPOINT)
    assert live is not None
    assert now == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert live.core.traffic == {"blue": 90, "green": 10}
    assert live.core.tags["PROD_DEPLOYMENT"] == "blue"
    assert live.core.state is Provisioning.SUCCEEDED
    assert live.core.modified == datetime(2026, 11, 21, 9, 30, 0, 123456, tzinfo=UTC)
    assert (live.auth_mode, live.location) == ("Key", "eastus")
    assert live.scoring_uri == "https://credit.eastus.inference.ml.azure.com/score"


def test_inputs_are_what_a_put_that_changes_nothing_sends(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(200, BODY))
    live, _ = read_endpoint(arm, ENDPOINT)
    assert live is not None
    assert live.inputs == {
        "location": "eastus",
        "kind": "Managed",
        "tags": {"PROD_DEPLOYMENT": "blue", "team": "risk"},
        "identity": {
            "type": "SystemAssigned, UserAssigned",
            "userAssignedIdentities": {"/subscriptions/s/u1": {}},
        },
        "properties": {
            "authMode": "Key",
            "properties": {"azureml.ours": "kept"},
            "traffic": {"blue": 90, "green": 10},
            "mirrorTraffic": {},
            "publicNetworkAccess": "Disabled",
        },
    }


def test_deployments_keep_azures_spelling(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/deployments", Says(200, {"value": [DEPLOYMENT]}))
    live = read_deployments(arm, ENDPOINT)["Blue"]
    assert live.id == f"{ENDPOINT}/deployments/Blue"
    named = Deployment("Blue", "credit-risk:7-1a2b3c4d", Provisioning.SCALING, instances=3)
    assert replace(live.core, content=None) == named
    assert live.inputs == {
        "location": "eastus",
        "kind": "Managed",
        "sku": {"name": "Default", "capacity": 3},
        "tags": {"ROLLOUT_RELEASE": "credit-risk:7-1a2b3c4d"},
        "properties": {
            "endpointComputeType": "Managed",
            "model": f"{WORKSPACE}/models/credit-risk/versions/7",
            "instanceType": "Standard_DS3_v2",
            "readinessProbe": {"period": "PT10S"},
            "properties": {},
            "environmentVariables": {"createdBy": "kept here"},
        },
    }


def test_a_deployment_that_isnt_ours_has_no_release(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/deployments", Says(200, {"value": [{**DEPLOYMENT, "tags": None, "sku": None}]}))
    core = read_deployments(arm, ENDPOINT)["Blue"].core
    assert (core.release, core.instances) == (None, 1)


@pytest.mark.parametrize("code", ["NotFound", "UserError", "ParentResourceNotFound", "ResourceGroupNotFound"])
def test_an_endpoint_with_nothing_to_hold_it_isnt_there(fake: FakeAzure, arm: Arm, code: str):
    fake.on("GET", "/credit", Says(404, {"error": {"code": code, "message": "No."}}))
    assert read_endpoint(arm, ENDPOINT) == (None, datetime(2026, 11, 21, 10, tzinfo=UTC))


def test_a_404_for_another_reason_is_no_absence(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(404, {"error": {"code": "NoRegisteredProviderFound", "message": "?"}}))
    with pytest.raises(ReadError, match="404 NoRegisteredProviderFound"):
        read_endpoint(arm, ENDPOINT)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        ({**BODY, "properties": None}, "no object 'properties' but None"),
        ({**BODY, "location": 3}, "no text 'location' but 3"),
        (body(provisioningState="Thinking"), "provisioningState is 'Thinking', which isn't known here"),
        (body(traffic={"blue": "90"}), "its traffic gives blue '90', which is no whole percentage"),
        (body(traffic={"blue": 99.5}), "its traffic gives blue 99.5"),
        (body(mirrorTraffic={"blue": True}), "its mirrorTraffic gives blue True"),
        (body(authMode=None), "no text 'authMode' but None"),
        (
            {**BODY, "systemData": {"lastModifiedAt": "now"}},
            "its lastModifiedAt is 'now', which is no instant",
        ),
    ],
)
def test_a_body_that_isnt_azures_is_a_fault(fake: FakeAzure, arm: Arm, answer: Any, sentence: str):
    fake.on("GET", "/credit", Says(200, answer))
    with pytest.raises(Unintelligible, match="the endpoint credit can't be read") as raised:
        read_endpoint(arm, ENDPOINT)
    assert sentence in str(raised.value)


class Clock:
    """Time that passes by sleeping alone."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_traffic_is_read_back_until_it_is_live(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(200, BODY), Says(200, body(traffic={"blue": 100, "green": 0})))
    clock = Clock()
    live_from = read_back(arm, ENDPOINT, {"blue": 100}, sleep=clock.sleep, clock=clock)
    assert live_from == datetime(2026, 11, 21, 10, tzinfo=UTC)
    assert clock.now == 0.2


def test_traffic_that_isnt_taken_names_both_maps(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(200, BODY))
    clock = Clock()
    with pytest.raises(NotReadBack) as raised:
        read_back(arm, ENDPOINT, {"blue": 100}, timeout=timedelta(seconds=10), sleep=clock.sleep, clock=clock)
    assert str(raised.value) == (
        "the traffic of credit isn't what was written: "
        "11 s after it was set to blue 100 it is blue 90, green 10. "
        "Nothing was published: run `pulumi up` again, which decides from what is live."
    )


def test_an_endpoint_that_went_is_told(arm: Arm):
    with pytest.raises(NotReadBack, match="set to no traffic it is gone with its endpoint"):
        read_back(arm, ENDPOINT, {}, timeout=timedelta(0))


def test_what_cant_be_read_isnt_read_back(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/credit", Says(429, {"error": {"code": "TooManyRequests", "message": "x"}}))
    clock = Clock()
    with pytest.raises(Throttled):
        read_back(arm, ENDPOINT, {"blue": 100}, timeout=timedelta(seconds=1), sleep=clock.sleep, clock=clock)
