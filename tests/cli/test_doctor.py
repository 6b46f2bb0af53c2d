"""What `rollout doctor` says where little or nothing can be looked at."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout import cli
from rollout.azure.errors import Forbidden
from rollout.azure.logs import LogWorkspace
from rollout.azure.measuring import Subject
from rollout.cli.health import place, traffic
from rollout.cli.health.check import State
from rollout.cli.health.patient import Patient
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.evidence import Unreadable
from rollout.core.gates.history import Thin
from rollout.core.observed import Endpoint, Provisioning
from rollout.core.plan import Plan, Stage
from rollout.stack import pulumi_cli

if TYPE_CHECKING:
    from rollout.azure.observe import Sight
    from rollout.cli.stack import StackView

GATE = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
USUAL = Baseline(Tier.LOGS, 36000, 0.005, (30.0, 60.0, 90.0), stages=2, gates=1)
PLAN = Plan("", (Stage(0, mirror=20), Stage(10), Stage(50), Stage(100)), compared_gates=1)


def stack(*gates: ComparativeGate, source: Tier | None = None) -> StackView:
    settings = SimpleNamespace(
        compared=gates,
        comparison=ComparisonSettings(source=source),
        plan=lambda _: PLAN,
        workspace=SimpleNamespace(name="mlw", create=False),
    )
    seen = SimpleNamespace(settings=settings, place=SimpleNamespace(endpoint="credit"))
    return cast("StackView", seen)


def sight(log: Any = None, **shares: int) -> Sight:
    core = Endpoint(Provisioning.SUCCEEDED, shares, {})
    live = SimpleNamespace(core=core)
    code = getattr(log, "customer_id", None)
    seen = SimpleNamespace(
        endpoint=live,
        deployments={},
        log=log,
        traffic_log=code,
        workspace=None,
        subject=Subject("/e", "eastus", log),
    )
    return cast("Sight", seen)


def patient(*, usual: Any = USUAL, source: Tier | None = None, log: Any = None) -> Patient:
    return Patient(Path(), stack(GATE, source=source), sight(log, blue=90, green=10), usual)


def test_without_pulumi_everything_else_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("PATH", str(tmp_path))
    assert cli.main(["doctor", "--json", "--cwd", str(tmp_path)]) == 4
    found = json.loads(capsys.readouterr().out)
    states = {each["name"]: each["state"] for each in found["checks"]}
    assert states == {
        "python": "ok",
        "pulumi": "problem",
        "config": "problem",
        **dict.fromkeys(
            (
                "login",
                "workspace",
                "endpoint",
                "roles",
                "evidence",
                "quota",
                "orphans",
                "lock",
                "traffic",
                "ladder",
            ),
            "unknown",
        ),
    }
    assert "pulumi isn't on PATH" in found["checks"][1]["said"]
    assert found["checks"][1]["do"]


@pytest.mark.parametrize(
    ("printed", "state", "said"),
    [
        ("v3.248.0\n", State.PROBLEM, "too old: 3.249"),
        ("v3.260.1\n", State.WARNING, "they go together"),
        ("what?", State.WARNING, "is none"),
    ],
)
def test_another_pulumi(monkeypatch: pytest.MonkeyPatch, printed: str, state: State, said: str):
    monkeypatch.setattr(pulumi_cli, "run", lambda *_: printed)
    found = place.pulumi(Patient(Path()))
    assert (found.state, said in found.said, bool(found.do)) == (state, True, True)


REFUSED = Forbidden("the workspace log", "403", "Let an owner grant it.")


@pytest.mark.parametrize(
    ("log", "source", "state", "said"),
    [
        (LogWorkspace("guid"), None, State.OK, "workspace guid"),
        (LogWorkspace("guid"), Tier.METRICS, State.WARNING, "though the traffic log is there"),
        (None, None, State.WARNING, "metrics: no diagnostic setting"),
        (None, Tier.LOGS, State.PROBLEM, "no diagnostic setting sends"),
        (REFUSED, None, State.PROBLEM, "can't be read: 403"),
    ],
)
def test_where_evidence_comes_from(log: Any, source: Tier | None, state: State, said: str):
    found = place.evidence(patient(log=log, source=source))
    assert (found.state, said in found.said) == (state, True), found.said


@pytest.mark.parametrize(
    ("usual", "state", "said"),
    [
        (USUAL, State.OK, "667 requests a minute over 1h (36000 to blue, which has 90 % of them), 0.5 %"),
        (Thin(12), State.WARNING, "prod had 12 requests"),
        (Unreadable("it can't be read"), State.PROBLEM, "it can't be read"),
    ],
)
def test_how_much_traffic_there_is(usual: Any, state: State, said: str):
    found = traffic.traffic(patient(usual=usual))
    assert (found.state, said in found.said) == (state, True), found.said


def test_a_ladder_is_decided_in_time_or_not():
    busy = traffic.ladder(patient())
    assert (busy.state, busy.said.startswith("every stage is decided in time: 0 %, 20 % mirrored")) == (
        State.OK,
        True,
    )
    quiet = patient(usual=replace(USUAL, requests=600))
    found, proposed = traffic.ladder(quiet), traffic.proposal(quiet)
    assert found.state is State.WARNING
    assert "10 % after about" in found.said
    assert proposed is not None
    assert proposed.rungs[0].traffic == 50
    assert proposed.warning


def test_no_gate_compares():
    alone = patient()
    alone.stack = stack()
    assert traffic.ladder(alone).state is State.OK
    assert traffic.proposal(alone) is None


def test_an_endpoint_that_isnt_there_yet():
    young = Patient(
        Path(), stack(GATE), cast("Sight", SimpleNamespace(endpoint=None, workspace=None, subject=None))
    )
    assert place.endpoint(young).state is State.OK
    assert place.workspace(young).state is State.PROBLEM
    assert traffic.traffic(young).state is State.UNKNOWN
