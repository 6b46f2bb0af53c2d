"""The real azure-ai-ml, unmodified, in a process that has only the variables of `localazure env`."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.localazure.resources import unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.resources import Workspace

START = """
import json, os, sys, warnings
warnings.simplefilter("ignore")
from azure.ai.ml import MLClient
from azure.ai.ml.entities import (
    CodeConfiguration, Data, Environment, ManagedOnlineDeployment, ManagedOnlineEndpoint, Model
)
from azure.identity import DefaultAzureCredential
group, workspace, endpoint = sys.argv[1:]
client = MLClient(DefaultAzureCredential(), os.environ["AZURE_SUBSCRIPTION_ID"], group, workspace)
seen = {}
"""
ASSETS = """
seen["location"] = client.workspaces.get(workspace).location
first = client.models.create_or_update(Model(name="m", path="model", tags={"a": "b"}))
again = client.models.create_or_update(Model(name="m", path="model", version="7"))
seen["versions"] = [first.version, again.version]
seen["latest"] = client.models.get("m", label="latest").version
seen["models"] = [one.name for one in client.models.list()]
seen["listed"] = [one.version for one in client.models.list("m")]
seen["tags"] = client.models.get("m", "1").tags
client.models.download("m", "1", download_path="got")
seen["downloaded"] = open("got/m/model/weights.txt").read()
client.models.archive("m", "7")
seen["active"] = [one.version for one in client.models.list("m")]
environment = client.environments.create_or_update(
    Environment(name="serving", image="mcr.microsoft.com/azureml/inference", conda_file="conda.yml"))
seen["environment"] = environment.version
for path, kind in (("model", "uri_folder"), ("conda.yml", "uri_file")):
    made = client.data.create_or_update(Data(name=kind, path=path, type=kind, tags={"a": "b"}))
    got = client.data.get(kind, label="latest")
    seen[kind] = [made.version, got.version, got.type, got.tags, got.path.rsplit("/", 1)[1]]
seen["data"] = sorted(one.name for one in client.data.list())
client.data.archive("uri_file", "1")
seen["data versions"] = [one.version for one in client.data.list("uri_file")]
try:
    client.models.create_or_update(Model(name="m", path="conda.yml", version="1"))
except Exception as error:
    seen["other path"] = str(error)
"""
ENDPOINTS = """
made = client.online_endpoints.begin_create_or_update(
    ManagedOnlineEndpoint(name=endpoint, auth_mode="key", tags={"A": "b"})).result()
seen["state"] = made.provisioning_state
seen["uri"] = made.scoring_uri
deployment = client.online_deployments.begin_create_or_update(ManagedOnlineDeployment(
    name="blue", endpoint_name=endpoint, environment="e:1", instance_type="Standard_DS3_v2", instance_count=1,
    model=Model(path="model", name=endpoint), environment_variables={"A": "1"},
    code_configuration=CodeConfiguration(code="code", scoring_script="score.py"))).result()
seen["deployment"] = deployment.provisioning_state
made.traffic = {"blue": 100}
seen["traffic"] = client.online_endpoints.begin_create_or_update(made).result().traffic
key = client.online_endpoints.get_keys(endpoint).primary_key
client.online_endpoints.begin_regenerate_keys(endpoint, key_type="primary").result()
seen["new key"] = client.online_endpoints.get_keys(endpoint).primary_key != key
seen["endpoints"] = [one.name for one in client.online_endpoints.list()]
seen["deployments"] = [one.name for one in client.online_deployments.list(endpoint)]
again = client.online_deployments.get("blue", endpoint)
again.instance_count = 2
seen["count"] = client.online_deployments.begin_create_or_update(again).result().instance_count
seen["logs"] = client.online_deployments.get_logs("blue", endpoint, lines=5)
try:
    client.online_deployments.begin_delete("blue", endpoint).result()
except Exception as error:
    seen["with traffic"] = str(error)
client.online_endpoints.begin_delete(endpoint).result()
seen["left"] = [one.name for one in client.online_endpoints.list()]
"""
END = "\nprint()\nprint(json.dumps(seen, default=str))"


@pytest.fixture
def seen(workspace: Workspace, tmp_path: Path) -> dict[str, Any]:
    """What a script with a client saw; one process, because the client alone takes seconds to import."""
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "weights.txt").write_text(workspace.account)
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "score.py").write_text("def init(): ...\n\n\ndef run(raw):\n    return raw\n")
    (tmp_path / "conda.yml").write_text("name: serving\ndependencies:\n- python=3.11\n")
    ended = subprocess.run(
        [
            sys.executable,
            "-c",
            START + ASSETS + ENDPOINTS + END,
            *workspace.id.split("/")[4:9:4],
            unique("ep-"),
        ],
        env=workspace.arm.env | {"HOME": str(tmp_path)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr[-3000:]
    return json.loads(ended.stdout.splitlines()[-1])


def test_the_client_works_unchanged(seen: dict[str, Any], workspace: Workspace):
    refused = {key: seen.pop(key) for key in ("other path", "with traffic")}
    assert "Asset paths cannot be updated." in refused["other path"]
    assert "100 % of traffic" in refused["with traffic"]
    uri = seen.pop("uri")
    assert uri.endswith(".eastus/score")
    assert seen == {
        "location": "eastus",
        "versions": ["1", "7"],
        "latest": "7",
        "models": ["m"],
        "listed": ["7", "1"],
        "tags": {"a": "b"},
        "downloaded": workspace.account,
        "active": ["1"],
        "environment": "1",
        "uri_folder": ["1", "1", "uri_folder", {"a": "b"}, "model"],
        "uri_file": ["1", "1", "uri_file", {"a": "b"}, "conda.yml"],
        "data": ["uri_file", "uri_folder"],
        "data versions": [],
        "state": "Succeeded",
        "deployment": "Succeeded",
        "traffic": {"blue": 100},
        "new key": True,
        "endpoints": [uri.rsplit("/", 2)[1].split(".")[0]],
        "deployments": ["blue"],
        "count": 2,
        "logs": "5 lines of blue",
        "left": [],
    }
