"""What the stack's state holds: read with the CLI, where a step can't be declared or recorded without it."""

from __future__ import annotations

from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from rollout.stack import pulumi_cli

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
_DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"
_RECORD = "pulumi:index:Stash"
_WORKSPACE = "azure-native:machinelearningservices:Workspace"


@dataclass(frozen=True)
class Remembered:
    """The resources of one stack, as its last update left them."""

    has_workspace: bool = False
    has_endpoint: bool = False
    endpoint_id: str | None = None
    """The endpoint's ARM id."""
    deployments: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: MappingProxyType({}))
    """Their inputs, by name."""
    protected: frozenset[str] = frozenset()
    """Those of them that the engine refuses to delete."""
    unmade: frozenset[str] = frozenset()
    """Those of them whose creation the engine saw fail."""
    transitions: tuple[Mapping[str, Any], ...] = ()
    """The history in the record, oldest first."""


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
    slots = {_name(each): each for each in present if each.get("type") == _DEPLOYMENT}
    endpoints = [each for each in present if each.get("type") == _ENDPOINT]
    return Remembered(
        has_workspace=any(each.get("type") == _WORKSPACE for each in present),
        has_endpoint=bool(endpoints),
        endpoint_id=next((str(each["id"]) for each in endpoints if each.get("id")), None),
        deployments={name: _inputs(each) for name, each in slots.items()},
        protected=frozenset(name for name, each in slots.items() if each.get("protect")),
        unmade=frozenset(name for name, each in slots.items() if each.get("initErrors")),
        transitions=_transitions(present),
    )


def _transitions(resources: list[Mapping[str, Any]]) -> tuple[Mapping[str, Any], ...]:
    for each in resources:
        if each.get("type") == _RECORD and _name(each) == "record":
            said = _inputs(each).get("input")
            history = cast("Mapping[str, Any]", said).get("history") if isinstance(said, dict) else None
            entries = cast("list[object]", history) if isinstance(history, list) else []
            return tuple(cast("Mapping[str, Any]", one) for one in entries if isinstance(one, dict))
    return ()


def _inputs(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", resource.get("inputs") or {})


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource.get("urn", "")).rsplit("::", 1)[-1]
