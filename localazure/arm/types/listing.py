from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.arm.body import part

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.arm.store import Resource

__all__ = ["listed"]


def listed(found: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    """What a list of assets shows, newest first: `listViewType`, `$orderBy`, `tags`."""
    view = query.get("listViewType", "ActiveOnly").lower().replace("_", "").rsplit(".", 1)[-1]
    if view != "all":
        wanted = view == "archivedonly"
        found = [one for one in found if bool(one.properties.get("isArchived")) == wanted]
    for condition in filter(None, query.get("tags", "").split(",")):
        key, _, value = condition.partition("=")
        found = [one for one in found if _has(one, key, value if "=" in condition else None)]
    order = (query.get("$orderBy") or query.get("orderBy") or "createdtime desc").lower()
    newest_first = not order.strip().endswith("asc")
    return sorted(found, key=lambda one: (one.created, one.number), reverse=newest_first)


def _has(resource: Resource, key: str, value: str | None) -> bool:
    tags = part(resource.properties, "tags")
    return key in tags and (value is None or tags[key] == value)
