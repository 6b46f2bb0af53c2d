from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pulumi.runtime.proto import provider_pb2 as messages

from localazure.provider.values import UNKNOWN, Secret
from tests.provider.stub_arm import Scripted

if TYPE_CHECKING:
    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm

ENDPOINT = "machinelearningservices:OnlineEndpoint"
GROUP = "resources:ResourceGroup"


def test_name_location_and_version_are_filled_in(engine: Engine) -> None:
    inputs, failures = engine.check(GROUP, {}, name="rg", randomSeed=b"seed")
    again, _ = engine.check(GROUP, {}, name="rg", randomSeed=b"seed")

    assert failures == []
    assert inputs["resourceGroupName"].startswith("rg")
    assert len(inputs["resourceGroupName"]) == 10
    assert inputs == again
    assert (inputs["location"], inputs["azureApiVersion"]) == ("eastus", "2024-03-01")
    assert inputs["__createBeforeDelete"] is True


def test_a_child_is_named_as_in_the_program(engine: Engine) -> None:
    news = {"resourceGroupName": "rg", "workspaceName": "ws", "properties": {"authMode": "Key"}}

    inputs, failures = engine.check(ENDPOINT, news, name="credit")

    assert failures == []
    assert inputs["endpointName"] == "credit"
    assert "__createBeforeDelete" not in inputs


def test_a_made_up_name_is_kept(engine: Engine) -> None:
    first, _ = engine.check(GROUP, {}, name="rg", randomSeed=b"one")
    second, _ = engine.check(GROUP, {}, olds=first, name="rg", randomSeed=b"two")

    assert first == second


@pytest.mark.parametrize(
    ("mode", "expected", "failed"),
    [
        (messages.CheckRequest.AutonamingOptions.PROPOSE, "rg-dev", []),
        (messages.CheckRequest.AutonamingOptions.ENFORCE, "rg-dev", []),
        (
            messages.CheckRequest.AutonamingOptions.DISABLE,
            None,
            ["missing required property 'resourceGroupName' of resources:ResourceGroup"],
        ),
    ],
)
def test_the_projects_auto_naming_counts(
    engine: Engine,
    mode: messages.CheckRequest.AutonamingOptions.Mode,
    expected: str | None,
    failed: list[str],
) -> None:
    options = messages.CheckRequest.AutonamingOptions(proposed_name="rg-dev", mode=mode)

    inputs, failures = engine.check(GROUP, {}, autonaming=options)

    assert inputs.get("resourceGroupName") == expected
    assert failures == failed


def test_what_is_missing_is_named_at_once(engine: Engine) -> None:
    _, failures = engine.check(ENDPOINT, {"workspaceName": "", "properties": {"traffic": {"blue": 100}}})

    assert failures == [
        f"missing required property 'resourceGroupName' of {ENDPOINT}",
        f"missing required property 'properties.authMode' of {ENDPOINT}",
        "'workspaceName' is part of the resource's id and must not be empty",
    ]


def test_unknown_and_secret_values_pass_through(engine: Engine) -> None:
    news = {
        "resourceGroupName": UNKNOWN,
        "workspaceName": "ws",
        "properties": UNKNOWN,
        "tags": Secret({"A": "1"}),
    }

    inputs, failures = engine.check(ENDPOINT, news)

    assert failures == []
    assert {key: inputs[key] for key in news} == news


def test_without_a_location_the_resource_groups_is_taken(
    unconfigured: Engine, config: dict[str, str], arm: StubArm
) -> None:
    del config["location"]
    unconfigured.configure(**config)
    arm.scripted.append(Scripted("GET", "/resourceGroups/rg$", 200, {"location": "westeurope"}))
    known = {"resourceGroupName": "rg", "workspaceName": "ws", "properties": {"authMode": "Key"}}

    assert unconfigured.check(ENDPOINT, known)[0]["location"] == "westeurope"
    assert unconfigured.check(ENDPOINT, {**known, "resourceGroupName": UNKNOWN})[0]["location"] is UNKNOWN
    assert "missing required property 'location'" in unconfigured.check(GROUP, {})[1][0]
