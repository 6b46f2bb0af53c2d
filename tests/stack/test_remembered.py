from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pulumi_azure_native.machinelearningservices import OnlineDeployment, Workspace

from rollout.core import history
from rollout.core.gates.judgement import Finding, Judgement
from rollout.core.record import Record
from rollout.core.step import Phase, Step, StepKind
from rollout.core.traffic import Routing
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from rollout.stack import pulumi_cli, remembered

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
URN = "urn:pulumi:dev::rollout::rollout:stack:Endpoint$azure-native:machinelearningservices:"
STEP = Step(
    kind=StepKind.ADVANCE,
    phase=Phase.PROGRESSING,
    reason="x" * 400,
    record=Record(prod="blue", candidate="green", release="m:2-deadbeef", stage=10),
    published_phase=Phase.PROGRESSING,
    routing=Routing({"blue": 90, "green": 10}),
)


def _resource(kind: str, name: str, **more: Any) -> dict[str, Any]:
    type_ = f"azure-native:machinelearningservices:{kind}" if kind != "Stash" else "pulumi:index:Stash"
    return {"urn": f"{URN}{kind}::{name}", "type": type_, "custom": True, **more}


def _exported(*resources: dict[str, Any]) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": list(resources)}}


def test_what_the_state_holds_of_the_endpoint() -> None:
    found = remembered.of(
        _exported(
            _resource("OnlineEndpoint", "endpoint", protect=True, id="/subscriptions/s/onlineEndpoints/e"),
            _resource("ResourceGroup", "group"),
            _resource("Workspace", "going", delete=True),
            _resource("OnlineDeployment", "blue", protect=True, inputs={"location": "eastus"}),
            _resource("OnlineDeployment", "green", inputs={}, pendingReplacement=True),
            _resource("OnlineDeployment", "going", delete=True),
            _resource("Stash", "record", inputs={"input": {"history": [{"step": "start"}, "?"]}}),
        )
    )
    assert found.has_endpoint
    assert found.has_workspace
    assert found.taken_over(OnlineDeployment, "blue", "/SUBSCRIPTIONS/blue") is None
    assert found.taken_over(OnlineDeployment, "endpoint", "/subscriptions/x") == "/subscriptions/x"
    assert found.taken_over(Workspace, "going", "/subscriptions/w") == "/subscriptions/w"
    assert found.endpoint_id == "/subscriptions/s/onlineEndpoints/e"
    assert dict(found.deployments) == {"blue": {"location": "eastus"}, "green": {}}
    assert found.protected == {"blue"}
    assert found.half_replaced == {"green"}
    assert found.transitions == ({"step": "start"},)


def test_a_component_is_not_the_resource_of_its_name() -> None:
    """A workspace whose creation was killed: the component around it is in the state, and it isn't."""
    component = _resource("Workspace", "workspace", custom=False) | {"type": "rollout:stack:Workspace"}
    found = remembered.of(_exported(component, _resource("ResourceGroup", "group")))
    assert found.taken_over(Workspace, "workspace", "/subscriptions/w") == "/subscriptions/w"
    assert found.has_workspace


@pytest.mark.parametrize(
    "exported",
    [
        {},
        {"deployment": None},
        _exported(),
        _exported(_resource("Stash", "record", delete=True, inputs={"input": {"history": [{}]}})),
    ],
)
def test_a_state_that_holds_nothing_of_it(exported: dict[str, Any]) -> None:
    assert remembered.of(exported) == remembered.Remembered()


@pytest.mark.parametrize("said", ["4", {"history": 4}])
def test_a_history_that_is_none(said: Any) -> None:
    assert not remembered.of(_exported(_resource("Stash", "record", inputs={"input": said}))).transitions


def test_a_state_that_cant_be_read_is_not_an_empty_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for printed in ("", "[1]"):
        monkeypatch.setattr(pulumi_cli, "run", lambda *_, _said=printed: _said)
        with pytest.raises(pulumi_cli.StackError):
            remembered.read("dev", tmp_path)


def test_a_transition_says_who_did_what_and_why() -> None:
    findings = (Finding("errors", Verdict.SUCCESSFUL, ""), Finding("latency", Verdict.FAILED, ""))
    judgement = Judgement(Window(NOW, NOW + timedelta(minutes=5)), findings)
    entry = history.transition(STEP, NOW, Routing({"blue": 100}), "runner", judgement)
    assert entry == {
        "at": "2026-11-21T10:00:00Z",
        "step": "advance",
        "phase": "Progressing",
        "from": "blue 100",
        "to": "blue 90, green 10",
        "release": "m:2-deadbeef",
        "who": "runner",
        "reason": "x" * 256,
        "verdicts": {"errors": "Successful", "latency": "Failed"},
    }


def test_a_repair_that_comes_again_is_one_entry_of_the_history() -> None:
    probing = replace(STEP, kind=StepKind.REPAIR, reason="no probe of m:2-deadbeef is known")
    told: list[dict[str, Any]] = []
    steps = [STEP, probing, probing, probing, STEP, probing, replace(probing, reason="the stack tags lag")]
    for minutes, step in enumerate(steps):
        at = NOW + timedelta(minutes=minutes)
        told = history.grown(
            told, history.transition(step, at, Routing({"blue": 100}), f"run {minutes}", None)
        )
    shown = [(each["at"][11:16], each["step"], each["who"]) for each in told]
    assert shown == [
        ("10:00", "advance", "run 0"),
        ("10:03", "repair", "run 3"),
        ("10:04", "advance", "run 4"),
        ("10:05", "repair", "run 5"),
        ("10:06", "repair", "run 6"),
    ]


def test_the_history_keeps_the_last_200() -> None:
    told: list[dict[str, Any]] = []
    for number in range(210):
        told = history.grown(told, {"number": number})
    assert [each["number"] for each in told] == list(range(10, 210))
