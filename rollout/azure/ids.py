"""ARM ids: how they are built and taken apart."""

from __future__ import annotations

import re
from urllib.parse import quote

_ML = "Microsoft.MachineLearningServices"
_SEGMENT = re.compile(r"[\w.()\-~+@:, ]+")


def workspace_id(subscription: str, resource_group: str, workspace: str) -> str:
    """Return the ARM id of a workspace."""
    group = f"/subscriptions/{subscription}/resourceGroups/{resource_group}"
    return f"{group}/providers/{_ML}/workspaces/{workspace}"


def endpoint_id(workspace: str, endpoint: str) -> str:
    """Return the ARM id of an online endpoint of the workspace of that id."""
    return f"{workspace}/onlineEndpoints/{endpoint}"


def deployment_id(endpoint: str, deployment: str) -> str:
    """Return the ARM id of a deployment of the endpoint of that id."""
    return f"{endpoint}/deployments/{deployment}"


def asset_id(workspace: str, kind: str, name: str, version: str) -> str:
    """Return the ARM id of an asset's version; `kind` is models, environments, codes or data."""
    return f"{workspace}/{kind}/{name}/versions/{version}"


def name_of(resource_id: str) -> str:
    """Return the last segment of an ARM id."""
    return resource_id.rstrip("/").rpartition("/")[2]


def path_of(resource_id: str) -> str:
    """Return the id as the path of a URL.

    Raises `ValueError` for what is no ARM id: one that doesn't start with a slash, or has an empty segment,
    dots alone, or a character that would end the path or a header.
    """
    segments = resource_id.split("/")
    if segments[0] or len(segments) < 3:  # noqa: PLR2004 - a slash, a type, a name
        raise ValueError(f"{resource_id!r} is no ARM id: /subscriptions/<id>/...")
    for segment in segments[1:]:
        if not _SEGMENT.fullmatch(segment) or not segment.strip("."):
            raise ValueError(f"{resource_id!r} is no ARM id: {segment!r} can't be a part of one")
    return quote(resource_id, safe="/()-._~+@:,")
