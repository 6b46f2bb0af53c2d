from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobClient, BlobServiceClient, ContainerClient

from localazure.assets.sas import container_sas
from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.fixture
def storage(arm: Arm, workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> BlobServiceClient:
    """The workspace's account with its key, as azure-ai-ml is led to it."""
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", arm.env["REQUESTS_CA_BUNDLE"])
    store = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]
    secrets = arm.ok("POST", f"{workspace.id}/datastores/workspaceblobstore/listSecrets", {})
    url = f"{store['protocol']}://{store['accountName']}.blob.{store['endpoint']}"
    return BlobServiceClient(url, credential=secrets["key"], retry_total=0)


def put_model(arm: Arm, workspace: Workspace, version: str, uri: str):
    body = {"properties": {"modelType": "custom_model", "modelUri": uri}}
    return arm.ask("PUT", f"{workspace.id}/models/m/versions/{version}", body)


def test_versions_count_and_the_latest_is_the_one_created_last(arm: Arm, workspace: Workspace):
    for version in ("1", "9", "2"):
        assert (
            put_model(arm, workspace, version, f"azureml://datastores/d/paths/{version}").status_code == 201
        )

    container = arm.ok("GET", f"{workspace.id}/models/m")["properties"]
    assert (container["latestVersion"], container["nextVersion"]) == ("2", "10")
    newest = arm.ok(
        "GET", f"{workspace.id}/models/m/versions", params={"$orderBy": "createdtime desc", "$top": "1"}
    )
    assert [one["name"] for one in newest["value"]] == ["2"]
    assert newest["value"][0]["properties"]["flavors"] == {}


def test_paths_never_change(arm: Arm, workspace: Workspace):
    put_model(arm, workspace, "1", "azureml://datastores/d/paths/a")

    assert put_model(arm, workspace, "1", "azureml://datastores/d/paths/a").status_code == 200
    refused = put_model(arm, workspace, "1", "azureml://datastores/d/paths/b")
    assert refused.json()["error"]["code"] == "UserError"
    assert refused.json()["error"]["message"] == "Asset paths cannot be updated."


def test_archived_versions_are_listed_only_when_asked_for(arm: Arm, workspace: Workspace):
    put_model(arm, workspace, "1", "azureml://datastores/d/paths/a")
    path = f"{workspace.id}/models/m/versions"
    body = arm.ok("GET", f"{path}/1")
    body["properties"]["isArchived"] = True
    arm.ok("PUT", f"{path}/1", body)

    assert arm.ok("GET", path, params={"listViewType": "ActiveOnly"})["value"] == []
    assert len(arm.ok("GET", path, params={"listViewType": "All"})["value"]) == 1
    assert len(arm.ok("GET", path, params={"listViewType": "ListViewType.ARCHIVED_ONLY"})["value"]) == 1


def test_an_environment_version_cant_change(arm: Arm, workspace: Workspace):
    path = f"{workspace.id}/environments/e/versions/1"
    refused = arm.ask("PUT", path, {"properties": {"image": "other"}})
    assert refused.status_code == 400
    assert "can't be changed" in refused.json()["error"]["message"]


def test_code_is_uploaded_with_a_sas_and_found_by_its_hash(
    arm: Arm, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", arm.env["REQUESTS_CA_BUNDLE"])
    code = f"{workspace.id}/codes/{unique('c')}/versions"
    pending = arm.ok("POST", f"{code}/1/startPendingUpload", {"pendingUploadType": "TemporaryBlobReference"})
    reference = pending["blobReferenceForConsumption"]
    container = ContainerClient.from_container_url(reference["credential"]["sasUri"], retry_total=0)
    container.upload_blob("code/score.py", b"def run(): ...")
    properties = {"codeUri": f"{reference['blobUri']}/code", "properties": {"hash_sha256": "abc"}}
    arm.ok("PUT", f"{code}/1", {"properties": properties})

    elsewhere = f"{workspace.id}/codes/{unique('c')}/versions"
    assert len(arm.ok("GET", elsewhere, params={"hash": "abc", "hashVersion": "202208"})["value"]) == 1
    assert arm.ok("GET", elsewhere, params={"hash": "abd", "hashVersion": "202208"})["value"] == []


def test_a_models_folder_keeps_its_name_below_the_model_dir(
    arm: Arm, workspace: Workspace, storage: BlobServiceClient
):
    store = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]
    container = storage.get_container_client(store["containerName"])
    container.upload_blob("LocalUpload/1/model/a.txt", b"a")
    container.upload_blob("LocalUpload/1/model/sub/b.txt", b"b")
    put_model(arm, workspace, "1", "azureml://datastores/workspaceblobstore/paths/LocalUpload/1/model")
    endpoint = unique("ep-")
    workspace.endpoint(endpoint)

    workspace.deployment(endpoint, "blue", model=f"{workspace.id}/models/m/versions/1")

    spec = arm.serving.running[f"{workspace.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.model_dir / "model" / "a.txt").read_bytes() == b"a"
    assert (spec.model_dir / "model" / "sub" / "b.txt").read_bytes() == b"b"


def test_a_model_without_files_fails_its_deployment(arm: Arm, workspace: Workspace):
    put_model(arm, workspace, "1", "azureml://datastores/workspaceblobstore/paths/nothing")
    endpoint = unique("ep-")
    workspace.endpoint(endpoint)

    ended = workspace.deployment(endpoint, "blue", model=f"{workspace.id}/models/m/versions/1")

    assert ended["status"] == "Failed"
    assert "no files at azureml://" in ended["error"]["message"]


def test_blobs_through_the_storage_client(storage: BlobServiceClient):
    container = storage.create_container(unique("c"))
    big = bytes(range(256)) * 1024
    blocks = BlobClient(
        storage.url, container.container_name, "big ä+%", credential=storage.credential, max_block_size=2**16,
        max_single_put_size=2**16, max_single_get_size=2**16, max_chunk_get_size=2**16, retry_total=0,
    )  # fmt: skip
    blocks.upload_blob(big, metadata={"upload_status": "completed", "name": "m"})
    container.upload_blob("dir/one", b"1")
    container.upload_blob("dir/two", b"")

    assert blocks.download_blob().readall() == big
    assert blocks.get_blob_properties().metadata == {"upload_status": "completed", "name": "m"}
    assert container.download_blob("dir/two").readall() == b""
    assert [one.name for one in container.list_blobs(name_starts_with="dir/")] == ["dir/one", "dir/two"]
    assert {one.name for one in container.walk_blobs()} == {"big ä+%", "dir/"}
    container.upload_blob("dir/one", b"other", overwrite=True)
    assert container.download_blob("dir/one").readall() == b"other"
    with pytest.raises(HttpResponseError):
        container.upload_blob("dir/one", b"again", overwrite=False)
    blocks.set_blob_metadata({"upload_status": "again"})
    assert blocks.get_blob_properties().metadata == {"upload_status": "again"}
    container.delete_blob("dir/one")
    with pytest.raises(ResourceNotFoundError):
        container.download_blob("dir/one")


@pytest.mark.parametrize("how", ["none", "wrong key", "expired", "read only", "garbage token"])
def test_blobs_only_for_who_may(arm: Arm, workspace: Workspace, storage: BlobServiceClient, how: str):
    container = storage.create_container(unique("c")).container_name
    url = f"{arm.settings.base_url}/blob/{workspace.account}/{container}/x"
    key = storage.credential.account_key
    signed = {
        "none": "",
        "wrong key": container_sas(workspace.account, "AAAA" + key[4:], container, 60),
        "expired": container_sas(workspace.account, key, container, -1),
        "read only": container_sas(workspace.account, key, container, 60, permissions="rl"),
        "garbage token": "",
    }[how]
    headers = {"Authorization": "Bearer x.y.z"} if how == "garbage token" else {"Authorization": None}
    answer = arm.http.put(f"{url}?{signed}", data=b"x", headers=headers)
    assert answer.status_code in {401, 403}
    assert answer.headers["x-ms-error-code"] in {
        "NoAuthenticationInformation",
        "AuthenticationFailed",
        "InvalidAuthenticationInfo",
    }


def test_blobs_with_a_token(arm: Arm, workspace: Workspace, storage: BlobServiceClient):
    container = storage.create_container(unique("c")).container_name
    url = f"{arm.settings.base_url}/blob/{workspace.account}/{container}/x"
    assert arm.http.put(url, data=b"x").status_code == 201
    assert arm.http.get(url).content == b"x"
