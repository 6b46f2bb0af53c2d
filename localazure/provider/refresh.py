"""Which inputs would give what is live: for `pulumi refresh` and for import."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localazure.provider.values import Secret, as_list, as_object, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.shape import ResourceType
    from localazure.provider.values import Properties

_ABSENT = object()


def imported_inputs(kind: ResourceType, resource_id: str, outputs: Mapping[str, Any]) -> Properties:
    """Give inputs for a resource that state doesn't know: its path, and what is writable of its body.

    Empty objects and lists are left out, as in the real provider: ARM answers many where nothing was set.

    Raises:
        ValueError: the id isn't one of this type.
    """
    body = {key: _without_empty(value) for key, value in kind.writable(outputs).items()}
    known = {key: value for key, value in body.items() if value is not None}
    return {**kind.parameters_of(resource_id), **known}


def _without_empty(value: Any) -> Any:
    entries = as_object(value)
    if entries is not None:
        kept = {key: left for key, item in entries.items() if (left := _without_empty(item)) is not None}
        return kept or None
    items = as_list(value)
    if items is not None:
        return [left for item in items if (left := _without_empty(item)) is not None] or None
    return value


def refreshed_inputs(
    kind: ResourceType, inputs: Properties, old: Mapping[str, Any], live: Mapping[str, Any]
) -> Properties:
    """Give the inputs with what changed in Azure since the last deployment.

    Outputs hold many defaults that no program set, so inputs can't be read from them. What differs between
    the last outputs and the live ones was changed by somebody, and only that goes into the inputs.
    """
    return _changed(inputs, kind.writable(plain(dict(old))), kind.writable(live))


def _changed(inputs: Any, old: Any, live: Any) -> Any:
    """Apply to `inputs` the difference between `old` and `live`."""
    if old == live:
        return inputs
    if isinstance(inputs, Secret):
        return Secret(_changed(inputs.value, old, live))
    entries, before, after = as_object(inputs), as_object(old), as_object(live)
    if entries is not None and before is not None and after is not None:
        result = {key: value for key, value in entries.items() if key in after or key not in before}
        for key, value in after.items():
            previous = before.get(key, _ABSENT)
            if previous is _ABSENT or previous != value:
                result[key] = _changed(entries[key], previous, value) if key in entries else value
        return result
    items, olds, lives = as_list(inputs), as_list(old), as_list(live)
    if items is not None and olds is not None and lives is not None:
        both = min(len(items), len(olds))
        return [_changed(items[i], olds[i], item) if i < both else item for i, item in enumerate(lives)]
    return live
