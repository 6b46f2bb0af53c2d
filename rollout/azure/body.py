"""Parts of what Azure answers: each is there in the shape that is meant, or it isn't."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rollout.azure.errors import Unintelligible

if TYPE_CHECKING:
    from collections.abc import Mapping


def mapping(value: object) -> dict[str, Any]:
    """Return a JSON object; an empty one for anything else."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def text(properties: Mapping[str, Any], key: str) -> str | None:
    """Return the text under a key; None where there is none, or an empty one."""
    value = properties.get(key)
    return value if isinstance(value, str) and value else None


def needed_object(what: str, body: Mapping[str, Any], key: str) -> dict[str, Any]:
    """Return the object under a key. Raises `Unintelligible` about `what` where there is none."""
    value = body.get(key)
    if not isinstance(value, dict):
        raise Unintelligible(what, f"ARM's answer has no object {key!r} but {value!r}")
    return cast("dict[str, Any]", value)


def needed_text(what: str, body: Mapping[str, Any], key: str) -> str:
    """Return the text under a key. Raises `Unintelligible` about `what` where there is none."""
    found = text(body, key)
    if found is None:
        raise Unintelligible(what, f"ARM's answer has no text {key!r} but {body.get(key)!r}")
    return found
