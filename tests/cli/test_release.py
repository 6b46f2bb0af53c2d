"""`rollout release`: what it writes into the stack's file, and what it refuses to."""

from __future__ import annotations

import json
from dataclasses import replace
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
import yaml

from rollout.cli import release
from rollout.core.record import Record
from rollout.stack.pulumi_cli import StackError
from tests.cli import climbing
from tests.localazure.resources import Workspace, make_workspace, unique

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.cli.stack import StackView
    from tests.cli.climbing import Climbing

HASH = {1: "1" * 32, 2: "2" * 32, 3: "3" * 32}
LIVE = "tiny:1-00000000"


class Releases:
    """A stack where tiny:1 serves, and what is said to it."""

    def __init__(self, stack: Climbing, capsys: pytest.CaptureFixture[str]) -> None:
        self.stack, self.capsys = stack, capsys
        stack.configure(
            **{
                "rollout:model": "azureml:tiny:1",
                "rollout:environment": "azureml:e:1",
                "rollout:code": "",
                "rollout:scoringScript": "",
            }
        )
        self.workspace = Workspace(stack.arm, "", stack.endpoint.partition("/onlineEndpoints")[0], "")
        register(self.workspace, 1)
        climbing.begun(stack, "tiny:0-00000000")
        over = {"candidate": None, "release": None, "stage": None, "baseline": None}
        stack.write(**over, traffic={"blue": 100})

    @property
    def config(self) -> dict[str, Any]:
        """What the stack's file says."""
        return yaml.safe_load((self.stack.folder / "Pulumi.try.yaml").read_text())["config"]

    def release(self, *words: str) -> dict[str, Any]:
        code, out, err = self.stack.run(self.capsys, "release", *words, "--json")
        assert code == 0, err
        return json.loads(out)

    def refused(self, *words: str, code: int = 2) -> str:
        before = self.config
        ended, out, err = self.stack.run(self.capsys, "release", *words)
        assert (ended, out, self.config) == (code, "", before), err
        return err


def register(workspace: Workspace, version: int) -> None:
    """Register a model as Azure ML's clients do, under the hash of its content."""
    uri = f"azureml://datastores/workspaceblobstore/paths/LocalUpload/{HASH[version]}/model.pkl"
    body = {"properties": {"modelType": "custom_model", "modelUri": uri}}
    workspace.arm.ok("PUT", f"{workspace.id}/models/tiny/versions/{version}", body)


def upload(workspace: Workspace, version: int) -> None:
    """Put a model's content where it is registered to be."""
    arm = workspace.arm
    container = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]["containerName"]
    blob = f"{container}/LocalUpload/{HASH[version]}/model.pkl"
    url = f"{arm.settings.base_url}/blob/{workspace.account}/{blob}"
    assert arm.http.put(url, data=b"weights").status_code == 201


@pytest.fixture
def here(stack: Climbing, capsys: pytest.CaptureFixture[str]) -> Releases:
    return Releases(stack, capsys)


class Staging:
    """An endpoint of another workspace, where tiny:2 is prod."""

    def __init__(self, stack: Climbing) -> None:
        self.arm = stack.arm
        self.workspace = make_workspace(stack.arm)
        upload(self.workspace, 2)
        register(self.workspace, 2)
        self.name = unique("staging-")
        self.workspace.endpoint(self.name)
        self.id = f"{self.workspace.id}/onlineEndpoints/{self.name}"
        body = self.workspace.deployment_body(model=f"{self.workspace.id}/models/tiny/versions/2")
        tags = {"tags": {"ROLLOUT_RELEASE": "tiny:2-5ca1ab1e"}}
        self.arm.done("PUT", f"{self.id}/deployments/main", body | tags)
        self.write(Record(prod="main", prod_release="tiny:2-5ca1ab1e", traffic={"main": 100}))

    def write(self, record: Record) -> None:
        body = {"location": "eastus", "tags": record.tags(), "identity": {"type": "SystemAssigned"}}
        properties = {"authMode": "Key", "traffic": {"main": 100}}
        self.arm.done("PUT", self.id, body | {"properties": properties})


def test_a_model_by_name(here: Releases):
    assert "isn't registered in the workspace" in here.refused("3")
    assert "is no model: azureml:NAME:VERSION" in here.refused("no model at all")
    assert "name a MODEL" in here.refused()
    assert "--override needs rollout:promotesFrom" in here.refused("2", "--override", "why")
    register(here.workspace, 2)
    said = here.release("2")
    assert here.config["rollout:model"] == "azureml:tiny:2"
    assert said["changes"] == {"model": {"was": "azureml:tiny:1", "is": "azureml:tiny:2"}}
    assert said["next"]["reason"]
    assert here.release("tiny:2")["changes"] == {}
    assert here.release("azureml:tiny:1")["changes"]["model"]["is"] == "azureml:tiny:1"
    assert "rollout:code is" in here.refused("2", "--code", "/abs")
    assert "azureml:e:9 isn't registered" in here.refused("2", "--environment", "9")
    assert "the registry nowhere" in here.refused(
        "azureml://registries/nowhere/models/tiny/versions/1", code=1
    )


def test_what_is_healthy_elsewhere(here: Releases, stack: Climbing):
    staging = Staging(stack)
    assert "no online endpoint's ARM id" in here.refused("--from", staging.workspace.id)
    assert "isn't in " in here.refused("--from", staging.id)
    register(here.workspace, 2)
    said = here.release("--from", staging.id)
    assert here.config["rollout:model"] == "azureml:tiny:2"
    assert said["from"] == {"endpoint": staging.name, "release": "tiny:2-5ca1ab1e"}
    assert said["shared"] == []

    under_way = Record(
        prod="main", prod_release="tiny:2-5ca1ab1e", candidate="green", release="tiny:3-x", stage=10
    )
    staging.write(under_way)
    assert "isn't Healthy: tiny:3-x is on its way there, at 10 %" in here.refused("--from", staging.id)
    staging.write(replace(under_way, stage=0, mirror=20))
    assert "tiny:3-x is on its way there, at 0 %, 20 % mirrored" in here.refused("--from", staging.id)
    staging.write(Record(prod="main", prod_release="tiny:2-5ca1ab1e", failed_release="tiny:2-5ca1ab1e"))
    assert "tiny:2-5ca1ab1e failed there" in here.refused("--from", staging.id)
    staging.write(Record(prod="main", prod_release="tiny:9-5ca1ab1e"))
    assert "is Succeeded with tiny:2-5ca1ab1e" in here.refused("--from", staging.id)
    assert "it isn't there" in here.refused("--from", f"{staging.id}-gone", code=1)


def imports(stack: Climbing) -> list[str]:
    """Return what was asked to be copied to a registry."""
    asked = stack.arm.control("GET", "requests")["value"]
    return [each["path"] for each in asked if each["method"] == "POST" and "/import" in each["path"]]


def test_what_isnt_here_goes_through_a_registry(here: Releases, stack: Climbing):
    staging, registry = Staging(stack), unique("reg-")
    body = {"location": "eastus", "identity": {"type": "SystemAssigned"}}
    group = stack.endpoint.partition("/providers/")[0]
    place = f"{group}/providers/Microsoft.MachineLearningServices/registries/{registry}"
    stack.arm.done("PUT", place, body | {"properties": {"regionDetails": [{"location": "eastus"}]}})
    stack.configure(**{"rollout:models": {"share": "nowhere"}, "rollout:promotesFrom": staging.id})
    assert "the registry nowhere" in here.refused("--from", staging.id, code=1)
    stack.configure(**{"rollout:models": {"share": registry}})
    assert "needs a reason" in here.refused("--from", staging.id, "--override", " ")
    assert imports(stack) == [], "nothing is copied for what is refused"
    said = here.release("--from", staging.id)
    model = here.config["rollout:model"]
    assert model.startswith(f"azureml://registries/{registry}/models/tiny/versions/2-")
    assert said["shared"] == [model]
    assert len(imports(stack)) == 1
    assert here.config["rollout:environment"] == "azureml:e:1", "it is here with the same content"
    again = here.release("--from", staging.id)
    assert (again["changes"], again["shared"]) == ({}, [])
    assert here.release(model)["changes"] == {}


def test_only_what_was_healthy_below_is_promoted(here: Releases, stack: Climbing):
    staging = Staging(stack)
    stack.configure(**{"rollout:promotesFrom": staging.id})
    register(here.workspace, 2)
    register(here.workspace, 3)
    assert "it wasn't Healthy at" in here.refused("3")
    assert "model azureml:tiny:3, there azureml:tiny:2" in here.refused("3")
    assert "needs a reason" in here.refused("3", "--override", " ")
    said = here.release("3", "--override", "the  incident")
    assert here.config["rollout:promotionOverride"] == {"model": "azureml:tiny:3", "reason": "the incident"}
    assert said["next"]["step"] == "start" or "lag" in said["next"]["reason"]

    said = here.release("2")
    assert "rollout:promotionOverride" not in here.config
    assert here.config["rollout:model"] == "azureml:tiny:2"


@pytest.mark.parametrize("there", [True, False])
def test_a_file_that_is_written_in_part_is_put_back(tmp_path: Path, *, there: bool):
    file = tmp_path / "Pulumi.dev.yaml"
    if there:
        file.write_text("config: {} # ours\n")

    def set_config(key: str, value: str) -> None:
        if key == "environment":
            raise StackError("no space left on device")
        file.write_text(f"{key}: {value}")

    stack = cast("StackView", SimpleNamespace(file=file, set_config=set_config))
    with pytest.raises(StackError):
        release._write(stack, {"model": "azureml:m:8", "environment": "azureml:e:4"})
    assert (file.read_text() if file.exists() else None) == ("config: {} # ours\n" if there else None)
    release._write(stack, {"model": "azureml:m:8"})
    assert file.read_text() == "model: azureml:m:8"


def test_a_file_that_cannot_be_put_back_is_named(tmp_path: Path):
    file = tmp_path / "Pulumi.dev.yaml"
    file.write_text("config: {}\n")

    def set_config(_: str, __: str) -> None:
        file.unlink()
        file.mkdir()
        raise StackError("no space left on device")

    stack = cast("StackView", SimpleNamespace(file=file, set_config=set_config))
    with pytest.raises(StackError, match=r"dev\.yaml is half written, and can't be put back as it was"):
        release._write(stack, {"model": "azureml:m:8"})
