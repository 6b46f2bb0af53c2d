"""azure-mgmt-machinelearningservices, unmodified: containers and versions of assets, and registries."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.machinelearningservices import models

from tests.localazure.mgmt import machine_learning
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.resources import Workspace

BLOB = "https://localhost/blob/account/container/path"
KINDS: dict[str, Any] = {
    "model": (
        (models.ModelContainer, models.ModelContainerProperties),
        (models.ModelVersion, models.ModelVersionProperties),
        {"model_uri": BLOB, "model_type": "custom_model", "flavors": {}},
    ),
    "environment": (
        (models.EnvironmentContainer, models.EnvironmentContainerProperties),
        (models.EnvironmentVersion, models.EnvironmentVersionProperties),
        {"image": "mcr.microsoft.com/azureml/inference", "conda_file": "name: x"},
    ),
    "code": (
        (models.CodeContainer, models.CodeContainerProperties),
        (models.CodeVersion, models.CodeVersionProperties),
        {"code_uri": BLOB},
    ),
    "data": (
        (models.DataContainer, partial(models.DataContainerProperties, data_type="uri_file")),
        (models.DataVersionBase, models.UriFileDataVersion),
        {"data_uri": BLOB},
    ),
}


@pytest.fixture
def client(workspace: Workspace) -> Any:
    return machine_learning(workspace.arm)


@pytest.fixture
def where(workspace: Workspace) -> tuple[str, str]:
    """Resource group and workspace."""
    parts = workspace.id.split("/")
    return parts[4], parts[8]


@pytest.mark.parametrize("kind", KINDS)
def test_containers_and_versions(kind: str, client: Any, where: tuple[str, str]):
    (container, about), (version, properties), own = KINDS[kind]
    containers, versions = getattr(client, f"{kind}_containers"), getattr(client, f"{kind}_versions")
    body = container(properties=about(description="ours", tags={"a": "b"}))
    made = containers.create_or_update(*where, "mine", body)
    assert (made.name, made.properties.description, made.properties.next_version) == ("mine", "ours", "1")
    for number in ("1", "2"):
        put = version(properties=properties(tags={"n": number}, **own))
        got = versions.create_or_update(*where, "mine", number, put)
        assert {key: getattr(got.properties, key) for key in own} == own
    assert versions.get(*where, "mine", "2").properties.tags == {"n": "2"}
    assert [one.name for one in versions.list(*where, "mine")] == ["2", "1"]
    assert containers.get(*where, "mine").properties.latest_version == "2"
    assert [one.name for one in containers.list(*where) if one.name != "e"] == ["mine"]

    if kind != "code":  # a code version can't be archived: listing it has no view
        old = version(properties=properties(is_archived=True, **own))
        versions.create_or_update(*where, "mine", "1", old)
        assert [one.name for one in versions.list(*where, "mine")] == ["2"]
        every = versions.list(*where, "mine", list_view_type="All")
        assert [one.name for one in every] == ["2", "1"]
    versions.delete(*where, "mine", "2")
    with pytest.raises(ResourceNotFoundError):
        versions.get(*where, "mine", "2")
    containers.delete(*where, "mine")
    with pytest.raises(ResourceNotFoundError):
        containers.get(*where, "mine")


def test_paths_never_change(client: Any, where: tuple[str, str]):
    for path in (BLOB, BLOB + "/other"):
        body = models.ModelVersion(properties=models.ModelVersionProperties(model_uri=path))
        if path == BLOB:
            client.model_versions.create_or_update(*where, "mine", "1", body)
    with pytest.raises(HttpResponseError, match=r"Asset paths cannot be updated\."):
        client.model_versions.create_or_update(*where, "mine", "1", body)


def ready(workspace: Workspace, registry: str) -> None:
    """Wait until it is: the client's model of a registry has no state."""
    until = time.monotonic() + 10
    while workspace.arm.ok("GET", registry)["properties"]["provisioningState"] != "Succeeded":
        assert time.monotonic() < until


def test_registries(client: Any, workspace: Workspace, where: tuple[str, str]):
    group, name = where[0], unique("reg")
    regions = [models.RegistryRegionArmDetails(location="eastus")]
    body = models.Registry(
        location="eastus",
        region_details=regions,
        identity=models.ManagedServiceIdentity(type="SystemAssigned"),
    )
    # Azure answers 202, as azure-ai-ml's source tells, and this client's operation takes 200 and 201 alone.
    with pytest.raises(HttpResponseError, match="Accepted"):
        client.registries.begin_create_or_update(group, name, body)
    made = client.registries.get(group, name)
    ready(workspace, made.id)
    assert (made.name, made.region_details[0].location) == (name, "eastus")
    assert made.discovery_url.endswith(f"/registries/{name}/discovery")
    tagged = client.registries.update(
        group, name, models.PartialRegistryPartialTrackedResource(tags={"a": "b"})
    )
    assert tagged.tags == {"a": "b"}
    assert [one.name for one in client.registries.list(group)] == [name]
    assert name in {one.name for one in client.registries.list_by_subscription()}

    versions = client.registry_model_versions
    asked = models.PendingUploadRequestDto(pending_upload_type="TemporaryBlobReference")
    upload = versions.create_or_get_start_pending_upload(group, name, "mine", "1", asked)
    blob = upload.blob_reference_for_consumption
    assert blob.credential.sas_uri.startswith(blob.blob_uri)
    version: Any = models.ModelVersion(
        properties=models.ModelVersionProperties(model_uri=f"{blob.blob_uri}/model", tags={"a": "b"})
    )
    put = versions.begin_create_or_update(group, name, "mine", "1", version).result()
    assert put.properties.tags == {"a": "b"}
    assert versions.get(group, name, "mine", "1").properties.provisioning_state == "Succeeded"
    assert [one.name for one in versions.list(group, name, "mine")] == ["1"]
    assert [one.name for one in client.registry_model_containers.list(group, name)] == ["mine"]
    versions.begin_delete(group, name, "mine", "1").result()
    with pytest.raises(ResourceNotFoundError):
        versions.get(group, name, "mine", "1")
    client.registries.begin_delete(group, name).result()
    with pytest.raises(ResourceNotFoundError):
        client.registries.get(group, name)
