"""ARM ids: what they name, and how they stand in a URL."""

from __future__ import annotations

import re
from urllib.parse import quote

_SEGMENT = re.compile(r"[\w.()\-~+@:, ]+")


def name_of(resource_id: str) -> str:
    """Return the last segment of an ARM id."""
    return resource_id.rstrip("/").rpartition("/")[2]


def type_of(resource_id: str) -> str:
    """Return the type of an ARM id's resource: `Microsoft.Storage/storageAccounts`; "" if it names none."""
    namespace, *rest = resource_id.rstrip("/").rpartition("/providers/")[2].split("/")
    return "/".join((namespace, *rest[::2])) if rest else ""


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
