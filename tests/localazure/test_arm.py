from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localazure.arm.errors import ArmError
from localazure.arm.paths import parse
from tests.localazure.resources import ENDPOINT, unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.mark.parametrize(
    ("path", "resource_type", "names", "tail"),
    [
        ("/subscriptions/s", "Microsoft.Resources/subscriptions", ("s",), None),
        ("/subscriptions/s/resourcegroups", "Microsoft.Resources/subscriptions", ("s",), "resourceGroups"),
        ("/subscriptions/s/resourceGroups/g", "Microsoft.Resources/resourceGroups", ("g",), None),
        ("/subscriptions/s/resourceGroups/g/providers/N/a", "N", (), "a"),
        ("/subscriptions/s/resourceGroups/g/providers/N/a/1/b/2", "N/a/b", ("1", "2"), None),
        ("/subscriptions/s/resourceGroups/g/providers/N/a/1/providers/M/b/2", "M/b", ("2",), None),
        ("/subscriptions/s/providers/N/a/1/go", "N/a", ("1",), "go"),
    ],
)
def test_paths(path: str, resource_type: str, names: tuple[str, ...], tail: str | None):
    found = parse(path)
    assert (found.type, found.names, found.tail) == (resource_type, names, tail)


@pytest.mark.parametrize("path", ["/subscriptions", "/subscriptions/s/resourceGroups/g/x/y", "/providers"])
def test_paths_of_nothing(path: str):
    with pytest.raises(ArmError):
        parse(path)


def test_a_group_is_found_in_any_casing_and_keeps_its_own(arm: Arm):
    name = unique("Rg-")
    created = arm.ask(
        "PUT", f"{arm.subscription}/resourcegroups/{name}", {"location": "eastus", "tags": {"A": "1"}}
    )
    assert created.status_code == 201

    found = arm.ok("GET", f"{arm.subscription}/ResourceGroups/{name.upper()}")

    assert found["id"] == f"{arm.subscription}/resourceGroups/{name}"
    assert found["properties"] == {"provisioningState": "Succeeded"}
    assert arm.ask("HEAD", found["id"]).status_code == 204
    assert name in [one["name"] for one in arm.ok("GET", f"{arm.subscription}/resourceGroups")["value"]]


def test_requests_need_an_api_version(arm: Arm):
    answer = arm.ask("GET", arm.subscription, params={"api-version": ""})
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "MissingApiVersionParameter")


def test_every_answer_has_azures_headers(arm: Arm):
    answer = arm.ask("GET", arm.subscription, headers={"x-ms-client-request-id": "mine"})
    assert answer.headers["x-ms-client-request-id"] == "mine"
    assert answer.headers["x-ms-request-id"]
    assert answer.headers["Date"].endswith("GMT")


def test_a_type_that_nobody_described_is_a_plain_store(arm: Arm, workspace: Workspace):
    path = f"{workspace.group}/providers/Microsoft.Contoso/widgets/slow"
    body = {"location": "global", "tags": {"b": "1", "a": "2"}, "properties": {"severity": 2}}
    assert arm.ask("PUT", path, body).status_code == 201
    assert arm.ask("PUT", path, body).status_code == 200

    shown = arm.ok("GET", path)

    assert shown["type"] == "Microsoft.Contoso/widgets"
    assert list(shown["tags"]) == ["b", "a"]
    patched = arm.ok("PATCH", path, {"properties": {"enabled": True}, "tags": {"c": "3"}})
    assert patched["properties"] == {"severity": 2, "enabled": True}
    assert patched["tags"] == {"c": "3"}
    assert arm.ask("DELETE", path).status_code == 200
    assert arm.ask("DELETE", path).status_code == 204


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("{subscription}/resourceGroups/nothere/providers/N/a/1", "ResourceGroupNotFound"),
        ("{subscription}/resourceGroups/nothere", "ResourceGroupNotFound"),
        ("{group}/providers/N/a/1", "ResourceNotFound"),
        ("{group}/providers/N/a/1/b/2", "ParentResourceNotFound"),
        ("{group}/providers/N/a/1/providers/M/b/2", "ResourceNotFound"),
        ("/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/x", "SubscriptionNotFound"),
    ],
)
def test_what_isnt_there(arm: Arm, workspace: Workspace, path: str, code: str):
    answer = arm.ask("GET", path.format(subscription=arm.subscription, group=workspace.group))
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, code)


def test_a_second_subscription_is_apart(arm: Arm):
    other = f"/subscriptions/{arm.settings.other_subscription}"
    assert [one["id"] for one in arm.ok("GET", "/subscriptions")["value"]] == [arm.subscription, other]
    assert arm.ok("GET", other.upper())["id"] == other
    name = unique("rg-")
    arm.ok("PUT", f"{other}/resourceGroups/{name}", {"location": "eastus"})
    assert [one["name"] for one in arm.ok("GET", f"{other}/resourceGroups")["value"]] == [name]
    assert arm.ask("GET", f"{arm.subscription}/resourceGroups/{name}").status_code == 404


def test_deleting_a_group_deletes_what_is_in_it(arm: Arm, workspace: Workspace):
    endpoint = unique("ep-")
    workspace.endpoint(endpoint)
    workspace.deployment(endpoint, "blue")

    assert arm.done("DELETE", workspace.group)["status"] == "Succeeded"

    assert arm.ask("GET", workspace.id).json()["error"]["code"] == "ResourceGroupNotFound"
    assert endpoint not in arm.serving.routes


def test_a_workspace_with_an_endpoint_cant_be_deleted(arm: Arm, workspace: Workspace):
    arm.done("PUT", f"{workspace.id}/onlineEndpoints/{unique('ep-')}", ENDPOINT)
    answer = arm.ask("DELETE", workspace.id)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CannotDeleteResource")


def test_a_workspace_knows_its_services(arm: Arm, workspace: Workspace):
    shown = arm.ok("GET", workspace.id)["properties"]
    assert shown["workspaceId"]
    assert (
        arm.ok("GET", shown["discoveryUrl"].removeprefix(arm.settings.base_url))["api"]
        == arm.settings.base_url
    )
    stores = arm.ok("GET", f"{workspace.id}/datastores")["value"]
    assert {one["name"] for one in stores} == {"workspaceblobstore", "workspaceartifactstore"}


@pytest.mark.parametrize("missing", ["storageAccount", "keyVault", "applicationInsights"])
def test_a_workspace_needs_what_azure_needs(arm: Arm, workspace: Workspace, missing: str):
    body = {"location": "eastus", "identity": {"type": "SystemAssigned"}}
    given = arm.ok("GET", workspace.id)["properties"]
    names = {"storageAccount", "keyVault", "applicationInsights"} - {missing}
    path = f"{workspace.group}/providers/Microsoft.MachineLearningServices/workspaces/other"
    answer = arm.ask("PUT", path, body | {"properties": {name: given[name] for name in names}})
    assert answer.status_code == 400
    assert missing in answer.json()["error"]["message"]


def test_diagnostic_settings_hang_on_any_resource(arm: Arm, workspace: Workspace):
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/logs"
    created = arm.ok("PUT", logs, {"location": "eastus", "properties": {}})
    assert created["properties"]["customerId"]
    assert arm.ok("POST", f"{logs}/sharedKeys")["primarySharedKey"]
    arm.done("PUT", f"{workspace.id}/onlineEndpoints/{unique('ep-')}", ENDPOINT)

    settings = f"{workspace.id}/providers/Microsoft.Insights/diagnosticSettings"
    properties = {"workspaceId": logs, "logs": [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}]}
    arm.ok("PUT", f"{settings}/to-logs", {"properties": properties})

    assert [one["name"] for one in arm.ok("GET", settings)["value"]] == ["to-logs"]
    refused = arm.ask("PUT", f"{settings}/none", {"properties": {"logs": properties["logs"]}})
    assert refused.status_code == 400


def test_what_a_registry_and_a_component_add(arm: Arm, workspace: Workspace):
    registry = f"{workspace.group}/providers/Microsoft.ContainerRegistry/registries/{unique('acr')}"
    created = arm.ok("PUT", registry, {"location": "eastus", "sku": {"name": "Standard"}})
    assert created["properties"]["loginServer"].startswith("acr")
    component = arm.ok("GET", f"{workspace.group}/providers/Microsoft.Insights/components/appi")["properties"]
    assert component["InstrumentationKey"] in component["ConnectionString"]


def test_a_body_that_is_no_object_is_refused(arm: Arm, workspace: Workspace):
    answer = arm.ask("PUT", f"{workspace.group}/providers/N/a/1", ["x"])
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "InvalidRequestContent")


def test_deleting_a_group_cancels_what_is_still_being_deployed_in_it(arm: Arm, workspace: Workspace):
    endpoint = unique("ep-")
    workspace.endpoint(endpoint)
    path = f"{workspace.id}/onlineEndpoints/{endpoint}/deployments/blue"
    arm.control("POST", "faults", {"operation": {"path": path, "outcome": "hang"}})
    begun = arm.ask("PUT", path, workspace.deployment_body())

    assert arm.done("DELETE", workspace.group)["status"] == "Succeeded"

    assert arm.http.get(begun.headers["Azure-AsyncOperation"]).json()["status"] == "Canceled"
    assert arm.ask("PUT", workspace.group, {"location": "eastus"}).status_code == 201
    assert arm.ask("GET", workspace.id).status_code == 404


def test_a_container_that_arm_makes_takes_blobs(arm: Arm, workspace: Workspace):
    account = f"{workspace.group}/providers/Microsoft.Storage/storageAccounts/{workspace.account}"
    arm.ok("PUT", f"{account}/blobServices/default/containers/mine", {"properties": {}})
    url = f"{arm.settings.base_url}/blob/{workspace.account}/mine/x"
    assert arm.http.put(url, data=b"x").status_code == 201
    assert arm.ok("DELETE", account) is None
    assert arm.http.get(url).status_code == 404
