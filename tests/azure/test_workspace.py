from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure.errors import Forbidden, Missing, Unintelligible
from rollout.azure.workspace import latest_version, own_datastore, read_asset, read_workspace
from rollout.core.assets import AssetKind, AssetRef
from tests.azure.conftest import WORKSPACE
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

INSIGHTS = "/subscriptions/sub-1/resourceGroups/rg-2/providers/Microsoft.Insights/components/appi"
LOGS = "/subscriptions/sub-1/resourceGroups/rg-2/providers/Microsoft.OperationalInsights/workspaces/log"
STORAGE = "/subscriptions/sub-1/resourceGroups/rg-2/providers/Microsoft.Storage/storageAccounts/stcredit"
BODY: dict[str, Any] = {
    "id": WORKSPACE,
    "name": "mlw",
    "location": "westeurope",
    "properties": {"workspaceId": "guid", "storageAccount": STORAGE, "applicationInsights": INSIGHTS},
}


def test_a_workspace_and_what_it_is_joined_to(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/workspaces/mlw", Says(200, BODY))
    fake.on("GET", "/components/appi", Says(200, {"properties": {"WorkspaceResourceId": LOGS}}))
    found = read_workspace(arm, WORKSPACE)
    assert found is not None
    assert (found.location, found.guid, found.storage_id) == ("westeurope", "guid", STORAGE)
    assert (found.insights_id, found.logs_id) == (INSIGHTS, LOGS)
    assert fake.paths()[1] == f"{INSIGHTS}?api-version=2020-02-02"


def test_a_workspace_without_insights_has_no_logs(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/workspaces/mlw", Says(200, {**BODY, "properties": {"applicationInsights": None}}))
    found = read_workspace(arm, WORKSPACE)
    assert found is not None
    assert (found.insights_id, found.logs_id, found.storage_id) == (None, None, None)


def test_no_workspace_is_none_and_unreadable_insights_are_kept_as_a_fault(fake: FakeAzure, arm: Arm):
    assert read_workspace(arm, WORKSPACE) is None
    fake.on("GET", "/workspaces/mlw", Says(200, BODY))
    fake.on("GET", "/components/appi", Says(403, {"error": {"code": "AuthorizationFailed", "message": "No"}}))
    found = read_workspace(arm, WORKSPACE)
    assert found is not None
    assert isinstance(found.logs_id, Forbidden)
    assert "the Application Insights appi can't be read: 403" in str(found.logs_id)
    odd = {**BODY, "properties": {"applicationInsights": "no id"}}
    fake.on("GET", "/workspaces/mlw", Says(200, odd))
    found = read_workspace(arm, WORKSPACE)
    assert found is not None
    assert isinstance(found.logs_id, Unintelligible)


def version(name: str, *, archived: bool = False) -> dict[str, Any]:
    return {
        "id": f"{WORKSPACE}/models/m/versions/{name}",
        "name": name,
        "systemData": {"createdAt": f"2026-11-0{name}T00:00:00Z"},
        "properties": {"isArchived": archived, "flavors": {}},
    }


def test_latest_is_the_newest_that_isnt_archived(fake: FakeAzure, arm: Arm):
    listed = {"value": [version("3", archived=True), version("2"), version("9")]}
    fake.on("GET", "/models/m/versions", Says(200, listed))
    assert latest_version(arm, WORKSPACE, AssetKind.MODEL, "m") == "2"
    assert "$orderBy=createdtime+desc" in fake.paths()[0]
    assert "listViewType=ActiveOnly" in fake.paths()[0]


@pytest.mark.parametrize(
    "says",
    [
        Says(200, {"value": []}),
        Says(200, {"value": [version("3", archived=True)]}),
        Says(404, {"error": {"code": "ResourceNotFound", "message": "x"}}),
    ],
)
def test_no_version_is_a_fault(fake: FakeAzure, arm: Arm, says: Says):
    fake.on("GET", "/models/m/versions", says)
    with pytest.raises(Missing, match="the newest version of azureml:m can't be read"):
        latest_version(arm, WORKSPACE, "models", "m")


def test_a_version_is_there_or_not(fake: FakeAzure, arm: Arm):
    ref = AssetRef.parse("azureml:m:2", AssetKind.MODEL)
    assert read_asset(arm, WORKSPACE, ref) is None
    fake.on("GET", "/models/m/versions/2", Says(200, version("2")))
    found = read_asset(arm, WORKSPACE, ref)
    assert found is not None
    assert (found.version, found.archived) == ("2", False)
    assert found.created_at == datetime(2026, 11, 2, tzinfo=UTC)
    with pytest.raises(ValueError, match="is in a registry, not in a workspace"):
        read_asset(
            arm, WORKSPACE, AssetRef.parse("azureml://registries/r/models/m/versions/1", AssetKind.MODEL)
        )


def datastore(**properties: Any) -> dict[str, Any]:
    default = {
        "datastoreType": "AzureBlob",
        "containerName": "azureml-blobstore",
        "credentials": {"credentialsType": "AccountKey"},
    }
    return {"id": "x", "name": "workspaceblobstore", "properties": default | properties}


def test_the_workspaces_own_datastore(fake: FakeAzure, arm: Arm):
    fake.on("GET", "/datastores/workspaceblobstore", Says(200, datastore()))
    found = own_datastore(arm, WORKSPACE)
    assert found.id == f"{WORKSPACE}/datastores/workspaceblobstore"
    assert (found.container, found.credentials) == ("azureml-blobstore", "AccountKey")


def test_a_datastore_without_container_is_told(fake: FakeAzure, arm: Arm):
    with pytest.raises(
        Missing, match="the datastore workspaceblobstore of mlw can't be read: it isn't there"
    ):
        own_datastore(arm, WORKSPACE)
    fake.on("GET", "/datastores/", Says(200, datastore(containerName=None)))
    with pytest.raises(Unintelligible, match="its containerName is None"):
        own_datastore(arm, WORKSPACE)
