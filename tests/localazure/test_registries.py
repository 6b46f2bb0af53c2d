"""Registries: the real azure-ai-ml unmodified, and what a deployment makes of what it put there."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

REGISTRY: dict[str, Any] = {
    "location": "eastus",
    "identity": {"type": "SystemAssigned"},
    "properties": {"regionDetails": [{"location": "eastus"}]},
}
SCRIPT = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    Data, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model, Registry, RegistryRegionDetails,
    DataCollector, DeploymentCollection, SystemCreatedAcrAccount, SystemCreatedStorageAccount,
)
from azure.identity import DefaultAzureCredential
group, workspace, registry, endpoint = sys.argv[1:]
who, subscription = DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"]
client = MLClient(who, subscription, group, workspace)
seen = {}

region = RegistryRegionDetails(
    location="eastus",
    acr_config=[SystemCreatedAcrAccount(acr_account_sku="Premium")],
    storage_config=SystemCreatedStorageAccount(
        storage_account_hns=False, storage_account_type="Standard_LRS"))
made = client.registries.begin_create(
    Registry(name=registry, location="eastus", replication_locations=[region])).result()
seen["registry"] = [made.name, client.registries.get(registry).location]
seen["registries"] = [one.name for one in client.registries.list()]
shelf = MLClient(who, registry_name=registry)

client.models.create_or_update(Model(name="m", path="model", version="3", tags={"a": "b"}))
shared = client.models.share("m", "3", share_with_name="m", share_with_version="3", registry_name=registry)
seen["shared"] = [shared.id, shared.version, shared.tags]
try:
    client.models.share("m", "3", share_with_name="m", share_with_version="3", registry_name=registry)
except Exception as error:
    seen["again"] = str(error)
try:
    client.models.share("m", "9", share_with_name="m", share_with_version="9", registry_name=registry)
except Exception as error:
    seen["none"] = str(error)

own = shelf.models.create_or_update(Model(name="own", path="model", version="1"))
seen["own"] = own.id
seen["models"] = sorted(one.name for one in shelf.models.list())
seen["versions"] = [one.version for one in shelf.models.list("m")]
seen["got"] = shelf.models.get("m", "3").name
seen["latest"] = shelf.models.get("m", label="latest").version
for name, version in (("m", "3"), ("own", "1")):
    shelf.models.download(name, version, download_path="got")
seen["downloaded"] = sorted(
    os.path.join(folder[4:], file) for folder, _, files in os.walk("got") for file in files)
environment = shelf.environments.create_or_update(
    Environment(name="e", version="1", image="mcr.microsoft.com/azureml/inference", conda_file="conda.yml"))
seen["environment"] = environment.id
client.environments.create_or_update(Environment(name="w", version="2", image="i", conda_file="conda.yml"))
seen["environment shared"] = client.environments.share(
    "w", "2", share_with_name="w", share_with_version="2", registry_name=registry).id
seen["environments"] = sorted(one.name for one in shelf.environments.list())
seen["environment versions"] = [one.version for one in shelf.environments.list("w")]
seen["image"] = shelf.environments.get("w", "2").image
folder = Data(name="d", version="1", path="model", type="uri_folder")
seen["data"] = [client.data.create_or_update(folder).version, client.data.get("d", label="latest").version]
seen["data shared"] = client.data.share(
    "d", "1", share_with_name="d", share_with_version="1", registry_name=registry).id
mlflow = client.models.create_or_update(Model(name="flow", path="flow", type="mlflow_model"))
seen["flow"] = [mlflow.type, client.models.share(
    "flow", "1", share_with_name="flow", share_with_version="1", registry_name=registry).type]

client.online_endpoints.begin_create_or_update(ManagedOnlineEndpoint(name=endpoint, auth_mode="key")).result()
deployment = client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="blue", endpoint_name=endpoint, instance_type="Standard_DS3_v2", instance_count=1,
    model=f"azureml://registries/{registry}/models/m/versions/3",
    environment=f"azureml://registries/{registry}/environments/e/versions/1")).result()
seen["deployment"] = [deployment.provisioning_state, deployment.model]
alone = client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="green", endpoint_name=endpoint, instance_type="Standard_DS3_v2", instance_count=1,
    model=f"azureml://registries/{registry}/models/flow/versions/1",
    data_collector=DataCollector(rolling_rate="hour", sampling_rate=0.5, collections={
        "model_inputs": DeploymentCollection(enabled="true")}))).result()
seen["alone"] = [alone.provisioning_state, alone.data_collector.rolling_rate,
                 alone.data_collector.collections["model_inputs"].enabled]
client.registries.begin_delete(name=registry).result()
seen["left"] = [one.name for one in client.registries.list()]
print()
print(json.dumps(seen, default=str))
"""


@pytest.fixture
def registry(arm: Arm) -> str:
    """A registry of the test's own; its ARM id."""
    group = f"{arm.subscription}/resourceGroups/{unique('rg-')}"
    arm.ok("PUT", group, {"location": "eastus"})
    path = f"{group}/providers/Microsoft.MachineLearningServices/registries/{unique('reg-')}"
    assert arm.done("PUT", path, REGISTRY)["status"] == "Succeeded"
    return path


def test_the_client_works_unchanged(arm: Arm, workspace: Workspace, tmp_path: Path):
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.txt").write_text(workspace.account)
    (tmp_path / "flow").mkdir()
    (tmp_path / "flow" / "MLmodel").write_text("flavors: {python_function: {env: conda.yaml}}")
    (tmp_path / "flow" / "conda.yaml").write_text("name: flow")
    (tmp_path / "conda.yml").write_text("name: serving\ndependencies:\n- python=3.11\n")
    registry, endpoint = unique("reg"), unique("ep-")
    ended = subprocess.run(
        [sys.executable, "-c", SCRIPT, *workspace.id.split("/")[4:9:4], registry, endpoint],
        env=arm.env | {"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    seen = json.loads(ended.stdout.splitlines()[-1])

    assert "already exists in registry" in seen.pop("again")
    assert "ResourceNotFound" in seen.pop("none")
    at = f"azureml://registries/{registry}"
    assert seen == {
        "registry": [registry, "eastus"],
        "registries": [registry],
        "shared": [f"{at}/models/m/versions/3", "3", {"a": "b"}],
        "own": f"{at}/models/own/versions/1",
        "models": ["m", "own"],
        "versions": ["3"],
        "got": "m",
        "latest": "3",
        "downloaded": ["m/model/weights.txt", "own/model/weights.txt"],
        "environment": f"{at}/environments/e/versions/1",
        "environment shared": f"{at}/environments/w/versions/2",
        "environments": ["e", "w"],
        "environment versions": ["2"],
        "image": "i",
        "data": ["1", "1"],
        "data shared": f"{at}/data/d/versions/1",
        "flow": ["mlflow_model", "mlflow_model"],
        "alone": ["Succeeded", "Hour", "true"],
        "left": [],
        "deployment": ["Succeeded", f"{at}/models/m/versions/3"],
    }
    spec = arm.serving.running[f"{workspace.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.model_dir / "model" / "weights.txt").read_text() == workspace.account
    assert "- python=3.11\n" in spec.conda_file
    spec = arm.serving.running[f"{workspace.id}/onlineEndpoints/{endpoint}".lower(), "green"]
    assert (spec.scoring_script, spec.conda_file) == ("mlflow_score_script.py", "name: flow")


def test_a_shared_model_needs_its_workspace_no_more(arm: Arm, workspace: Workspace, registry: str):
    name = registry.rsplit("/", 1)[1]
    store = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]["containerName"]
    blob = f"{arm.settings.base_url}/blob/{workspace.account}/{store}/up/model.pkl"
    assert arm.http.put(blob, data=b"weights").status_code == 201
    model = {
        "modelType": "custom_model",
        "modelUri": "azureml://datastores/workspaceblobstore/paths/up/model.pkl",
    }
    arm.ok("PUT", f"{workspace.id}/models/m/versions/1", {"properties": model})
    guid = arm.ok("GET", workspace.id)["properties"]["workspaceId"]
    asked = {
        "referenceType": "Id",
        "destinationName": "kept",
        "destinationVersion": "7",
        "sourceAssetId": f"azureml://locations/eastus/workspaces/{guid}/models/m/versions/1",
    }
    began = arm.ask("POST", f"/mferp/managementfrontend{registry}/import", {"properties": asked})
    assert began.status_code == 202
    arm.done("POST", f"{registry}/import", {"properties": asked | {"destinationVersion": "8"}})
    assert arm.ok("GET", f"{registry}/models/kept/versions/8")["properties"]["modelType"] == "custom_model"
    arm.http.delete(blob)

    other = make_workspace(arm)
    other.endpoint(endpoint := unique("ep-"))
    ended = other.deployment(endpoint, "blue", model=f"azureml://registries/{name}/models/kept/versions/7")

    assert ended["status"] == "Succeeded", ended
    spec = arm.serving.running[f"{other.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.model_dir / "model.pkl").read_bytes() == b"weights"
    again = arm.ask("POST", f"{registry}/import", {"properties": asked})
    assert (again.status_code, again.json()["error"]["code"]) == (409, "AssetAlreadyExists")
    there = arm.ok("GET", f"/mferp/managementfrontend{registry}/models/kept/versions/7")
    assert there["id"] == f"azureml://registries/{name}/models/kept/versions/7"
    assert arm.ok("GET", f"{registry}/models/kept/versions/7")["id"] == f"{registry}/models/kept/versions/7"


@pytest.mark.parametrize(
    ("properties", "status", "says"),
    [
        ({"sourceAssetId": "azureml://registries/r/models/m/versions/1"}, 400, "sourceAssetId"),
        (
            {"sourceAssetId": "azureml://locations/l/workspaces/g/components/m/versions/1"},
            400,
            "imports models",
        ),
        ({"sourceAssetId": "azureml://locations/l/workspaces/g/models/m/versions/1"}, 404, "was not found"),
        ({}, 400, "sourceAssetId 'None'"),
    ],
)
def test_what_cannot_be_imported(arm: Arm, registry: str, properties: dict[str, Any], status: int, says: str):
    answer = arm.ask("POST", f"{registry}/import", {"properties": properties})
    assert (answer.status_code, says in answer.json()["error"]["message"]) == (status, True), answer.text


def test_an_import_under_no_name(arm: Arm, workspace: Workspace, registry: str):
    guid = arm.ok("GET", workspace.id)["properties"]["workspaceId"]
    source = f"azureml://locations/eastus/workspaces/{guid}/environments/e/versions/1"
    asked = {"sourceAssetId": source, "destinationName": "a/b"}
    answer = arm.ask("POST", f"{registry}/import", {"properties": asked})
    assert (answer.status_code, "'a/b' in version '1' is no name" in answer.text) == (400, True)


def test_an_import_that_fails_leaves_nothing(arm: Arm, workspace: Workspace, registry: str):
    arm.control("POST", "faults", {"operation": {"path": "kept", "outcome": "fail", "code": "Broken"}})
    guid = arm.ok("GET", workspace.id)["properties"]["workspaceId"]
    source = f"azureml://locations/eastus/workspaces/{guid}/environments/e/versions/1"
    asked = {"sourceAssetId": source, "destinationName": "kept", "destinationVersion": "1"}

    ended = arm.done("POST", f"{registry}/import", {"properties": asked})

    assert ended["error"]["code"] == "Broken"
    assert arm.ask("GET", f"{registry}/environments/kept/versions/1").status_code == 404


def test_a_registry_goes_with_all_that_is_in_it(arm: Arm, registry: str):
    shown = arm.ok("GET", registry)["properties"]
    group = shown["managedResourceGroup"]["resourceId"]
    assert arm.ask("GET", group).ok
    name = registry.rsplit("/", 1)[1]

    arm.done("DELETE", registry)

    assert arm.ask("GET", registry).status_code == 404
    assert arm.ask("GET", group).status_code == 404
    found = arm.ask("GET", f"/registrymanagement/v1.0/registries/{name}/discovery")
    assert (found.status_code, found.json()["error"]["code"]) == (404, "RegistryNotFound")


def test_a_registrys_name_is_taken_once(arm: Arm, registry: str):
    other = f"{arm.subscription}/resourceGroups/{unique('rg-')}"
    arm.ok("PUT", other, {"location": "eastus"})
    below = registry.split("/providers/", 1)[1]
    answer = arm.ask("PUT", f"{other}/providers/{below}", REGISTRY)
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "RegistryAlreadyExists")


def test_files_of_others_are_not_lent(arm: Arm, workspace: Workspace, registry: str):
    uri = f"{arm.settings.base_url}/blob/{workspace.account}/azureml/secret"
    asked = {"assetId": "azureml://registries/r/models/m/versions/1", "blobUri": uri}
    answer = arm.ask("POST", f"/mferp/managementfrontend{registry}/datarefs/m/versions/1", asked)
    assert answer.status_code == 400
    assert "isn't in the storage of the registry" in answer.json()["error"]["message"]
