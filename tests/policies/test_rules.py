"""What the policy pack finds wrong, and what it leaves alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from policies import rules
from policies.rules import DEPLOYMENT, ENDPOINT, Declared, Stack
from rollout.stack import deployments

GATES = {"rollout:gates": json.dumps([{"name": "errors", "metric": "RequestsPerMinute", "max": 1}])}
FROZEN = rules.MADE_OF


def endpoint(auth: str = "AADToken", **properties: Any) -> Declared:
    return Declared(
        ENDPOINT, "endpoint", {"endpointName": "credit", "properties": {"authMode": auth, **properties}}
    )


def deployment(name: str, *ignored: str, kind: str = DEPLOYMENT) -> Declared:
    return Declared(kind, name, {"deploymentName": name, "properties": {}}, ignored)


def stack(*resources: Declared, name: str = "dev", **config: str) -> Stack:
    return Stack(name, resources, {**GATES, **config})


BLUE, GREEN = deployment("blue", *FROZEN), deployment("green", *FROZEN)
ALL = (
    rules.traffic_adds_up,
    rules.traffic_names_what_is_declared,
    rules.mirror_is_apart_from_live,
    rules.what_serves_is_frozen,
    rules.gates_judge,
    rules.keys_are_for_trying_out,
)


@pytest.mark.parametrize(
    "given",
    [
        stack(),
        stack(endpoint(traffic={})),
        stack(endpoint(traffic={"blue": 100}), BLUE),
        stack(endpoint(traffic={"blue": 100}), deployment("blue", "*")),
        stack(endpoint(traffic={"blue": 90, "green": 10}), BLUE, GREEN),
        stack(endpoint(traffic={"blue": 100.0, "green": 0.0}), BLUE, deployment("green")),
        stack(endpoint(traffic={"blue": 100}, mirrorTraffic={"green": 20}), BLUE, GREEN),
        stack(endpoint("Key", traffic={"blue": 100}), BLUE, name="dev"),
        stack(endpoint("Key", traffic={"blue": 100}), BLUE, name="reproduce"),
    ],
)
def test_a_sound_stack_breaks_no_rule(given: Stack) -> None:
    assert [sentence for rule in ALL for sentence in rule(given)] == []


@pytest.mark.parametrize(
    ("rule", "given", "said"),
    [
        (rules.traffic_adds_up, stack(endpoint(traffic={"blue": 90}), BLUE), "90 % of the traffic (blue 90)"),
        (rules.traffic_adds_up, stack(endpoint(traffic={"blue": 99.5, "green": 0.5}), BLUE), "99.5"),
        (rules.traffic_adds_up, stack(endpoint(traffic={"blue": 110, "green": -10}), BLUE), "-10"),
        (
            rules.traffic_names_what_is_declared,
            stack(endpoint(traffic={"blue": 90, "green": 10}), BLUE),
            "10 % to green",
        ),
        (
            rules.traffic_names_what_is_declared,
            stack(endpoint(traffic={"blue": 100}, mirrorTraffic={"green": 10}), BLUE),
            "10 % to green",
        ),
        (rules.traffic_names_what_is_declared, stack(deployment("blue_1")), "'blue_1'"),
        (
            rules.mirror_is_apart_from_live,
            stack(endpoint(traffic={"blue": 90, "green": 10}, mirrorTraffic={"green": 10}), BLUE, GREEN),
            "10 % of live",
        ),
        (
            rules.mirror_is_apart_from_live,
            stack(endpoint(traffic={"blue": 100}, mirrorTraffic={"green": 60}), BLUE, GREEN),
            "at most 50 %",
        ),
        (
            rules.mirror_is_apart_from_live,
            stack(endpoint(traffic={"blue": 100}, mirrorTraffic={"green": 10, "red": 10}), BLUE, GREEN),
            "one deployment",
        ),
        (
            rules.what_serves_is_frozen,
            stack(endpoint(traffic={"blue": 100}), deployment("blue")),
            "blue serves 100 %",
        ),
        (
            rules.what_serves_is_frozen,
            stack(
                endpoint(traffic={"blue": 100}),
                deployment("blue", kind="azure-native:machinelearningservices/v20251201:OnlineDeployment"),
            ),
            "blue serves 100 %",
        ),
        (
            rules.what_serves_is_frozen,
            stack(endpoint(traffic={"blue": 100}), deployment("blue", "properties", "tags", "identity")),
            "of its sku, kind, location:",
        ),
        (
            rules.what_serves_is_frozen,
            stack(deployment("blue"), endpoint(traffic={"blue": 100})),
            "blue serves 100 %",
        ),
        (rules.gates_judge, stack(endpoint(), **{"rollout:gates": ""}), "no gate counts"),
        (rules.gates_judge, stack(endpoint(), **{"rollout:gates": "none"}), "no list"),
        (
            rules.gates_judge,
            stack(endpoint(), **{"rollout:gates": '[{"name": "errors", "dryRun": true}]'}),
            "no gate counts",
        ),
        (
            rules.keys_are_for_trying_out,
            stack(endpoint("Key"), name="credit-prod"),
            "set rollout:auth to AADToken",
        ),
    ],
)
def test_what_is_wrong_is_said(rule: Any, given: Stack, said: str) -> None:
    assert said in "\n".join(rule(given))


def test_the_program_freezes_as_much_as_the_rule_asks_for() -> None:
    assert set(deployments.EVERY_INPUT) >= set(rules.MADE_OF)
