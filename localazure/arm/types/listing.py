from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.arm.body import part
from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.arm.store import Resource

__all__ = ["listed"]


def listed(found: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    """What a list of assets shows, newest first: `listViewType`, `$orderBy`, `$top`, `$skip`, `tags`.

    Raises:
        ArmError: 400, `$top` or `$skip` is no number.
    """
    view = query.get("listViewType", "ActiveOnly").lower().replace("_", "").rsplit(".", 1)[-1]
    if view != "all":
        wanted = view == "archivedonly"
        found = [one for one in found if bool(one.properties.get("isArchived")) == wanted]
    for condition in filter(None, query.get("tags", "").split(",")):
        key, _, value = condition.partition("=")
        found = [one for one in found if _has(one, key, value if "=" in condition else None)]
    order = (query.get("$orderBy") or query.get("orderBy") or "createdtime desc").lower()
    newest_first = not order.strip().endswith("asc")
    ordered = sorted(found, key=lambda one: (one.created, one.number), reverse=newest_first)
    skip, top = _number(query, "$skip") or 0, _number(query, "$top")
    return ordered[skip : skip + top if top is not None else None]


def _has(resource: Resource, key: str, value: str | None) -> bool:
    tags = part(resource.properties, "tags")
    return key in tags and (value is None or tags[key] == value)


def _number(query: Mapping[str, str], key: str) -> int | None:
    text = query.get(key)
    if text is None:
        return None
    if not text.isdecimal():
        raise bad_request(f"{key}={text}: a whole number is needed.")
    return int(text)
