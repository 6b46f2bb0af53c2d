"""Models and environments shared through a registry, against a local Azure."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure import cloud
from rollout.azure.arm import Arm
from rollout.azure.credential import default_tokens
from rollout.azure.errors import Missing, Unintelligible, WriteRefused
from rollout.azure.sharing import discovery_endpoint, share, shared_ref
from rollout.azure.workspace import Asset, LiveWorkspace
from rollout.core.assets import AssetKind, AssetRef
from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import Workspace, make_workspace, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localazure.local import Arm as Local

MODEL = AssetRef(AssetKind.MODEL, "m", "7")
ENVIRONMENT = AssetRef(AssetKind.ENVIRONMENT, "e", "1")
WORKSPACE = LiveWorkspace("/id", "ws", "eastus", "guid", None, None, None, None, None)
ASSET = Asset("/id/models/m/versions/7", "7", datetime(2026, 1, 1, tzinfo=UTC), archived=False, properties={})


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield local


@pytest.fixture
def arm(local: Local, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arm]:
    for name, value in local.env.items():
        monkeypatch.setenv(name, value)
    where = cloud.resolve(local.env)
    yield Arm(where, default_tokens(where), local.settings.subscription)
    local.control("DELETE", "faults")


@pytest.fixture
def registry(local: Local) -> str:
    name = unique("reg-")
    group = f"{local.subscription}/resourceGroups/{unique('rg-')}"
    local.ok("PUT", group, {"location": "eastus"})
    body = {
        "location": "eastus",
        "identity": {"type": "SystemAssigned"},
        "properties": {"regionDetails": [{"location": "eastus"}]},
    }
    local.done("PUT", f"{group}/providers/Microsoft.MachineLearningServices/registries/{name}", body)
    return name


@pytest.fixture
def workspace(local: Local) -> Workspace:
    made = make_workspace(local)
    put_model(made, "7", b"weights")
    return made


def put_model(workspace: Workspace, version: str, weights: bytes) -> None:
    arm = workspace.arm
    store = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]["containerName"]
    url = f"{arm.settings.base_url}/blob/{workspace.account}/{store}/up/{version}/model.pkl"
    assert arm.http.put(url, data=weights).status_code == 201
    uri = f"azureml://datastores/workspaceblobstore/paths/up/{version}/model.pkl"
    properties = {"modelType": "custom_model", "modelUri": uri}
    arm.ok("PUT", f"{workspace.id}/models/m/versions/{version}", {"properties": properties})


def imports(local: Local, since: int) -> int:
    entries = local.control("GET", "requests", since=since)["value"]
    return sum(each["method"] == "POST" and "/import" in each["path"] for each in entries)


def test_what_is_shared_is_deployed_by_another_workspace(
    local: Local, arm: Arm, workspace: Workspace, registry: str
):
    model, environment = (share(arm, workspace.id, ref, registry) for ref in (MODEL, ENVIRONMENT))

    assert (model.copied, environment.copied) == (True, True)
    assert str(model.ref).startswith(f"azureml://registries/{registry}/models/m/versions/7-")
    other = make_workspace(local)
    other.endpoint(endpoint := unique("ep-"))
    ended = other.deployment(
        endpoint,
        "blue",
        model=model.ref.arm_id(other.id),
        environmentId=environment.ref.arm_id(other.id),
    )
    assert ended["status"] == "Succeeded", ended
    serving: Any = local.serving
    spec = serving.running[f"{other.id}/onlineEndpoints/{endpoint}".lower(), "blue"]
    assert (spec.model_dir / "model.pkl").read_bytes() == b"weights"


def test_sharing_again_does_nothing(local: Local, arm: Arm, workspace: Workspace, registry: str):
    first = share(arm, workspace.id, MODEL, registry)
    since = local.control("GET", "requests")["value"][-1]["number"]

    assert share(arm, workspace.id, MODEL, registry) == replace(first, copied=False)
    assert share(arm, workspace.id, first.ref, registry) == replace(first, copied=False)
    assert imports(local, since) == 0


def test_a_namesake_of_another_workspace_is_another_version(
    local: Local, arm: Arm, workspace: Workspace, registry: str
):
    other = make_workspace(local)
    put_model(other, "7", b"other weights")

    one, two = (share(arm, each.id, MODEL, registry) for each in (workspace, other))

    assert one.ref != two.ref
    assert (one.copied, two.copied) == (True, True)


def test_a_copy_that_was_refused_or_failed_says_so(
    local: Local, arm: Arm, workspace: Workspace, registry: str
):
    local.control("POST", "faults", {"match": {"path": "/import"}, "status": 403, "times": 1})
    with pytest.raises(WriteRefused, match="AzureML Registry User"):
        share(arm, workspace.id, MODEL, registry)
    failing = {
        "operation": {"path": registry, "outcome": "fail", "code": "Quota", "message": "full", "times": 1}
    }
    local.control("POST", "faults", failing)
    with pytest.raises(WriteRefused, match="Quota: full"):
        share(arm, workspace.id, MODEL, registry)
    assert share(arm, workspace.id, MODEL, registry).copied


def test_a_copy_that_never_ends_is_given_up(local: Local, arm: Arm, workspace: Workspace, registry: str):
    local.control("POST", "faults", {"operation": {"path": registry, "outcome": "hang", "times": 1}})
    ticks = iter(range(0, 10_000, 100))
    with pytest.raises(WriteRefused, match="still runs after 250 s"):
        share(
            arm,
            workspace.id,
            MODEL,
            registry,
            timeout=250,
            sleep=lambda _: None,
            clock=lambda: float(next(ticks)),
        )


@pytest.mark.parametrize(
    ("ref", "says"),
    [
        (MODEL.pinned("8"), "azureml:m:8 can't be read: it isn't registered in the workspace"),
        (MODEL, "the registry none can't be read: 404 RegistryNotFound"),
    ],
)
def test_what_is_missing_is_named(arm: Arm, workspace: Workspace, ref: AssetRef, says: str):
    with pytest.raises(Missing, match=says):
        share(arm, workspace.id, ref, "none")


def test_names_in_a_registry():
    named = shared_ref(WORKSPACE, ASSET, MODEL, "r")
    assert named == shared_ref(WORKSPACE, ASSET, MODEL, "r")
    assert (named.registry, named.name) == ("r", "m")
    others = [
        shared_ref(replace(WORKSPACE, guid="other"), ASSET, MODEL, "r"),
        shared_ref(WORKSPACE, replace(ASSET, created_at=None), MODEL, "r"),
        shared_ref(WORKSPACE, ASSET, replace(MODEL, kind=AssetKind.ENVIRONMENT), "r"),
    ]
    assert named.version not in {each.version for each in others}
    long = shared_ref(WORKSPACE, replace(ASSET, version="v" * 30), MODEL, "r")
    assert AssetRef.parse(str(long), AssetKind.MODEL) == long
    assert AssetRef.parse(str(named), AssetKind.MODEL) == named


def test_where_registries_are_found():
    public = cloud.resolve({})
    assert discovery_endpoint(public, {}) == "https://eastus.api.azureml.ms"
    override = {"REGISTRY_DISCOVERY_ENDPOINT_URL": "https://localhost:1/"}
    assert discovery_endpoint(public, override) == "https://localhost:1"
    with pytest.raises(Unintelligible, match="is 'http://x'"):
        discovery_endpoint(public, {"REGISTRY_DISCOVERY_ENDPOINT_URL": "http://x"})
    with pytest.raises(Unintelligible, match="no address is known for Own"):
        discovery_endpoint(replace(public, name="Own", portal="https://portal.own.example"), {})
