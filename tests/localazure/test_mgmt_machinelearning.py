"""azure-mgmt-machinelearningservices, unmodified: workspaces, online endpoints and their deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.machinelearningservices import models

from tests.localazure.mgmt import machine_learning
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.resources import Workspace

Where = tuple[str, str]


@pytest.fixture
def client(workspace: Workspace) -> Any:
    return machine_learning(workspace.arm)


@pytest.fixture
def where(workspace: Workspace) -> Where:
    """Resource group and workspace."""
    parts = workspace.id.split("/")
    return parts[4], parts[8]


def endpoint(mode: str = "Key", **more: Any) -> models.OnlineEndpoint:
    properties = models.OnlineEndpointProperties(auth_mode=mode, **more)
    identity = models.ManagedServiceIdentity(type="SystemAssigned")
    return models.OnlineEndpoint(location="eastus", identity=identity, properties=properties)


def deployment(workspace: Workspace, capacity: int = 1) -> models.OnlineDeployment:
    properties = models.ManagedOnlineDeployment(
        environment_id=f"{workspace.id}/environments/e/versions/1",
        instance_type="Standard_DS3_v2",
        environment_variables={"A": "1"},
        request_settings=models.OnlineRequestSettings(max_concurrent_requests_per_instance=2),
    )
    sku = models.Sku(name="Default", capacity=capacity)
    return models.OnlineDeployment(location="eastus", sku=sku, properties=properties)


def test_workspaces(client: Any, workspace: Workspace, where: Where):
    group, name = where
    first = client.workspaces.get(group, name)
    body = models.Workspace(
        location="eastus",
        identity=models.ManagedServiceIdentity(type="SystemAssigned"),
        storage_account=first.storage_account,
        key_vault=first.key_vault,
        application_insights=first.application_insights,
    )
    made = client.workspaces.begin_create_or_update(group, "another", body).result()
    assert (made.provisioning_state, made.location) == ("Succeeded", "eastus")
    assert made.workspace_id != first.workspace_id
    changed = models.WorkspaceUpdateParameters(tags={"a": "b"}, friendly_name="Another")
    client.workspaces.begin_update(group, "another", changed).result()
    got = client.workspaces.get(group, "another")
    assert (got.tags, got.friendly_name) == ({"a": "b"}, "Another")
    assert {one.name for one in client.workspaces.list_by_resource_group(group)} == {name, "another"}
    assert {name, "another"} <= {one.name for one in client.workspaces.list_by_subscription()}
    keys = client.workspaces.list_keys(group, name)
    assert keys.user_storage_key == client.workspaces.list_storage_account_keys(group, name).user_storage_key
    client.workspaces.begin_delete(group, "another").result()
    with pytest.raises(ResourceNotFoundError):
        client.workspaces.get(group, "another")
    assert client.workspaces.get(group, name).id == workspace.id


def test_endpoints(client: Any, where: Where):
    names = [unique("ep-") for _ in range(5)]
    for name in names:
        made = client.online_endpoints.begin_create_or_update(*where, name, endpoint()).result()
        assert (made.name, made.properties.provisioning_state) == (name, "Succeeded")
        assert made.properties.scoring_uri.endswith(f"/{name}.eastus/score")
    pages = list(client.online_endpoints.list(*where, count=2).by_page())
    assert [[one.name for one in page] for page in pages] == [names[:2], names[2:4], names[4:]]
    newest = client.online_endpoints.list(*where, order_by="CreatedAtDesc")
    assert [one.name for one in newest] == names[::-1]

    tags = models.PartialMinimalTrackedResourceWithIdentity(tags={"a": "b"})
    assert client.online_endpoints.begin_update(*where, names[0], tags).result().tags == {"a": "b"}
    client.online_endpoints.begin_delete(*where, names[0]).result()
    with pytest.raises(ResourceNotFoundError):
        client.online_endpoints.get(*where, names[0])
    with pytest.raises(HttpResponseError, match="authMode Key"):
        client.online_endpoints.get_token(*where, names[1])


def test_keys_and_tokens(client: Any, where: Where):
    name = unique("ep-")
    client.online_endpoints.begin_create_or_update(*where, name, endpoint()).result()
    first = client.online_endpoints.list_keys(*where, name)
    again = models.RegenerateEndpointKeysRequest(key_type="Primary")
    client.online_endpoints.begin_regenerate_keys(*where, name, again).result()
    second = client.online_endpoints.list_keys(*where, name)
    assert second.primary_key != first.primary_key
    assert second.secondary_key == first.secondary_key
    given = models.RegenerateEndpointKeysRequest(key_type="Secondary", key_value="my-own-key")
    client.online_endpoints.begin_regenerate_keys(*where, name, given).result()
    assert client.online_endpoints.list_keys(*where, name).secondary_key == "my-own-key"

    other = unique("ep-")
    client.online_endpoints.begin_create_or_update(*where, other, endpoint("AMLToken")).result()
    token = client.online_endpoints.get_token(*where, other)
    assert token.token_type == "Bearer"  # noqa: S105 - the kind of token
    assert token.expiry_time_utc > token.refresh_after_time_utc
    with pytest.raises(HttpResponseError, match="authMode AMLToken"):
        client.online_endpoints.list_keys(*where, other)


def test_deployments(client: Any, workspace: Workspace, where: Where):
    name = unique("ep-")
    client.online_endpoints.begin_create_or_update(*where, name, endpoint()).result()
    at = (*where, name)
    for color in ("blue", "green"):
        made = client.online_deployments.begin_create_or_update(*at, color, deployment(workspace)).result()
        assert (made.properties.provisioning_state, made.sku.capacity) == ("Succeeded", 1)
        assert made.properties.environment_variables == {"A": "1"}
        assert made.properties.liveness_probe.failure_threshold == 30
    pages = client.online_deployments.list(*at).by_page()
    assert [[one.name for one in page] for page in pages] == [["blue", "green"]]

    scaled = models.PartialMinimalTrackedResourceWithSku(sku=models.PartialSku(capacity=3), tags={"a": "b"})
    patched = client.online_deployments.begin_update(*at, "blue", scaled).result()
    assert (patched.sku.capacity, patched.tags) == (3, {"a": "b"})
    assert patched.properties.environment_variables == {"A": "1"}
    again = client.online_deployments.begin_create_or_update(*at, "blue", deployment(workspace, 2)).result()
    assert again.sku.capacity == 2
    asked = models.DeploymentLogsRequest(container_type="InferenceServer", tail=7)
    assert client.online_deployments.get_logs(*at, "blue", asked).content == "7 lines of blue"
    (sku,) = client.online_deployments.list_skus(*at, "blue")
    assert (sku.sku.name, sku.capacity.scale_type) == ("Default", "Manual")

    share = endpoint(traffic={"blue": 100}, mirror_traffic={"green": 10})
    live = client.online_endpoints.begin_create_or_update(*at, share).result().properties
    assert (live.traffic, live.mirror_traffic) == ({"blue": 100}, {"green": 10})
    with pytest.raises(HttpResponseError, match="100 % of traffic"):
        client.online_deployments.begin_delete(*at, "blue")
    client.online_endpoints.begin_create_or_update(*at, endpoint(traffic={"blue": 100})).result()
    client.online_deployments.begin_delete(*at, "green").result()
    assert [one.name for one in client.online_deployments.list(*at)] == ["blue"]
    client.online_endpoints.begin_delete(*at).result()
    with pytest.raises(ResourceNotFoundError):
        client.online_deployments.get(*at, "blue")
