"""Check: fills in what a program may leave out, and names what it must not."""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localazure.provider.values import Secret, Unknown, as_object, at

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from localazure.provider.shape import ResourceType
    from localazure.provider.values import Properties

RANDOMLY_NAMED = "__createBeforeDelete"
"""An input that the real provider also writes: the name is random, so a replacement can be created first."""

API_VERSION = "azureApiVersion"


@dataclass(frozen=True)
class Naming:
    """What the engine says about a resource's name.

    Attributes:
        resource: the name in the program.
        seed: random bytes that stay the same between preview and update.
        proposed: a name by the project's auto-naming configuration, or None.
        enforced: the proposed name wins over every other rule.
        disabled: no name may be made up.
    """

    resource: str
    seed: bytes
    proposed: str | None = None
    enforced: bool = False
    disabled: bool = False


@dataclass(frozen=True)
class Failure:
    """One thing that is wrong with the inputs."""

    property: str
    reason: str


def filled(
    kind: ResourceType,
    old: Mapping[str, Any],
    new: Properties,
    naming: Naming,
    location: Callable[[], Any],
) -> Properties:
    """Give the inputs with name, location, defaults and API version filled in; what is set stays as it is.

    Args:
        kind: the resource type.
        old: the inputs of the last deployment, whose made-up name and location are kept.
        new: the program's inputs.
        naming: what the engine says about the name.
        location: gives the location where neither inputs say one: a string, UNKNOWN, or None.
    """
    inputs = {**kind.defaults, **new}
    if kind.named_by not in inputs:
        inputs = {**inputs, **_named(kind, old, naming)}
    if kind.located and "location" not in inputs:
        found = old.get("location") or location()
        inputs = {**inputs, "location": found} if found is not None else inputs
    return {API_VERSION: kind.api_version, **inputs}


def _named(kind: ResourceType, old: Mapping[str, Any], naming: Naming) -> Properties:
    key = kind.named_by
    if key in old:
        kept = {key: old[key]}
        return {**kept, RANDOMLY_NAMED: True} if old.get(RANDOMLY_NAMED) else kept
    if naming.disabled:
        return {}
    if naming.proposed is not None and (naming.enforced or kind.naming != "uuid"):
        return {key: naming.proposed, RANDOMLY_NAMED: True}
    if kind.naming == "copy":
        return {key: naming.resource}
    digest = hashlib.sha256(naming.seed or uuid.uuid4().bytes)
    if kind.naming == "uuid":
        return {key: str(uuid.UUID(bytes=digest.digest()[:16], version=4)), RANDOMLY_NAMED: True}
    return {key: f"{naming.resource}{digest.hexdigest()[:8]}", RANDOMLY_NAMED: True}


def failures(kind: ResourceType, inputs: Mapping[str, Any]) -> list[Failure]:
    """Say what is missing or of the wrong kind; unknown values pass."""
    found = [
        Failure(path, _missing(kind, path))
        for path in (*kind.parameters, *kind.required)
        if not _has(inputs, path)
    ]
    for name in kind.parameters:
        value = at(inputs, name)
        if value is not None and not isinstance(value, str | Unknown):
            found.append(
                Failure(name, f"'{name}' is part of the resource's id and must be a string, not {value!r}")
            )
        elif value == "":
            found.append(Failure(name, f"'{name}' is part of the resource's id and must not be empty"))
    return found


def _has(inputs: Mapping[str, Any], path: str) -> bool:
    value: Any = inputs
    for step in path.split("."):
        value = value.value if isinstance(value, Secret) else value
        if isinstance(value, Unknown):
            return True
        entries = as_object(value)
        if entries is None or step not in entries:
            return False
        value = entries[step]
    return True


def _missing(kind: ResourceType, path: str) -> str:
    sentence = f"missing required property '{path}' of {kind.name}"
    if path == "location":
        return f"{sentence}; set it, or `pulumi config set azure-native:location <region>`"
    return sentence
