"""What `scenario.yaml` says, with names and ids filled in."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml

from tests.localazure.resources import unique

if TYPE_CHECKING:
    from tests.localazure.resources import Workspace

FILE = Path(__file__).with_name("scenario.yaml")
VERBS = ("declare", "replace", "delete", "patch", "regenerate", "take_over")
JSON = dict[str, Any]
Verb = Literal["declare", "replace", "delete", "patch", "regenerate", "take_over"]


@dataclass(frozen=True)
class Resource:
    """An endpoint, or a deployment of one."""

    name: str
    type: str
    id: str
    body: JSON

    def having(self, changed: JSON) -> Resource:
        return replace(self, body=merged(self.body, changed))


@dataclass(frozen=True)
class Step:
    """What one client does, what goes wrong, and what must be seen; `wire` is None where any will do."""

    says: str
    verb: Verb
    resource: Resource
    changed: JSON
    only: tuple[str, ...]
    busy: bool
    faults: list[JSON]
    kill: bool
    end: bool
    error: str | None
    wire: list[str] | None
    live: JSON | None = field(default_factory=dict[str, Any])


def read(workspace: Workspace) -> list[Step]:
    """The steps, for resources in this workspace."""
    document = yaml.safe_load(FILE.read_text())
    endpoint = unique("credit-")
    resources: dict[str, Resource] = {}
    for name, one in document["resources"].items():
        parent = resources[one["of"]] if "of" in one else None
        place = f"{parent.id}/deployments/{name}" if parent else f"{workspace.id}/onlineEndpoints/{endpoint}"
        body = filled(one["body"], "{workspace}", workspace.id)
        resources[name] = Resource(name, one["type"], place, body)
    return [_step(dict(one), resources) for one in document["steps"]]


def _step(one: JSON, resources: dict[str, Resource]) -> Step:
    verb = next(verb for verb in VERBS if verb in one)
    resource = resources[one.pop(verb)]
    after = one.pop("after", None)
    before = one.pop("before", None)
    assert after in {None, "end"}, after
    assert before in (None, {"put": resource.name}), before
    step = Step(
        says=one.pop("step"),
        verb=verb,
        resource=resource,
        changed=one.pop("with", {}),
        only=tuple(one.pop("only", ())),
        busy=before is not None,
        faults=filled(one.pop("faults", []), "{id}", resource.id),
        kill=one.pop("kill", False),
        end=after == "end",
        error=one.pop("error", None),
        wire=one.pop("wire", None),
        live=one.pop("live", {}),
    )
    assert not one, f"{step.says}: {sorted(one)} means nothing"
    return step


def filled(value: Any, mark: str, text: str) -> Any:
    """A copy with the text in place of the mark."""
    if isinstance(value, dict):
        return {key: filled(inner, mark, text) for key, inner in value.items()}
    if isinstance(value, list):
        return [filled(inner, mark, text) for inner in value]
    return value.replace(mark, text) if isinstance(value, str) else value


def merged(old: JSON, new: JSON) -> JSON:
    """Both objects as one; a key of both is the new one's, save that objects are merged in turn."""
    both = {
        key: merged(old[key], value) if isinstance(value, dict) and isinstance(old.get(key), dict) else value
        for key, value in new.items()
    }
    return old | both
