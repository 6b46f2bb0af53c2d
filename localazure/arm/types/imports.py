"""What `models.share` asks a registry for: a version of a workspace's asset as one of its own."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from localazure.arm.errors import ArmError, bad_request, not_found
from localazure.arm.kind import Call
from localazure.arm.paths import parse
from localazure.arm.types.assets import NAME
from localazure.assets.materialise import MaterialiseError, blobs_at, locate
from localazure.assets.references import container_of

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.arm.plane import Plane
    from localazure.arm.store import Resource

__all__ = ["import_asset"]

SOURCE = re.compile(
    r"azureml://locations/(?P<location>[^/]+)/workspaces/(?P<workspace>[^/]+)"
    r"/(?P<collection>[^/]+)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)
FILES = {"models": "modelUri", "data": "dataUri", "environments": None}
WORKSPACES = "Microsoft.MachineLearningServices/workspaces"


async def import_asset(plane: Plane, registry: Resource, asked: JSON) -> Resource:
    """Copy a version into the registry; the files too, which the registry has for itself from then on.

    Raises:
        ArmError: What was asked for can't be read or found (400, 404), or is in the registry already (409).
    """
    source, collection = _source(plane, str(asked.get("sourceAssetId")))
    name = str(asked.get("destinationName") or source.id.rsplit("/", 3)[1])
    version = str(asked.get("destinationVersion") or source.name)
    if NAME.fullmatch(name) is None or NAME.fullmatch(version) is None:
        raise bad_request(f"The request is invalid: '{name}' in version '{version}' is no name for an asset.")
    path = parse(f"{registry.id}/{collection}/{name}/versions/{version}")
    if plane.azure.store.get(path.id) is not None:
        text = f"The registry '{registry.name}' has {collection}/{name}/versions/{version} already."
        raise ArmError(409, "AssetAlreadyExists", text)
    properties = dict(source.properties)
    key = FILES[collection]
    if key is not None:
        target = container_of(plane, registry, name, version)
        properties[key] = _copied(plane, source, properties[key], registry.state["account"], *target)
    await plane.kind(path.type).put(Call(path, {}, {"properties": properties}))
    made = plane.azure.store.get(path.id)
    if made is None:
        raise not_found(path.id)
    return made


def _source(plane: Plane, asset_id: str) -> tuple[Resource, str]:
    parts = SOURCE.fullmatch(asset_id)
    collection = parts["collection"].lower() if parts else ""
    if parts is None or collection not in FILES:
        raise bad_request(
            f"The request is invalid: sourceAssetId '{asset_id}': local Azure imports models, environments "
            "and data, azureml://locations/LOCATION/workspaces/GUID/models/NAME/versions/VERSION."
        )
    store = plane.azure.store
    guid = parts["workspace"].lower()
    workspace = next((each for each in store.of_type(WORKSPACES) if each.state["workspaceId"] == guid), None)
    below = f"{collection}/{parts['name']}/versions/{parts['version']}"
    found = store.get(f"{workspace.id}/{below}") if workspace else None
    if found is None:
        raise not_found(asset_id)
    return found, collection


def _copied(plane: Plane, source: Resource, uri: str, account: str, container: str, address: str) -> str:  # noqa: PLR0917
    """The address of the files' copy in that container, which keeps the last name of their path."""
    try:
        where = locate(plane.azure, source, uri)
    except MaterialiseError as error:
        raise bad_request(str(error)) from error
    found = blobs_at(plane.blobs, where)
    if not found:
        raise bad_request(f"{source.id}: there are no files at {uri}.")
    top = PurePosixPath(where.path).name or "files"
    for relative, blob in found.items():
        target = f"{top}/{relative}" if relative else top
        plane.blobs.link(blob, account, container, target)
    return f"{address}/{top}"
