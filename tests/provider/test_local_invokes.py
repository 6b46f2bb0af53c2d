"""The SDK's functions against the local Azure: what a program gets from them, and what of it is secret."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import jwt
import pytest

from localazure.provider.invokes import GETTERS
from localazure.provider.types import TYPES
from localazure.provider.values import Secret, plain
from tests.provider.example import refused
from tests.provider.programs import IN_WORKSPACE, programs

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.provider.engine import Engine

ML = "machinelearningservices"
ENDPOINT = f"{ML}:OnlineEndpoint"


@pytest.fixture(scope="module")
def made(azure: Arm, local: Engine) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Inputs and outputs of one resource of each type, all of them there."""
    found: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
    for kind, program in programs(azure.settings.subscription).items():
        inputs = local.check(kind, program)[0]
        found[kind] = inputs, local.create(kind, inputs)[1]
    return found


def place(kind: str, inputs: dict[str, Any]) -> dict[str, Any]:
    return {name: inputs[name] for name in TYPES[f"azure-native:{kind}"].parameters}


def test_every_getter_gives_what_the_resource_has(
    local: Engine, made: dict[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    asked = {kind: f"{kind.partition(':')[0]}:get{kind.partition(':')[2]}" for kind in made}
    assert {f"azure-native:{name}" for name in asked.values()} == set(GETTERS)
    for kind, (inputs, outputs) in made.items():
        found = local.invoke(asked[kind], **place(kind, inputs))
        assert found["id"].startswith("/subscriptions/"), kind
        changing = {"properties", "systemData"}
        same = {key: plain(value) for key, value in outputs.items() if key not in changing}
        assert {key: plain(found[key]) for key in same} == same, kind


def test_keys_and_secrets(local: Engine, made: dict[str, tuple[dict[str, Any], dict[str, Any]]]) -> None:
    def ask(function: str, kind: str, **more: Any) -> dict[str, Any]:
        return local.invoke(function, **place(kind, made[kind][0]), **more)

    keys = ask(f"{ML}:listOnlineEndpointKeys", ENDPOINT)
    assert set(keys) == {"primaryKey", "secondaryKey"}
    assert all(isinstance(key, Secret) for key in keys.values())
    accounts = ask("storage:listStorageAccountKeys", "storage:StorageAccount")["keys"]
    assert isinstance(accounts, Secret)
    assert [key["keyName"] for key in accounts.value] == ["key1", "key2"]
    shared = ask("operationalinsights:getSharedKeys", "operationalinsights:Workspace")
    assert shared == ask("operationalinsights:getWorkspaceSharedKeys", "operationalinsights:Workspace")
    assert isinstance(shared["primarySharedKey"], Secret)
    ours = ask(f"{ML}:listWorkspaceKeys", f"{ML}:Workspace")
    assert ours["userStorageKey"] == Secret(accounts.value[0]["value"])
    lines = ask(f"{ML}:getOnlineDeploymentLogs", f"{ML}:OnlineDeployment", tail=3)
    assert lines == {"content": "3 lines of blue"}
    datastore = {**IN_WORKSPACE, "name": "workspaceblobstore"}
    assert isinstance(local.invoke(f"{ML}:listDatastoreSecrets", **datastore)["key"], Secret)


def test_a_datastore_without_secrets_says_so(
    local: Engine, made: dict[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    kind = f"{ML}:Datastore"
    where = place(kind, made[kind][0])

    error = refused(lambda: local.invoke(f"{ML}:listDatastoreSecrets", **where))

    assert "it has no secrets" in error.details()


def test_a_token_for_scoring_only_where_the_endpoint_takes_one(
    local: Engine, made: dict[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    inputs = made[ENDPOINT][0]
    where = place(ENDPOINT, inputs)
    assert (
        "has authMode Key" in refused(lambda: local.invoke(f"{ML}:getOnlineEndpointToken", **where)).details()
    )
    tokens = {**inputs, "endpointName": "tokens", "properties": {"authMode": "AMLToken"}}
    local.create(ENDPOINT, tokens)

    found = local.invoke(f"{ML}:getOnlineEndpointToken", **place(ENDPOINT, tokens))

    assert set(found) == {"accessToken", "expiryTimeUtc", "refreshAfterTimeUtc", "tokenType"}
    assert isinstance(found["accessToken"], Secret)


def test_who_the_program_is_and_its_token(azure: Arm, local: Engine) -> None:
    token = local.invoke("authorization:getClientToken", endpoint="https://ml.azure.com")["token"]
    claims = jwt.decode(plain(token), options={"verify_signature": False})

    assert isinstance(token, Secret)
    assert claims["aud"] == "https://ml.azure.com"
    assert local.invoke("authorization:getClientConfig") == {
        "clientId": azure.settings.client,
        "objectId": claims["oid"],
        "subscriptionId": azure.settings.subscription,
        "tenantId": azure.settings.tenant,
    }


def test_a_container_registry_is_the_resource_alone(
    local: Engine, made: dict[str, tuple[dict[str, Any], dict[str, Any]]]
) -> None:
    kind = "containerregistry:Registry"
    where = place(kind, made[kind][0])

    error = refused(lambda: local.invoke("containerregistry:listRegistryCredentials", **where))

    assert "listCredentials" in error.details()
    assert "404" in error.details()
