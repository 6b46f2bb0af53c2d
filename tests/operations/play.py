"""Plays a step: orders what goes wrong, lets the client do its part, looks at what Azure saw and has."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.localazure.local import Arm
    from tests.operations.scenario import JSON, Resource, Step

WRITES = {"PUT", "PATCH", "POST", "DELETE"}
POLLS = {"mfeOperationsStatus": "status", "mfeOperationResults": "result"}
PATIENCE = 30.0


class Client(Protocol):
    """Who speaks to Azure. Each call gives the code that Azure failed it with, None where it succeeded."""

    name: str

    def declare(self, wanted: Resource) -> str | None: ...
    def replace(self, wanted: Resource) -> str | None: ...
    def delete(self, gone: Resource) -> str | None: ...
    def take_over(self, left: Resource) -> str | None: ...
    def patch(self, resource: Resource, body: JSON) -> str | None: ...
    def regenerate(self, resource: Resource, body: JSON) -> str | None: ...

    def kill(self) -> None:
        """End it at once while it is at work; the next call is another process's."""


def story(arm: Arm, client: Client, steps: list[Step]) -> None:
    """Play all steps that are this client's."""
    for number, step in enumerate(steps, 1):
        if not step.only or client.name in step.only:
            try:
                play(arm, client, step)
            except Exception as error:
                error.add_note(f"step {number} by {client.name}: {step.says}")
                raise


def play(arm: Arm, client: Client, step: Step) -> None:
    """Do the step and check what came of it."""
    before = _last(arm)
    wanted = step.resource.having(step.changed)
    if step.busy:
        _keep_busy(arm, wanted.id)
        before = _last(arm)
    for fault in step.faults:
        arm.control("POST", "faults", fault)

    if step.kill:
        _kill(arm, client, wanted, before)
    else:
        assert _did(client, step, wanted) == step.error
    wire = _wire(arm.control("GET", "requests", since=before)["value"], wanted.id)
    assert step.wire is None or wire == step.wire
    _look(arm, step, wanted.id)
    if step.end:
        arm.control("DELETE", "faults")  # what hangs goes on then
        arm.control("POST", "clock", {"advance": 7200})
        _wait(lambda: not _state(arm, wanted.id).endswith("ing"), f"end of what goes on at {wanted.id}")


def _did(client: Client, step: Step, wanted: Resource) -> str | None:
    match step.verb:
        case "patch":
            return client.patch(step.resource, step.changed)
        case "regenerate":
            return client.regenerate(step.resource, step.changed)
        case _:
            return getattr(client, step.verb)(wanted)


def _kill(arm: Arm, client: Client, wanted: Resource, before: int) -> None:
    def accepted() -> bool:
        seen = arm.control("GET", "requests", since=before)["value"]
        return "status" in _wire(seen, wanted.id)

    working = threading.Thread(target=_in_vain, args=(client, wanted), daemon=True)
    working.start()
    _wait(accepted, f"poll of the PUT of {wanted.id}")
    client.kill()
    working.join(PATIENCE)
    assert not working.is_alive()


def _in_vain(client: Client, wanted: Resource) -> None:
    try:
        client.declare(wanted)
    except Exception:  # noqa: BLE001 - however it notices that it is dead
        return


def _keep_busy(arm: Arm, resource_id: str) -> None:
    """Somebody else begins an operation that doesn't end by itself, and changes nothing."""
    hang = {"path": f"{resource_id}$", "outcome": "hang", "seconds": 3600, "times": 1}
    arm.control("POST", "faults", {"operation": hang})
    live = arm.ok("GET", resource_id)
    body = {key: live[key] for key in ("location", "identity", "tags", "properties") if key in live}
    shown = body["properties"]
    body["properties"] = {key: shown[key] for key in ("authMode", "traffic")}
    arm.ok("PUT", resource_id, body)


def _look(arm: Arm, step: Step, resource_id: str) -> None:
    found = arm.ask("GET", resource_id)
    if step.live is None:
        assert found.status_code == 404
        return
    assert found.ok, found.text
    assert not step.live or _part(found.json(), step.live) == step.live


def _part(value: Any, like: Any) -> Any:
    """What of the value is named in the other; an empty object is the whole one."""
    if isinstance(value, dict) and isinstance(like, dict) and like:
        return {key: _part(value[key], inner) for key, inner in like.items() if key in value}
    return value


def _wire(seen: list[JSON], resource_id: str) -> list[str]:
    """The writes to a resource, and after each how its end was asked for; polls that repeat are one.

    Polls before the first write are of a client that was killed: an engine's plugin outlives it for a moment.
    """
    told: list[str] = []
    for one in seen:
        path = one["path"].partition("?")[0]
        ours = path.lower().startswith(resource_id.lower())
        if one["method"] in WRITES and ours:
            told.append(f"{one['method']} {one['status']}")
            continue
        way = next((POLLS[part] for part in path.split("/") if part in POLLS), None)
        if way is None and ours and one["method"] == "GET" and told and re.match(r"PUT 20.", told[-1]):
            way = "resource"
        if way is not None and told and told[-1] != way:
            told.append(way)
    return told


def _state(arm: Arm, resource_id: str) -> str:
    return arm.ok("GET", resource_id)["properties"]["provisioningState"]


def _last(arm: Arm) -> int:
    seen = arm.control("GET", "requests")["value"]
    return seen[-1]["number"] if seen else 0


def _wait(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"no {what}"
        time.sleep(0.02)
