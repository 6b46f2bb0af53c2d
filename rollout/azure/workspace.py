"""The workspace that exists: what it is joined to, its own datastore, and the assets in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rollout.azure import ids, spared
from rollout.azure.body import mapping, text
from rollout.azure.errors import Missing, ReadError, Unintelligible
from rollout.core import times

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.azure.arm import Arm
    from rollout.core.assets import AssetRef

_INSIGHTS_API = "2020-02-02"
_OWN = "workspaceblobstore"


@dataclass(frozen=True)
class LiveWorkspace:
    """A workspace as ARM shows it."""

    id: str
    name: str
    location: str
    guid: str | None
    """Its immutable `workspaceId`, by which registries know it."""
    storage_id: str | None
    insights_id: str | None
    vault_id: str | None
    registry_id: str | None
    logs_id: str | ReadError | None
    """The Log Analytics workspace behind its Application Insights; None where there is none.

    Insights that can't be read are no reason to read nothing at all: only what sends logs there needs them.
    """


@dataclass(frozen=True)
class Datastore:
    """A blob datastore of a workspace."""

    id: str
    name: str
    container: str
    credentials: str
    """AccountKey, Sas, or None, which is the caller's own token."""


@dataclass(frozen=True)
class Asset:
    """A version of a model, an environment or code."""

    id: str
    version: str
    created_at: datetime | None
    archived: bool
    properties: Mapping[str, Any]


def read_workspace(arm: Arm, workspace_id: str) -> LiveWorkspace | None:
    """Return the workspace, or None if there is none. Raises `ReadError`."""
    what = f"the workspace {ids.name_of(workspace_id)}"
    body = arm.get(workspace_id, what=what).body
    if body is None:
        return None
    properties = mapping(body.get("properties"))
    location = body.get("location")
    if not isinstance(location, str):
        raise Unintelligible(what, f"its location is {location!r}")
    insights = text(properties, "applicationInsights")
    return LiveWorkspace(
        id=str(body.get("id", workspace_id)),
        name=str(body.get("name", ids.name_of(workspace_id))),
        location=location,
        guid=text(properties, "workspaceId"),
        storage_id=text(properties, "storageAccount"),
        insights_id=insights,
        vault_id=text(properties, "keyVault"),
        registry_id=text(properties, "containerRegistry"),
        logs_id=_logs_behind(arm, insights) if insights else None,
    )


def own_datastore(arm: Arm, workspace_id: str) -> Datastore:
    """Return the datastore that every workspace has in its own storage account. Raises `ReadError`.

    The default datastore may be another one, in another account.
    """
    what = f"the datastore {_OWN} of {ids.name_of(workspace_id)}"
    body = arm.get(f"{workspace_id}/datastores/{_OWN}", what=what).body
    if body is None:
        raise Missing(
            what, "it isn't there, and code goes into it", "Look at the workspace in Azure ML studio."
        )
    properties = mapping(body.get("properties"))
    container = text(properties, "containerName")
    if container is None:
        raise Unintelligible(what, f"its containerName is {properties.get('containerName')!r}")
    return Datastore(
        id=f"{workspace_id}/datastores/{_OWN}",
        name=_OWN,
        container=container,
        credentials=str(mapping(properties.get("credentials")).get("credentialsType") or "None"),
    )


def read_asset(arm: Arm, workspace_id: str, ref: AssetRef) -> Asset | None:
    """Return the version that the reference names, or None if the workspace doesn't have it.

    Raises `ReadError`, and `ValueError` for a registry's asset or `@latest`, which are no resource here.
    """
    if ref.registry is not None:
        raise ValueError(f"{ref} is in a registry, not in a workspace")
    asset_id = ref.arm_id(workspace_id)
    body = arm.get(asset_id, what=str(ref)).body
    return None if body is None else _asset(str(ref), body)


def latest_version(arm: Arm, workspace_id: str, kind: str, name: str) -> str:
    """Return the most recently created version that isn't archived: what `@latest` means in Azure ML.

    Raises `ReadError`, also where there is no such version.
    """
    what = f"the newest version of azureml:{name}"
    listed = arm.list(
        f"{workspace_id}/{kind}/{name}/versions",
        what=what,
        **{"$orderBy": "createdtime desc", "$top": "30", "listViewType": "ActiveOnly"},
    )
    for body in listed:
        asset = _asset(what, body)
        if not asset.archived:
            return asset.version
    raise Missing(what, f"{kind} {name} has no version that isn't archived", "Register one, or name another.")


def _logs_behind(arm: Arm, insights_id: str) -> str | ReadError | None:
    what = f"the Application Insights {ids.name_of(insights_id)}"
    body = spared.read(arm, insights_id, _INSIGHTS_API, what=what)
    if isinstance(body, ReadError):
        return body
    return text(mapping(body.get("properties")), "WorkspaceResourceId") if body else None


def _asset(what: str, body: Mapping[str, Any]) -> Asset:
    properties = mapping(body.get("properties"))
    asset_id, version = body.get("id"), body.get("name")
    if not isinstance(asset_id, str) or not isinstance(version, str):
        raise Unintelligible(what, f"a version has the id {asset_id!r} and the name {version!r}")
    created = mapping(body.get("systemData")).get("createdAt")
    try:
        created_at = times.parse_instant(str(created)) if created else None
    except ValueError:
        raise Unintelligible(what, f"its createdAt is {created!r}, which is no instant") from None
    return Asset(asset_id, version, created_at, properties.get("isArchived") is True, properties)
