"""What a preview may already say of a resource that isn't written yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localazure.provider.values import UNKNOWN, Unknown, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.shape import ResourceType
    from localazure.provider.values import Properties

_STABLE = ("name", "location")
"""Outputs that no update changes."""


def preview_outputs(
    kind: ResourceType, inputs: Mapping[str, Any], old: Mapping[str, Any] | None = None
) -> Properties:
    """Give the outputs that can be expected: the inputs, and unknown for whatever ARM adds.

    Args:
        kind: the resource type.
        inputs: the checked inputs.
        old: the outputs of the last deployment in an update, of which the stable ones are kept.
    """
    expected: Properties = {key: value for key, value in inputs.items() if key in kind.inputs}
    for path in kind.computed:
        head, _, rest = path.partition(".")
        inner = as_object(expected.get(head))
        if inner is not None and rest not in inner:
            expected[head] = {**inner, rest: UNKNOWN}
    for name in kind.inputs | kind.outputs:
        if expected.get(name) is None:
            expected[name] = UNKNOWN
    expected["azureApiVersion"] = kind.api_version
    for name in _STABLE:
        known = (old or {}).get(name)
        if known is not None and not isinstance(known, Unknown):
            expected[name] = known
    return expected
