"""From an asset's URI to a folder, laid out as Azure lays it out."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import shutil
import uuid
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import unquote, urlsplit

if TYPE_CHECKING:
    from localazure.arm.store import Resource
    from localazure.assets.blobs import Blob, Blobs
    from localazure.azure import Azure

__all__ = ["Location", "MaterialiseError", "blobs_at", "forget_folders", "locate", "materialise"]

DATASTORE = re.compile(
    r"azureml://(?P<workspace>.*/)?datastores/(?P<datastore>[^/]+)/paths/(?P<path>.+)", re.IGNORECASE
)


class MaterialiseError(Exception):
    """An asset whose files can't be had; the text names asset, URI and reason."""


class Location(NamedTuple):
    """Where an asset's blobs are."""

    account: str
    container: str
    path: str


async def materialise(azure: Azure, blobs: Blobs, asset: Resource, uri: str) -> Path:
    """The asset's file or folder on disk.

    It keeps the last name of its path, so for a model its parent is what `AZUREML_MODEL_DIR` names.
    Folders are named by their content and shared by all that need them.

    Raises:
        MaterialiseError: The URI leads nowhere.
    """
    where = locate(azure, asset, uri)
    found = blobs_at(blobs, where)
    if not found:
        raise MaterialiseError(f"{asset.id}: there are no files at {uri}")
    name = PurePosixPath(where.path).name or where.container
    content = "\n".join(f"{relative} {blob.etag}" for relative, blob in sorted(found.items()))
    digest = hashlib.sha256(f"{name}\n{content}".encode()).hexdigest()[:32]
    target = _folders(azure) / digest
    if not target.exists():
        await asyncio.to_thread(_lay_out, found, target, name)
    return target / name


def forget_folders(azure: Azure) -> None:
    """Delete what was laid out; nothing may serve from it any more."""
    shutil.rmtree(_folders(azure), ignore_errors=True)


def locate(azure: Azure, asset: Resource, uri: str) -> Location:
    """Where the blobs of a URI are.

    Raises:
        MaterialiseError: It is no URI of a datastore or of blob storage here.
    """
    if found := DATASTORE.fullmatch(uri):
        before, _, after = asset.id.partition("/workspaces/")
        workspace = f"{before}/workspaces/{after.split('/')[0]}"
        datastore = azure.store.get(f"{workspace}/datastores/{found['datastore']}") if after else None
        if datastore is None:
            raise MaterialiseError(f"{asset.id}: {uri} names a datastore that the workspace doesn't have")
        properties: dict[str, Any] = datastore.properties
        account = str(properties["accountName"]).rstrip("#").rsplit("/", 1)[-1]
        return Location(account, properties["containerName"], found["path"].strip("/"))
    parts = urlsplit(uri)
    path = re.sub(r"^/blob\.([a-z0-9]+)\.([a-z0-9-]+)", r"/blob/\1/\2", unquote(parts.path))
    segments = path.strip("/").split("/", 3)
    ours = parts.hostname in {azure.settings.host, "127.0.0.1"} and segments[0] == "blob"
    if parts.scheme != "https" or not ours or len(segments) < 3:  # noqa: PLR2004 - blob, account, container
        raise MaterialiseError(
            f"{asset.id}: {uri} is neither a datastore's path nor a blob of this local Azure"
        )
    return Location(segments[1], segments[2], segments[3].strip("/") if len(segments) > 3 else "")  # noqa: PLR2004


def _folders(azure: Azure) -> Path:
    return azure.settings.home / "folders"


def blobs_at(blobs: Blobs, where: Location) -> dict[str, Blob]:
    """The blob itself under the empty name, or the blobs below by their paths relative to it."""
    single = blobs.get(where.account, where.container, where.path) if where.path else None
    if single is not None:
        return {"": single}
    prefix = f"{where.path}/" if where.path else ""
    found = blobs.list(where.account, where.container, prefix)
    return {blob.name[len(prefix) :]: blob for blob in found}


def _lay_out(found: dict[str, Blob], target: Path, name: str) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.parent / f"{target.name}.{uuid.uuid4().hex[:8]}"
    for relative, blob in found.items():
        path = part / name / relative if relative else part / name
        if not path.resolve().is_relative_to(part.resolve()):
            raise MaterialiseError(f"'{relative}' leads out of its asset")
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(blob.path, path)
    try:
        os.rename(part, target)  # noqa: PTH104 - fails where another was first
    except OSError:
        shutil.rmtree(part)
        if not target.exists():
            raise
