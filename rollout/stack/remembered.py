"""What the stack's state holds, read with the CLI: no step is declared without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from rollout.stack import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ENDPOINT = "OnlineEndpoint"
_DEPLOYMENT = "OnlineDeployment"
_RECORD = "Stash"
_WORKSPACE = "ResourceGroup"
"""Of the types that are declared with a workspace, the one that nothing else shares its name with."""


@dataclass(frozen=True)
class Remembered:
    """The resources of one stack, as its last update left them."""

    resources: frozenset[tuple[str, str]] = frozenset()
    """The last word of the type, and the name, of each resource; no components, which ARM doesn't know."""
    endpoint_id: str | None = None
    """The endpoint's ARM id."""
    deployments: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """Their inputs, by name."""
    protected: frozenset[str] = frozenset()
    """Those of them that the engine refuses to delete."""
    unmade: frozenset[str] = frozenset()
    """Those of them whose creation the engine saw fail."""
    half_replaced: frozenset[str] = frozenset()
    """Those of them that the engine has deleted and was killed before it saw their replacement made.

    Declared, each would be made again, which Azure refuses where it has made it; to import one is refused,
    too. Undeclared for one update, it is forgotten without a word to Azure, and can be imported by the next.
    """
    transitions: tuple[Mapping[str, Any], ...] = ()
    """The history in the record, oldest first."""

    @property
    def has_workspace(self) -> bool:
        """Whether the stack has made its workspace."""
        return any(kind == _WORKSPACE for kind, _ in self.resources)

    @property
    def has_endpoint(self) -> bool:
        """Whether the stack has an endpoint."""
        return any(kind == _ENDPOINT for kind, _ in self.resources)

    def taken_over(self, kind: type[object], name: str, arm_id: str) -> str | None:
        """Return the id by which to import what ARM shows; None where the state has it already.

        The engine compares that id with the state's letter by letter, and deletes what the state names where
        they differ. Azure doesn't promise the case of an id, from one answer to the next.
        """
        return None if (kind.__name__, name) in self.resources else arm_id


def read(stack: str, root: Path) -> Remembered:
    """Return what the state holds of the endpoint. Raises `StackError` where it can't be read."""
    asked = ("stack", "export", "--stack", stack)
    exported = pulumi_cli.parsed(pulumi_cli.run(root, *asked, "--non-interactive"), *asked)
    if not isinstance(exported, dict):
        raise pulumi_cli.StackError(f"the state of stack {stack} isn't an object: {str(exported)[:80]}")
    return of(cast("dict[str, Any]", exported))


def of(exported: Mapping[str, Any]) -> Remembered:
    """Return what an exported state holds of the endpoint."""
    deployment = cast("Mapping[str, Any]", exported.get("deployment") or {})
    resources = cast("list[Mapping[str, Any]]", deployment.get("resources") or [])
    present = [each for each in resources if not each.get("delete")]
    slots = {_name(each): each for each in present if _kind(each) == _DEPLOYMENT}
    endpoints = [each for each in present if _kind(each) == _ENDPOINT]
    return Remembered(
        resources=frozenset((_kind(each), _name(each)) for each in present if each.get("custom")),
        endpoint_id=next((str(each["id"]) for each in endpoints if each.get("id")), None),
        deployments={name: _inputs(each) for name, each in slots.items()},
        protected=frozenset(name for name, each in slots.items() if each.get("protect")),
        unmade=frozenset(name for name, each in slots.items() if each.get("initErrors")),
        half_replaced=frozenset(name for name, each in slots.items() if each.get("pendingReplacement")),
        transitions=_transitions(present),
    )


def _transitions(resources: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    for each in resources:
        if _kind(each) == _RECORD and _name(each) == "record":
            said = _inputs(each).get("input")
            history = cast("Mapping[str, Any]", said).get("history") if isinstance(said, dict) else None
            entries = cast("list[object]", history) if isinstance(history, list) else []
            return tuple(cast("Mapping[str, Any]", one) for one in entries if isinstance(one, dict))
    return ()


def _inputs(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", resource.get("inputs") or {})


def _kind(resource: Mapping[str, Any]) -> str:
    return str(resource.get("type", "")).rsplit(":", 1)[-1]


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("urn", "")).rsplit("::", 1)[-1]
