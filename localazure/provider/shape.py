"""How one resource type looks: as the SDK's inputs and outputs, and as ARM's path and body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, unquote

from localazure.provider.values import as_list, as_object

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.provider.values import Properties

Body = dict[str, Any]

_SCOPES = frozenset({"scope", "resourceUri"})
"""Path parameters that hold a whole ARM id."""

_PARAMETER = re.compile(r"\{(\w+)\}")


@dataclass(frozen=True)
class ResourceType:
    """One row of the table. Names are the SDK's, in camel case; `.` steps into an object.

    Attributes:
        name: the Pulumi type without `azure-native:`.
        path: the ARM path, with the parameters in braces.
        api_version: what the SDK of this version uses.
        inputs: what a program may set in the body, at the top level.
        outputs: what ARM adds at the top level.
        nested: of input objects, which of their keys can be written; an object not named here is free.
        computed: keys that ARM adds inside objects, for previews.
        envelope: body keys beside `properties`; None if the SDK has `properties` too (nothing is flattened).
        renames: SDK name -> wire name, where they differ; one with a step is of a key inside that object.
        required: inputs, with steps, that must be there.
        replaces: inputs, with steps, whose change needs a new resource, beside path and `location`.
        defaults: inputs that are filled in.
        secrets: outputs, with steps, that are secret whatever the inputs were.
        naming: how the last path parameter is found when the program doesn't set it.
    """

    name: str
    path: str
    api_version: str
    inputs: frozenset[str]
    outputs: frozenset[str] = frozenset()
    nested: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    computed: frozenset[str] = frozenset()
    envelope: frozenset[str] | None = None
    renames: Mapping[str, str] = field(default_factory=dict[str, str])
    required: tuple[str, ...] = ()
    replaces: frozenset[str] = frozenset()
    defaults: Mapping[str, Any] = field(default_factory=dict[str, Any])
    secrets: frozenset[str] = frozenset()
    naming: Literal["random", "copy", "uuid"] = "copy"

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        """The path parameters that a program sets: all but the subscription."""
        return tuple(name for name in _PARAMETER.findall(self.path) if name != "subscriptionId")

    @property
    def named_by(self) -> str:
        """The path parameter that is the resource's own name."""
        return self.parameters[-1]

    @property
    def located(self) -> bool:
        """Whether the body has a location."""
        return "location" in self.inputs

    @cached_property
    def replace_paths(self) -> frozenset[str]:
        """Every input whose change needs a new resource."""
        return self.replaces | {*self.parameters} | ({"location"} if self.located else set[str]())

    @cached_property
    def _wire(self) -> Mapping[str, str]:
        return {wire: sdk for sdk, wire in self.renames.items()}

    def resource_id(self, inputs: Mapping[str, Any], subscription: str) -> str:
        """Give the ARM id of these inputs."""

        def value(match: re.Match[str]) -> str:
            name = match[1]
            if name == "subscriptionId":
                return subscription
            return inputs[name].strip("/") if name in _SCOPES else quote(str(inputs[name]), safe="")

        return _PARAMETER.sub(value, self.path)

    def parameters_of(self, resource_id: str) -> dict[str, str]:
        """Give the path parameters in an ARM id; ids are compared without case, values kept as they are.

        Raises:
            ValueError: the id isn't one of this type.
        """
        pattern = _PARAMETER.sub(lambda m: f"(?P<{m[1]}>{'.+' if m[1] in _SCOPES else '[^/]+'})", self.path)
        found = re.fullmatch(pattern, resource_id, re.IGNORECASE)
        if found is None:
            raise ValueError(
                f"{resource_id!r} isn't the id of a {self.name}; it should look like {self.path}"
            )
        values = {
            name: unquote(value) for name, value in found.groupdict().items() if name != "subscriptionId"
        }
        return {name: f"/{value.strip('/')}" if name in _SCOPES else value for name, value in values.items()}

    def body(self, inputs: Mapping[str, Any]) -> Body:
        """Give the body of a PUT for these inputs (all known, secrets laid open)."""
        body: Body = {}
        if self.envelope is not None:
            body["properties"] = {}
        for name, value in inputs.items():
            if name not in self.inputs:
                continue
            flat = self.envelope is None or name in self.envelope
            written = self._inside(name, _identities_out(name, value), out=True)
            (body if flat else body["properties"])[self.renames.get(name, name)] = written
        return body

    def outputs_of(self, body: Body) -> Properties:
        """Give the SDK's outputs for a body that ARM answered."""
        flat: dict[str, Any] = {key: value for key, value in body.items() if key != "id"}
        if self.envelope is not None:
            inner = as_object(flat.pop("properties", None)) or {}
            flat = {**inner, **flat}
        named = {self._wire.get(key, key): value for key, value in flat.items() if value is not None}
        known = self.inputs | self.outputs
        return {
            **{key: self._inside(key, value, out=False) for key, value in named.items() if key in known},
            "azureApiVersion": self.api_version,
        }

    def _inside(self, name: str, value: Any, *, out: bool) -> Any:
        """Give an object with its keys as on the wire, or back as the SDK has them."""
        inner = as_object(value)
        own = {
            key.partition(".")[2]: wire for key, wire in self.renames.items() if key.startswith(f"{name}.")
        }
        if inner is None or not own:
            return value
        names = own if out else {wire: key for key, wire in own.items()}
        return {names.get(key, key): each for key, each in inner.items()}

    def writable(self, outputs: Mapping[str, Any]) -> Properties:
        """Give the part of these outputs that a program could have set, in the shape of inputs."""
        chosen: Properties = {key: value for key, value in outputs.items() if key in self.inputs}
        for key, allowed in self.nested.items():
            inner = as_object(chosen.get(key))
            if inner is not None:
                chosen[key] = {name: value for name, value in inner.items() if name in allowed}
        return {key: _identities_in(key, value) for key, value in chosen.items()}


def _identities_out(name: str, value: Any) -> Any:
    """The SDK takes user-assigned identities as a list of ids; the wire wants an object keyed by id."""
    identity = as_object(value) if name == "identity" else None
    ids = as_list((identity or {}).get("userAssignedIdentities"))
    if identity is None or ids is None:
        return value
    by_id: dict[str, Any] = {str(one): {} for one in ids}
    return {**identity, "userAssignedIdentities": by_id}


def _identities_in(name: str, value: Any) -> Any:
    identity = as_object(value) if name == "identity" else None
    by_id = as_object((identity or {}).get("userAssignedIdentities"))
    return value if identity is None or by_id is None else {**identity, "userAssignedIdentities": list(by_id)}
