"""Sharing: a version of a workspace's asset as one of a registry, which other workspaces deploy from.

It speaks to the registry's own data plane, as azure-ai-ml's `models.share` does. A workspace's version never
changes, so the registry's is named after it: where that version is there, it holds the same files, and
sharing again does nothing.
"""

from __future__ import annotations

import hashlib
import os
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from rollout.azure import refusal
from rollout.azure.arm import ACCEPTED, CREATED, FAILED, NO_CONTENT, OK, operation_of, pause, state_of
from rollout.azure.body import mapping
from rollout.azure.credential import principal_of
from rollout.azure.errors import Missing, Unintelligible, WriteRefused
from rollout.azure.workspace import read_asset, read_workspace
from rollout.core import times
from rollout.core.assets import VERSION_LENGTH, AssetRef

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from azure.core.rest import HttpResponse

    from rollout.azure._pipeline import Pipeline
    from rollout.azure.arm import Arm
    from rollout.azure.cloud import Cloud
    from rollout.azure.workspace import Asset, LiveWorkspace

_API = "2021-10-01-dataplanepreview"
"""The version of the registries' data plane that azure-ai-ml 1.35 pins."""
_DISCOVERY = {
    "com": "https://eastus.api.azureml.ms",
    "cn": "https://chinaeast2.api.ml.azure.cn",
    "us": "https://usgovarizona.api.ml.azure.us",
}
_OVERRIDE = "REGISTRY_DISCOVERY_ENDPOINT_URL"
_ROLE = "AzureML Registry User"


@dataclass(frozen=True)
class Shared:
    """What came of sharing."""

    ref: AssetRef
    """The version in the registry."""
    copied: bool
    """Whether it wasn't there before."""


@dataclass(frozen=True)
class _Registry:
    name: str
    id: str
    url: str
    """The registry's resource in its data plane."""


def share(
    arm: Arm,
    workspace_id: str,
    ref: AssetRef,
    registry: str,
    *,
    env: Mapping[str, str] = os.environ,
    timeout: float = 1800,
    sleep: Callable[[float], None] = time.sleep,
    clock: Callable[[], float] = time.monotonic,
) -> Shared:
    """Have a model or environment of a workspace in a registry, and return it there.

    What is in a registry already stays what it is. Waits at most `timeout` seconds for the copy. Raises
    `ReadError` where the asset, its workspace or the registry is missing or can't be read, `WriteRefused`
    where the registry refuses the copy or it fails.
    """
    if ref.registry is not None:
        return Shared(ref, copied=False)
    workspace, asset = _source(arm, workspace_id, ref)
    wanted = shared_ref(workspace, asset, ref, registry)
    what = f"the copy of {ref} in the registry {registry}"
    pipeline = _pipeline(arm)
    place = _find(arm, pipeline, registry, discovery_endpoint(arm.cloud, env))
    there = f"{place.url}/{ref.kind}/{wanted.name}/versions/{wanted.version}?api-version={_API}"
    if _exists(arm, pipeline, there, what, place):
        return Shared(wanted, copied=False)
    asked = {
        "referenceType": "Id",
        "destinationName": wanted.name,
        "destinationVersion": wanted.version,
        "sourceAssetId": (
            f"azureml://locations/{workspace.location}/workspaces/{workspace.guid}"
            f"/{ref.kind}/{ref.name}/versions/{ref.version}"
        ),
    }
    url = f"{place.url}/import?api-version={_API}"
    response = pipeline.send("POST", url, what=what, body={"properties": asked})
    _followed(arm, pipeline, response, what, place, timeout=timeout, sleep=sleep, clock=clock)
    if not _exists(arm, pipeline, there, what, place):
        raise WriteRefused(what, "the registry says that it is done, and doesn't have it", "Run it again.")
    return Shared(wanted, copied=True)


def destination(arm: Arm, workspace_id: str, ref: AssetRef, registry: str) -> AssetRef:
    """Return what sharing calls a workspace's version in that registry, before it is shared.

    Raises `ReadError` where the asset or its workspace is missing or can't be read.
    """
    if ref.registry is not None:
        return ref
    return shared_ref(*_source(arm, workspace_id, ref), ref, registry)


def in_registry(arm: Arm, ref: AssetRef, *, env: Mapping[str, str] = os.environ) -> bool:
    """Return whether a registry has that version, ready to be used.

    Raises `ReadError` where the registry is missing or can't be read, `WriteRefused` for an unfinished copy.
    """
    if ref.registry is None:
        raise ValueError(f"{ref} is in a workspace, not in a registry")
    pipeline = _pipeline(arm)
    place = _find(arm, pipeline, ref.registry, discovery_endpoint(arm.cloud, env))
    url = f"{place.url}/{ref.kind}/{ref.name}/versions/{ref.version}?api-version={_API}"
    return _exists(arm, pipeline, url, str(ref), place)


def shared_ref(workspace: LiveWorkspace, asset: Asset, ref: AssetRef, registry: str) -> AssetRef:
    """Return what a version of a workspace is called in a registry: `7` becomes `7-1a2b3c4d`.

    The 8 hex are of the workspace's guid, the asset and when it was created: nothing else is ever called so.
    """
    created = times.show_instant(asset.created_at) if asset.created_at else ""
    origin = f"{workspace.guid}/{ref.kind}/{ref.name}/{asset.version}/{created}".lower()
    mark = hashlib.sha256(origin.encode()).hexdigest()[:8]
    version = f"{asset.version[: VERSION_LENGTH - len(mark) - 1]}-{mark}"
    return AssetRef(ref.kind, ref.name, version, registry)


def discovery_endpoint(cloud: Cloud, env: Mapping[str, str]) -> str:
    """Return where a cloud's registries are found by name, as azure-ai-ml does.

    Raises `Unintelligible` for a cloud that neither is known nor has `REGISTRY_DISCOVERY_ENDPOINT_URL` set.
    """
    found = env.get(_OVERRIDE, "").strip().rstrip("/") or _DISCOVERY.get(cloud.suffix, "")
    if urlsplit(found).scheme != "https":
        why = f"{_OVERRIDE} is {found!r}" if found else f"no address is known for {cloud.name}"
        raise Unintelligible("where registries are found", why, f"Set {_OVERRIDE} to it, https://host/.")
    return found


def _source(arm: Arm, workspace_id: str, ref: AssetRef) -> tuple[LiveWorkspace, Asset]:
    workspace = read_workspace(arm, workspace_id)
    if workspace is None:
        raise Missing(f"the workspace {workspace_id}", "it isn't there")
    if workspace.guid is None:
        raise Unintelligible(f"the workspace {workspace.name}", "it has no workspaceId")
    asset = read_asset(arm, workspace_id, ref)
    if asset is None:
        raise Missing(str(ref), f"it isn't registered in the workspace {workspace.name}")
    return workspace, asset


def _pipeline(arm: Arm) -> Pipeline:
    from rollout.azure._pipeline import Pipeline  # noqa: PLC0415 - azure.core costs 150 ms

    return Pipeline(credential=arm.tokens, audience=arm.cloud.arm_audience)


def _find(arm: Arm, pipeline: Pipeline, registry: str, discovery: str) -> _Registry:
    what = f"the registry {registry}"
    url = f"{discovery}/registrymanagement/v1.0/registries/{registry}/discovery?api-version=v1.0"
    said = _read(arm, pipeline.send("GET", url, what=what), what, registry)
    try:
        base = str(said["primaryRegionResourceProviderUri"]).rstrip("/")
        resource_id = (
            f"/subscriptions/{said['subscriptionId']}/resourceGroups/{said['resourceGroup']}"
            f"/providers/Microsoft.MachineLearningServices/registries/{registry}"
        )
    except KeyError as error:
        raise Unintelligible(what, f"its description lacks {error}") from None
    if urlsplit(base).scheme != "https":
        raise Unintelligible(what, f"it is said to be at {base!r}")
    return _Registry(registry, resource_id, f"{base}/mferp/managementfrontend{resource_id}")


def _exists(arm: Arm, pipeline: Pipeline, url: str, what: str, place: _Registry) -> bool:
    response = pipeline.send("GET", url, what=what)
    if response.status_code == refusal.NOT_FOUND:
        return False
    properties = mapping(_read(arm, response, what, place.id).get("properties"))
    state = properties.get("provisioningState", "Succeeded")
    if state == "Failed":
        raise WriteRefused(what, "an earlier copy failed and is still there", "Delete it from the registry.")
    if state != "Succeeded":
        raise WriteRefused(what, f"another copy of it is {state}", "Run it again when that has ended.")
    return True


def _followed(
    arm: Arm,
    pipeline: Pipeline,
    response: HttpResponse,
    what: str,
    place: _Registry,
    *,
    timeout: float,
    sleep: Callable[[float], None],
    clock: Callable[[], float],
) -> None:
    """Wait until the copy is done. Raises `WriteRefused` where it is refused or fails."""
    from rollout.azure._pipeline import said  # noqa: PLC0415

    started, following = clock(), operation_of(response)
    done = response.status_code in (OK, CREATED) and following is None
    while not done and response.status_code in (OK, CREATED, ACCEPTED):
        following = following or ""
        if not _of_azure(following, arm, place):
            raise Unintelligible(what, f"the answer leads to {following!r}, which isn't Azure")
        if clock() - started > timeout:
            raise WriteRefused(what, f"it still runs after {timeout:.0f} s", "Look at it in Azure ML studio.")
        sleep(pause(response))
        response = pipeline.send("GET", following, what=what)
        state = state_of(response)
        if state in FAILED:
            code, message = refusal.code_and_message(response.text())
            raise WriteRefused(what, f"its operation {state}, {code}: {message}", code=code)
        done = state == "Succeeded" or (response.status_code == OK and state is None)
        following = operation_of(response) or following
    if not done and response.status_code != NO_CONTENT:
        raise refusal.write(what, response.status_code, *said(response), _need(arm, place.id))


def _of_azure(url: str, arm: Arm, place: _Registry) -> bool:
    """Whether a link leads to where the registry is, or to ARM: the token goes nowhere else."""
    there = urlsplit(url)
    ours = {urlsplit(place.url).netloc, urlsplit(arm.cloud.resource_manager).netloc}
    return there.scheme == "https" and there.netloc in ours


def _read(arm: Arm, response: HttpResponse, what: str, scope: str) -> dict[str, Any]:
    from rollout.azure._pipeline import parsed, said  # noqa: PLC0415

    if response.status_code != OK:
        raise refusal.read(what, response.status_code, *said(response), _need(arm, scope))
    body = parsed(what, response)
    if not isinstance(body, dict):
        raise Unintelligible(what, "the answer is no object")
    return cast("dict[str, Any]", body)


def _need(arm: Arm, scope: str) -> refusal.Need:
    return refusal.Need(_ROLE, scope, principal_of(arm.tokens, arm.cloud.arm_audience))
