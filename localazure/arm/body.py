from __future__ import annotations

from typing import Any, cast

__all__ = ["JSON", "merged", "part"]

JSON = dict[str, Any]


def part(body: JSON, key: str) -> JSON:
    """An object inside a body; empty where there is none."""
    found = body.get(key)
    return cast("JSON", found) if isinstance(found, dict) else {}


def merged(old: JSON, patch: JSON) -> JSON:
    """A body with a PATCH applied: objects are merged, `tags` are replaced, null removes."""
    result = dict(old)
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        elif key != "tags" and isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = merged(part(result, key), part(patch, key))
        else:
            result[key] = value
    return result
