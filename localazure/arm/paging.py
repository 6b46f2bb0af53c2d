"""Pages of a list: the size a client asks for, and the address of the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.arm.kind import Call
    from localazure.arm.store import Resource

__all__ = ["PAGE", "number", "ordered", "paged"]

PAGE = 1000
"""The most that one answer lists. No document tells Azure's own figure."""
DIGITS = 9


def paged(found: list[Resource], call: Call) -> tuple[list[Resource], str | None]:
    """The page that a request asks for by `$skip`, `$top` (of all pages together) and `count` (of a page).

    Returns:
        Its members, and the address of the next page, None where this is the last.

    Raises:
        ArmError: 400, one of them is no number.
    """
    skip, top = number(call.query, "$skip") or 0, number(call.query, "$top")
    size = min(number(call.query, "count") or PAGE, PAGE)
    left = found[skip:] if top is None else found[skip : skip + top]
    if len(left) <= size:
        return left, None
    again = dict(call.query) | {"$skip": str(skip + size)}
    if top is not None:
        again["$top"] = str(top - size)
    return left[:size], f"{call.url}?{urlencode(again)}"


def ordered(found: list[Resource], query: Mapping[str, str]) -> list[Resource]:
    """By `orderBy`, as Azure spells it for endpoints (`CreatedAtDesc`, `UpdatedAtAsc`) or as OData does.

    Without it, the oldest first.
    """
    order = (query.get("$orderBy") or query.get("orderBy") or "").lower().replace(" ", "")
    newest_first = order.endswith("desc")
    if order.startswith(("updated", "lastmodified")):
        return sorted(found, key=lambda one: (one.modified, one.number), reverse=newest_first)
    return sorted(found, key=lambda one: (one.created, one.number), reverse=newest_first)


def number(query: Mapping[str, str], key: str) -> int | None:
    """A whole number from 0 of a query; None where it isn't there.

    Raises:
        ArmError: 400, it is none.
    """
    text = query.get(key)
    if text is None:
        return None
    if not (text.isascii() and text.isdecimal()) or len(text) > DIGITS:
        raise bad_request(f"{key}={text[:40]}: a whole number of at most {DIGITS} digits is needed.")
    return int(text)
