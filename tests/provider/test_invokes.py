from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from localazure.provider.values import Secret
from tests.provider.stub_arm import Scripted

if TYPE_CHECKING:
    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm

PATH = {"resourceGroupName": "rg", "workspaceName": "ws", "endpointName": "credit"}


def test_a_client_token_is_for_the_asked_audience_and_secret(engine: Engine, arm: StubArm) -> None:
    asked = engine.invoke("authorization:getClientToken", endpoint="https://ml.azure.com/")
    default = engine.invoke("authorization:getClientToken")

    assert asked == {"token": Secret("token for https://ml.azure.com/.default")}
    assert default == {"token": Secret(f"token for {arm.base}/.default")}
    assert arm.seen[0].body["client_secret"] == "shh"  # noqa: S105 - the stub's


def test_the_client_config(engine: Engine) -> None:
    assert engine.invoke("authorization:getClientConfig") == {
        "clientId": "client",
        "objectId": "",
        "subscriptionId": "sub",
        "tenantId": "tenant",
    }


@pytest.mark.parametrize(
    ("token", "arguments", "path"),
    [
        ("machinelearningservices:listOnlineEndpointKeys", PATH, "onlineEndpoints/credit/listKeys"),
        ("machinelearningservices:getOnlineEndpointToken", PATH, "onlineEndpoints/credit/token"),
        ("storage:listStorageAccountKeys", {"resourceGroupName": "rg", "accountName": "st"}, "st/listKeys"),
        (
            "operationalinsights:getSharedKeys",
            {"resourceGroupName": "rg", "workspaceName": "la"},
            "la/sharedKeys",
        ),
    ],
)
def test_keys_are_secret(
    engine: Engine, arm: StubArm, token: str, arguments: dict[str, str], path: str
) -> None:
    assert engine.invoke(token, **arguments)["primaryKey"] == Secret("one")
    assert arm.last("POST").path.endswith(path)


def test_logs_are_open_and_their_options_are_sent(engine: Engine, arm: StubArm) -> None:
    token = "machinelearningservices:getOnlineDeploymentLogs"  # noqa: S105 - a function's name

    result = engine.invoke(token, **PATH, deploymentName="blue", tail=5)

    assert result["sent"] == {"tail": 5}
    assert arm.last("POST").path.endswith("/deployments/blue/getLogs")


def test_a_getter_gives_id_and_outputs(engine: Engine, arm: StubArm) -> None:
    arm.scripted.append(
        Scripted(
            "GET", "/storageAccounts/st$", 200, {"name": "st", "properties": {"primaryLocation": "eastus"}}
        )
    )

    found = engine.invoke("storage:getStorageAccount", resourceGroupName="rg", accountName="st")

    assert found == {
        "id": "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.Storage/storageAccounts/st",
        "name": "st",
        "primaryLocation": "eastus",
        "azureApiVersion": "2024-01-01",
    }


@pytest.mark.parametrize(
    ("token", "arguments", "text"),
    [
        ("machinelearningservices:getOnlineEndpoint", PATH, "there is no /subscriptions/sub/"),
        (
            "machinelearningservices:getOnlineEndpoint",
            {"endpointName": "e"},
            "needs resourceGroupName, workspaceName",
        ),
        ("compute:getDisk", {}, "knows no function azure-native:compute:getDisk; it knows: azure-native:"),
    ],
)
def test_a_refused_function_says_why(
    engine: Engine, token: str, arguments: dict[str, str], text: str
) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        engine.invoke(token, **arguments)

    assert text in (raised.value.details() or "")
