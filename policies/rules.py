"""The rules, as functions of a stack's declared resources. Each yields a sentence for what it finds wrong."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

ENDPOINT = "azure-native:machinelearningservices:OnlineEndpoint"
DEPLOYMENT = "azure-native:machinelearningservices:OnlineDeployment"

MADE_OF = ("properties", "sku", "tags", "identity", "kind", "location")
"""All that a deployment is made of, apart from its place in ARM: any of them is a PUT or a replacement."""

WHOLE = 100
MOST_MIRRORED = 50
_NAME = re.compile(r"[A-Za-z](?:-?[A-Za-z0-9]){2,31}")
"""Azure's rule for endpoints and deployments: 3 to 32 letters, digits and single dashes, a letter first."""


@dataclass(frozen=True)
class Declared:
    """A resource as a stack declares it."""

    type: str
    name: str
    props: Mapping[str, Any]
    ignored: tuple[str, ...] = ()
    """The properties of which the engine ignores changes."""


@dataclass(frozen=True)
class Stack:
    """What a policy sees of a stack."""

    name: str
    resources: tuple[Declared, ...]
    config: Mapping[str, str] = field(default_factory=dict[str, str])

    def of(self, kind: str) -> tuple[Declared, ...]:
        """The resources of a type, whichever API version it is pinned to."""
        module, _, last = kind.rpartition(":")
        wanted = re.compile(rf"{re.escape(module)}(/v\w+)?:{re.escape(last)}")
        return tuple(each for each in self.resources if wanted.fullmatch(each.type))


def traffic_adds_up(stack: Stack) -> Iterator[str]:
    """Live traffic is whole percentages that sum to 100, or none at all."""
    for endpoint in stack.of(ENDPOINT):
        shares = _shares(endpoint, "traffic")
        wrong = {name: share for name, share in shares.items() if not _is_percentage(share)}
        for name, share in wrong.items():
            yield f"{endpoint.name} gives {name} {share!r} % of the traffic: 0 to 100, and no fractions"
        total = sum(int(share) for name, share in shares.items() if name not in wrong)
        if shares and not wrong and total not in {0, WHOLE}:
            yield f"{endpoint.name} hands out {total} % of the traffic ({_show(shares)}): 100 are needed"


def traffic_names_what_is_declared(stack: Stack) -> Iterator[str]:
    """Every deployment that has a share is one that the stack declares, under a name that Azure takes."""
    declared = {_deployment_name(each) for each in stack.of(DEPLOYMENT)}
    for endpoint in stack.of(ENDPOINT):
        for name, share in {**_shares(endpoint, "traffic"), **_shares(endpoint, "mirrorTraffic")}.items():
            if share and name not in declared:
                yield f"{endpoint.name} sends {share} % to {name}, which the stack doesn't declare"
    for each in (*stack.of(ENDPOINT), *stack.of(DEPLOYMENT)):
        name = str(
            each.props.get("endpointName" if each in stack.of(ENDPOINT) else "deploymentName") or each.name
        )
        if not _NAME.fullmatch(name):
            yield f"{name!r} is no name for Azure: 3 to 32 letters, digits and single dashes, a letter first"


def mirror_is_apart_from_live(stack: Stack) -> Iterator[str]:
    """Mirrored traffic goes to one deployment, at most half of all requests, and never to one that serves."""
    for endpoint in stack.of(ENDPOINT):
        mirrored = {name: share for name, share in _shares(endpoint, "mirrorTraffic").items() if share}
        live = _shares(endpoint, "traffic")
        if len(mirrored) > 1:
            yield f"{endpoint.name} mirrors to {', '.join(sorted(mirrored))}: Azure mirrors to one deployment"
        for name, share in mirrored.items():
            if not _is_percentage(share) or int(share) > MOST_MIRRORED:
                yield f"{endpoint.name} mirrors {share} % to {name}: Azure takes at most {MOST_MIRRORED} %"
            if live.get(name):
                yield f"{endpoint.name} mirrors to {name}, which has {live[name]} % of live traffic"


def what_serves_is_frozen(stack: Stack) -> Iterator[str]:
    """A deployment with live traffic is declared so that no change of config reaches it in place."""
    serving = {
        name: share
        for endpoint in stack.of(ENDPOINT)
        for name, share in _shares(endpoint, "traffic").items()
        if share
    }
    for each in stack.of(DEPLOYMENT):
        name = _deployment_name(each)
        open_to = [part for part in MADE_OF if not {part, "*"} & set(each.ignored)]
        if name in serving and open_to:
            yield (
                f"{name} serves {serving[name]} % and would be changed or replaced by the next change of its "
                f"{', '.join(open_to)}: declare it with ignore_changes={[*MADE_OF]}, and release elsewhere"
            )


def gates_judge(stack: Stack) -> Iterator[str]:
    """A rollout has at least one gate that counts: a dry run doesn't."""
    if not stack.of(ENDPOINT):
        return
    text = stack.config.get("rollout:gates", "")
    try:
        gates: object = json.loads(text) if text.strip() else []
    except ValueError:
        yield "rollout:gates is no list of gates"
        return
    listed = cast("list[object]", gates) if isinstance(gates, list) else []
    if not any(
        isinstance(each, dict) and not _is_true(cast("dict[str, Any]", each).get("dryRun")) for each in listed
    ):
        yield "no gate counts: name at least one in rollout:gates that is no dry run, for nothing else judges"


def keys_are_for_trying_out(stack: Stack) -> Iterator[str]:
    """In production callers prove who they are by a token, not by a key that anybody can pass on."""
    if not re.search(r"(^|[^a-z])prod", stack.name, re.IGNORECASE):
        return
    for endpoint in stack.of(ENDPOINT):
        mode = str(_properties(endpoint).get("authMode", ""))
        if mode.lower() == "key":
            yield f"{endpoint.name} takes keys in {stack.name}: set rollout:auth to AADToken"


def _shares(endpoint: Declared, key: str) -> dict[str, Any]:
    value = _properties(endpoint).get(key)
    shares = dict(cast("Mapping[str, Any]", value)) if hasattr(value, "items") else {}
    # The engine's numbers are all floating-point.
    return {name: int(share) if _is_percentage(share) else share for name, share in shares.items()}


def _properties(resource: Declared) -> Mapping[str, Any]:
    return cast("Mapping[str, Any]", resource.props.get("properties") or resource.props)


def _deployment_name(deployment: Declared) -> str:
    return str(deployment.props.get("deploymentName") or deployment.name)


def _is_percentage(value: object) -> bool:
    return (
        isinstance(value, int | float)
        and not isinstance(value, bool)
        and value == int(value)
        and 0 <= value <= WHOLE
    )


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def _show(shares: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {share}" for name, share in _sorted(shares.items()))


def _sorted(items: Iterable[tuple[str, Any]]) -> list[tuple[str, Any]]:
    return sorted(items, key=lambda each: each[0])
