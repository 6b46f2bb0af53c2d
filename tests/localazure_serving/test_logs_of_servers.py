"""What real model servers leave in the tables of consoles and events."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING, Any

import pytest

from localazure.serving.spec import ProvisioningError

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.localazure_serving.conftest import Local


def kept(local: Local, table: str, endpoint: str, *columns: str) -> list[tuple[Any, ...]]:
    where = "WHERE EndpointId = ? ORDER BY TimeGenerated"
    sql = f"SELECT {', '.join(columns)} FROM {table} {where}"  # noqa: S608 - our own words
    return local.call(local.azure.rows.query(sql, [local.endpoint_id(endpoint).lower()]))


def until(found: Callable[[], bool]) -> None:
    end = time.monotonic() + 30
    while not found() and time.monotonic() < end:
        time.sleep(0.2)
    assert found()


def test_the_console_and_the_events_of_a_server(local: Local):
    spec = local.spec("talks", "Blue")
    local.call(local.azure.serving.deploy(spec))
    (instance,) = local.azure.serving.deployment(spec.endpoint_id, "blue").instances
    events = kept(local, "Events", "talks", "DeploymentName", "InstanceId", "Name", "Message")
    assert events == [
        ("Blue", instance.id, "Created", "Created container inference-server"),
        ("Blue", instance.id, "Started", "Started container inference-server"),
    ]
    until(lambda: bool(kept(local, "ConsoleLines", "talks", "Message")))
    until(lambda: any("score.py" in one[0] for one in kept(local, "ConsoleLines", "talks", "Message")))
    assert ("Blue", instance.id, "inference-server") in kept(
        local, "ConsoleLines", "talks", "DeploymentName", "InstanceId", "ContainerName"
    )

    os.killpg(instance.pid, signal.SIGKILL)

    def names() -> list[str]:
        return [name for (name,) in kept(local, "Events", "talks", "Name")]

    until(lambda: names()[2:] == ["LivenessProbeFailed", "Killing", "Created", "Started"])
    local.call(local.azure.serving.remove(spec.endpoint_id, "Blue"))
    assert names()[-1] == "Killing"


def test_each_instance_is_named_in_what_it_writes(local: Local):
    spec = local.spec("several", "Blue", instances=2)
    local.call(local.azure.serving.deploy(spec))
    first, second = local.azure.serving.deployment(spec.endpoint_id, "blue").instances

    def writers(word: str) -> set[str]:
        lines = kept(local, "ConsoleLines", "several", "InstanceId", "Message")
        return {instance for instance, message in lines if word in message}

    until(lambda: writers("Worker with pid") == {first.id, second.id})
    said = local.azure.serving.logs(spec.endpoint_id, "Blue", 1000)
    assert said.count("Worker with pid") == 2
    os.killpg(second.pid, signal.SIGKILL)
    until(lambda: writers("starting the instance again") == {second.id})
    until(lambda: second.ready)

    local.call(local.azure.serving.scale(spec.endpoint_id, "Blue", 1))
    until(lambda: second.id in writers("Shutting down: Master"))
    assert first.id not in writers("Shutting down: Master")
    local.call(local.azure.serving.remove(spec.endpoint_id, "Blue"))
    assert writers("Shutting down: Master") == {first.id, second.id}
    assert local.azure.serving.logs(spec.endpoint_id, "Blue", 1000) == ""


def test_a_server_that_does_not_start_says_why_in_the_console(local: Local):
    spec = local.spec("broken", environment_variables={"CRASH": "1"})
    with pytest.raises(ProvisioningError):
        local.call(local.azure.serving.deploy(spec))
    until(
        lambda: any(
            "model file is broken" in one[0] for one in kept(local, "ConsoleLines", "broken", "Message")
        ),
    )
    assert [name for (name,) in kept(local, "Events", "broken", "Name")][:3] == [
        "Created",
        "Started",
        "LivenessProbeFailed",
    ]
