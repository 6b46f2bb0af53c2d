"""Every kind of release: an MLflow model without code, a container, and a model from a registry."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure import cloud
from rollout.azure.arm import Arm
from rollout.azure.credential import default_tokens
from rollout.azure.sharing import share
from rollout.core.assets import AssetKind, AssetRef
from tests.engine.project import CONFIG, environment
from tests.localazure_serving.mlflow_models import sums

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.local import LocalAzure
    from tests.engine.rollout import Rollout

ASKED = {"input_data": [[1, 2], [3, 4]]}
WITHOUT_CODE: dict[str, Any] = {
    "rollout:model": "azureml:sums:1",
    "rollout:code": "",
    "rollout:scoringScript": "",
    "rollout:environment": "",
    "rollout:probe": {"file": "sums.json", "expect": [0.5], "maxLatency": "10s"},
    "rollout:settings": {
        "requestSettings": {"maxConcurrentRequestsPerInstance": 10},
        "dataCollector": {"collections": [{"name": "model_inputs", "samplingRate": 0.5}]},
    },
}
REGISTRY: dict[str, Any] = {
    "location": "eastus",
    "identity": {"type": "SystemAssigned"},
    "properties": {"regionDetails": [{"location": "eastus"}]},
}


@pytest.fixture
def registered(workspace: LocalAzure, tmp_path: Path) -> LocalAzure:
    """The workspace with versions 1 and 2 of an MLflow model, and a container's environment."""
    for version in ("1", "2"):
        sums(tmp_path / "models" / version / "sums")
    names = {"GROUP": CONFIG["rollout:resourceGroup"], "WORKSPACE": CONFIG["rollout:workspace"]}
    subprocess.run(
        [sys.executable, str(Path(__file__).parent / "kinds" / "register.py"), str(tmp_path / "models")],
        env=environment(workspace.env) | names,
        check=True,
        capture_output=True,
        timeout=120,
    )
    return workspace


def test_every_kind_of_release(
    registered: LocalAzure, rollout: Callable[..., Rollout], monkeypatch: pytest.MonkeyPatch
) -> None:
    given = rollout(**WITHOUT_CODE)
    (given.project.folder / "sums.json").write_text(json.dumps(ASKED))
    given.healthy()
    assert given.traffic() == {"blue": 100}
    assert given.deployments()["blue"].startswith("sums:1-")
    prod = registered.arm("GET", f"{given.endpoint_id}/deployments/blue")["properties"]
    assert not {"environmentId", "codeConfiguration"} & {key for key, value in prod.items() if value}
    assert prod["dataCollector"]["collections"]["model_inputs"]["samplingRate"] == 0.5
    assert given.up("--expect-no-changes").step == "none"

    given.project.configure(**{"rollout:environment": "azureml:container:1"})
    failed = given.up(code=1)
    assert "ImageBuildFailure" in failed.out
    assert "needs a container engine" in " ".join(failed.out.split())
    assert given.up(code=1).step == "abort"
    assert given.traffic() == {"blue": 100}
    assert "ImageBuildFailure" not in given.up().out

    model = _shared(registered, given, monkeypatch)
    given.project.configure(**{"rollout:environment": "", "rollout:model": model})
    assert [given.up().step, given.up().step] == ["start", "advance"]
    assert given.traffic() == {"blue": 90, "green": 10}
    assert given.deployments()["green"].startswith("sums:2-")
    assert registered.arm("GET", f"{given.endpoint_id}/deployments/green")["properties"]["model"] == model
    assert given.project.tags()["ROLLOUT_PROBE"].startswith("Successful sums:2-")


def _shared(azure: LocalAzure, given: Rollout, monkeypatch: pytest.MonkeyPatch) -> str:
    """Share version 2 through a registry; its reference there."""
    group, name = (
        f"/subscriptions/{azure.env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/rg-models",
        "sums-models",
    )
    path = f"{group}/providers/Microsoft.MachineLearningServices/registries/{name}"
    azure.arm("PUT", group, {"location": "eastus"})
    azure.arm("PUT", path, REGISTRY)
    while azure.arm("GET", path)["properties"]["provisioningState"] != "Succeeded":
        time.sleep(0.1)
    for variable, value in azure.env.items():
        monkeypatch.setenv(variable, value)
    where = cloud.resolve(azure.env)
    arm = Arm(where, default_tokens(where), azure.env["AZURE_SUBSCRIPTION_ID"])
    workspace_id = given.endpoint_id.split("/onlineEndpoints/")[0]
    return str(share(arm, workspace_id, AssetRef(AssetKind.MODEL, "sums", "2"), name).ref)
