from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from localazure.provider.values import UNKNOWN, Secret, read
from tests.provider.engine import init_failure
from tests.provider.example import ENDPOINT, ID, INPUTS, refused
from tests.provider.stub_arm import Scripted

if TYPE_CHECKING:
    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm


def test_a_create_gets_puts_polls_and_gets(engine: Engine, arm: StubArm) -> None:
    arm.polls = 3

    resource_id, outputs = engine.create(ENDPOINT, INPUTS)

    assert resource_id == ID
    polls = [f"GET {path}" for path in arm.operations for _ in range(3)]
    assert arm.arm_calls() == [f"GET {ID}", f"PUT {ID}", *polls, f"GET {ID}"]
    put = arm.last("PUT")
    assert put.query == {"api-version": "2025-12-01"}
    assert put.body == {key: INPUTS[key] for key in ("location", "identity", "tags", "properties")}
    assert put.headers["Authorization"] == f"Bearer token for {arm.base}/.default"
    assert outputs["name"] == "credit"
    assert outputs["azureApiVersion"] == "2025-12-01"
    assert outputs["properties"]["provisioningState"] == "Succeeded"
    assert "id" not in outputs


def test_a_create_of_what_exists_is_refused_with_the_way_to_take_it_over(
    engine: Engine, arm: StubArm
) -> None:
    arm.resources[ID.lower()] = {"id": ID}

    error = refused(lambda: engine.create(ENDPOINT, INPUTS))

    assert f"cannot create already existing resource '{ID}'" in error.details()
    assert f'import_="{ID}"' in error.details()
    assert arm.arm_calls() == [f"GET {ID}"]
    assert init_failure(error) is None


def test_a_refused_put_leaves_nothing_behind(engine: Engine, arm: StubArm) -> None:
    arm.scripted.append(
        Scripted("PUT", "credit", 400, {"error": {"code": "BadRequest", "message": "sums to 90"}})
    )

    error = refused(lambda: engine.create(ENDPOINT, INPUTS))

    assert error.details().startswith("BadRequest: sums to 90 (400 from PUT ")
    assert init_failure(error) is None


def test_a_failed_operation_keeps_id_outputs_inputs_and_reason(engine: Engine, arm: StubArm) -> None:
    arm.fails[ID.lower()] = {"code": "ImageBuildFailure", "message": "no such package: nosuch"}

    failure = init_failure(refused(lambda: engine.create(ENDPOINT, INPUTS)))

    assert failure is not None
    assert failure.id == ID
    assert failure.reasons[0].startswith("ImageBuildFailure: no such package: nosuch")
    assert read(failure.properties)["properties"]["provisioningState"] == "Failed"
    assert read(failure.inputs)["properties"]["authMode"] == "Key"


def test_an_update_puts_the_whole_body_and_keeps_zeros(engine: Engine, arm: StubArm) -> None:
    _, outputs = engine.create(ENDPOINT, INPUTS)
    news = {**INPUTS, "properties": {"authMode": "Key", "traffic": {"blue": 100, "green": 0}}}

    after = engine.update(ENDPOINT, ID, outputs, news)

    assert arm.last("PUT").body["properties"] == {"authMode": "Key", "traffic": {"blue": 100, "green": 0}}
    assert after["properties"]["traffic"] == {"blue": 100, "green": 0}


def test_a_failed_update_is_partial_too(engine: Engine, arm: StubArm) -> None:
    _, outputs = engine.create(ENDPOINT, INPUTS)
    arm.fails[ID.lower()] = {
        "code": "OutOfQuota",
        "message": "no cores",
        "details": [{"message": "ask for more"}],
    }

    failure = init_failure(
        refused(lambda: engine.update(ENDPOINT, ID, outputs, {**INPUTS, "tags": {"A": "2"}}))
    )

    assert failure is not None
    assert "OutOfQuota: no cores; ask for more" in failure.reasons[0]
    assert read(failure.inputs)["tags"] == {"A": "2"}


def test_a_delete_polls_and_absence_is_fine(engine: Engine, arm: StubArm) -> None:
    engine.create(ENDPOINT, INPUTS)
    arm.seen.clear()

    engine.delete(ENDPOINT, ID)
    engine.delete(ENDPOINT, ID)

    calls = arm.arm_calls()
    assert calls[0] == f"DELETE {ID}"
    assert calls[1].startswith("GET /operations/")
    assert calls[2:] == [f"DELETE {ID}"]


def test_a_previewed_create_writes_nothing_and_knows_the_inputs(engine: Engine, arm: StubArm) -> None:
    _, outputs = engine.create(ENDPOINT, INPUTS, preview=True)

    assert arm.arm_calls() == []
    assert outputs["location"] == "eastus"
    assert outputs["name"] is UNKNOWN
    assert outputs["properties"]["scoringUri"] is UNKNOWN
    assert outputs["properties"]["authMode"] == "Key"


def test_a_previewed_update_keeps_name_and_location(engine: Engine) -> None:
    _, old = engine.create(ENDPOINT, INPUTS)

    outputs = engine.update(ENDPOINT, ID, old, {**INPUTS, "tags": {"A": "2"}}, preview=True)

    assert (outputs["name"], outputs["location"]) == ("credit", "eastus")
    assert outputs["systemData"] is UNKNOWN
    assert outputs["tags"] == {"A": "2"}


def test_secret_inputs_stay_secret_in_outputs(engine: Engine, arm: StubArm) -> None:
    _, outputs = engine.create(ENDPOINT, {**INPUTS, "tags": Secret({"A": "1"})})

    assert outputs["tags"] == Secret({"A": "1"})
    assert arm.last("PUT").body["tags"] == {"A": "1"}


def test_a_flattened_type_is_wrapped_and_unwrapped(engine: Engine, arm: StubArm) -> None:
    inputs = {
        "resourceGroupName": "rg",
        "accountName": "st",
        "location": "eastus",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "enableHttpsTrafficOnly": True,
        "minimumTlsVersion": "TLS1_2",
    }

    _, outputs = engine.create("storage:StorageAccount", inputs)

    assert arm.last("PUT").body == {
        "location": "eastus",
        "kind": "StorageV2",
        "sku": {"name": "Standard_LRS"},
        "properties": {"supportsHttpsTrafficOnly": True, "minimumTlsVersion": "TLS1_2"},
    }
    assert outputs["enableHttpsTrafficOnly"] is True
    assert outputs["provisioningState"] == "Succeeded"


def test_a_busy_resource_and_a_slow_down_are_tried_again(engine: Engine, arm: StubArm) -> None:
    busy = {"error": {"code": "AnotherOperationInProgress", "message": "wait"}}
    arm.scripted += [
        Scripted("PUT", "credit", 409, busy, {"retry-after-ms": "1"}, times=2),
        Scripted(
            "GET",
            "credit",
            429,
            {"error": {"code": "TooManyRequests", "message": "wait"}},
            {"Retry-After": "0"},
        ),
        Scripted("GET", "operations", 503, {}, {"retry-after-ms": "1"}),
    ]

    assert engine.create(ENDPOINT, INPUTS)[0] == ID

    puts = [one for one in arm.seen if one.method == "PUT"]
    assert len(puts) == 3
    assert len({one.headers["x-ms-client-request-id"] for one in puts}) == 1


def test_another_conflict_is_an_error_at_once(engine: Engine, arm: StubArm) -> None:
    arm.scripted.append(
        Scripted("PUT", "credit", 409, {"error": {"code": "Conflict", "message": "name is taken"}})
    )

    assert "Conflict: name is taken (409" in refused(lambda: engine.create(ENDPOINT, INPUTS)).details()


def test_a_cancel_ends_the_polling_and_keeps_the_state(engine: Engine, arm: StubArm) -> None:
    arm.polls = 10**9
    threading.Timer(0.2, engine.cancel).start()

    failure = init_failure(refused(lambda: engine.create(ENDPOINT, INPUTS)))

    assert failure is not None
    assert failure.reasons[0].startswith("cancelled while waiting for PUT ")
    assert failure.id == ID


def test_an_expired_token_is_renewed_once(engine: Engine, arm: StubArm) -> None:
    arm.scripted.append(
        Scripted("GET", "credit", 401, {"error": {"code": "ExpiredAuthenticationToken", "message": ""}})
    )

    assert engine.create(ENDPOINT, INPUTS)[0] == ID
    assert sum(one.path.endswith("/token") for one in arm.seen) == 2
