from __future__ import annotations

from typing import TYPE_CHECKING

from tests.provider.example import DEPLOYMENT, ENDPOINT, ID, INPUTS, refused

if TYPE_CHECKING:
    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm


def test_a_read_of_what_is_gone_has_no_id(engine: Engine) -> None:
    assert engine.read(ENDPOINT, ID, INPUTS, {})[0] == ""


def test_a_refresh_takes_over_only_what_somebody_changed(engine: Engine, arm: StubArm) -> None:
    _, outputs = engine.create(ENDPOINT, INPUTS)
    live = arm.resources[ID.lower()]
    live["tags"] = {"A": "9", "B": "x"}
    live["properties"]["traffic"] = {"blue": 70, "green": 30}

    _, after, inputs = engine.read(ENDPOINT, ID, INPUTS, outputs)

    assert inputs == {
        **INPUTS,
        "tags": {"A": "9", "B": "x"},
        "properties": {"authMode": "Key", "traffic": {"blue": 70, "green": 30}},
    }
    assert after["properties"]["traffic"] == {"blue": 70, "green": 30}


def test_a_refresh_of_what_is_unchanged_changes_nothing(engine: Engine) -> None:
    _, outputs = engine.create(ENDPOINT, INPUTS)

    assert engine.read(ENDPOINT, ID, INPUTS, outputs)[2] == INPUTS


def test_an_import_reads_path_and_writable_properties(engine: Engine, arm: StubArm) -> None:
    engine.create(
        ENDPOINT,
        {**INPUTS, "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/subscriptions/i"]}},
    )
    assert arm.last("PUT").body["identity"] == {
        "type": "UserAssigned",
        "userAssignedIdentities": {"/subscriptions/i": {}},
    }
    arm.resources[ID.lower()]["identity"]["principalId"] = "p"

    resource_id, _, inputs = engine.read(ENDPOINT, ID)

    assert resource_id == ID
    assert inputs == {
        **INPUTS,
        "identity": {"type": "UserAssigned", "userAssignedIdentities": ["/subscriptions/i"]},
        "properties": {"authMode": "Key"},
    }


def test_an_import_of_a_foreign_id_says_what_it_should_look_like(engine: Engine) -> None:
    error = refused(lambda: engine.read(DEPLOYMENT, ID))

    assert (
        "isn't the id of a machinelearningservices:OnlineDeployment; it should look like /subscriptions/"
        in error.details()
    )
