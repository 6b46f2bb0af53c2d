"""How long a resource may take: `custom_timeouts`, which the engine sends with each write."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.proto import provider_pb2 as messages

from localazure.provider.values import read, write
from tests.provider.engine import init_failure, urn
from tests.provider.example import ENDPOINT, ID, INPUTS, refused
from tests.provider.stub_arm import Scripted

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm

SHORT = 0.4
"""Seconds."""

WRITES = {
    "create": lambda engine: engine.stub.Create(
        messages.CreateRequest(urn=urn(ENDPOINT), properties=write(INPUTS), timeout=SHORT)
    ),
    "update": lambda engine: engine.stub.Update(
        messages.UpdateRequest(urn=urn(ENDPOINT), id=ID, news=write(INPUTS), timeout=SHORT)
    ),
}


@pytest.mark.parametrize("call", WRITES.values(), ids=WRITES)
def test_a_write_that_takes_longer_is_given_up_and_kept(
    engine: Engine, arm: StubArm, call: Callable[[Engine], object]
) -> None:
    arm.polls = 10**9

    began = time.monotonic()
    failure = init_failure(refused(lambda: call(engine)))

    assert SHORT <= time.monotonic() - began < SHORT + 2
    assert failure is not None
    assert failure.reasons[0].startswith(f"gave up after {SHORT:g} s while waiting for PUT ")
    assert "custom_timeouts allows more" in failure.reasons[0]
    assert failure.id == ID
    assert read(failure.inputs)["properties"]["authMode"] == "Key"


def test_no_time_is_left_to_read_what_was_given_up(engine: Engine, arm: StubArm) -> None:
    """As the real provider, which reads within the same time: the state has id and inputs, and no outputs."""
    arm.polls = 10**9

    failure = init_failure(refused(lambda: WRITES["create"](engine)))

    assert failure is not None
    assert read(failure.properties) == {}
    gets = [call for call in arm.arm_calls() if call == f"GET {ID}"]
    assert len(gets) == 1, "the one before the PUT"


def test_a_deletion_that_takes_longer_is_an_error(engine: Engine, arm: StubArm) -> None:
    engine.create(ENDPOINT, INPUTS)
    arm.polls = 10**9

    error = refused(
        lambda: engine.stub.Delete(messages.DeleteRequest(urn=urn(ENDPOINT), id=ID, timeout=SHORT))
    )

    assert error.details().startswith(f"gave up after {SHORT:g} s while waiting for DELETE ")


def test_the_time_counts_retries_too(engine: Engine, arm: StubArm) -> None:
    busy = {"error": {"code": "AnotherOperationInProgress", "message": "wait"}}
    arm.scripted.append(Scripted("PUT", "credit", 409, busy, {"retry-after-ms": "100"}, times=10**9))

    error = refused(lambda: WRITES["create"](engine))

    assert error.details().startswith(f"gave up after {SHORT:g} s while retrying PUT ")
    assert init_failure(error) is None
