"""Promotion: which releases may start, by what is Healthy at the endpoint below."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rollout.azure import promotion
from rollout.core.config.promoting import Promotes
from rollout.core.intent import Intent, Verb
from rollout.core.moves import Scene
from rollout.core.observed import Deployment, Endpoint, Observed, Provisioning, Published
from rollout.core.plan import Plan, Stage
from rollout.core.promotion import (
    Artifact,
    NotPromotedError,
    Override,
    Part,
    Proof,
    differences,
    held,
    let_through,
    needs_proof,
    unproved,
)
from rollout.core.record import Record
from rollout.core.step import Form, Outcome, Phase, Step, StepKind

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
MODEL = Part("azureml:m:2", frozenset({"/ws/models/m/versions/2", "model custom_model 22"}))
SERVING = Part("azureml:e:1", frozenset({"/ws/environments/e/versions/1"}))
WANTED = Artifact(MODEL, SERVING, "rollout-c0de", "score.py")
OTHER = Part("azureml:m:1", frozenset({"/ws/models/m/versions/1"}))


def test_a_part_is_known_by_any_of_its_names():
    elsewhere = Part("azureml:m:2", frozenset({"/other/models/m/versions/2", "model custom_model 22"}))
    assert elsewhere.same(MODEL)
    assert not OTHER.same(MODEL)
    assert differences(WANTED, Artifact(elsewhere, SERVING, "rollout-c0de", "score.py")) == ()


@pytest.mark.parametrize(
    ("proved", "said"),
    [
        (Artifact(OTHER, SERVING, "rollout-c0de", "score.py"), "model azureml:m:2, there azureml:m:1"),
        (Artifact(MODEL, None, "rollout-c0de", "score.py"), "environment azureml:e:1, there none"),
        (Artifact(MODEL, OTHER, "rollout-c0de", "score.py"), "environment azureml:e:1, there azureml:m:1"),
        (Artifact(MODEL, SERVING, None, "score.py"), "scoring code rollout-c0de, there none"),
        (Artifact(MODEL, SERVING, "rollout-c0de", "other.py"), "scoring script score.py, there other.py"),
    ],
)
def test_each_difference_is_said(proved: Artifact, said: str):
    assert differences(WANTED, proved) == (said,)
    why = unproved(WANTED, Proof("staging", (proved,)))
    assert why is not None
    assert said in why


def test_what_was_healthy_there_starts():
    old = Artifact(OTHER, SERVING, "rollout-c0de", "score.py")
    assert unproved(WANTED, Proof("staging", (WANTED,))) is None
    assert unproved(WANTED, Proof("staging", (old, WANTED))) is None, "old prod was Healthy too"
    assert unproved(WANTED, Proof("staging", lacking="m:2 failed there")) == (
        "nothing is Healthy at staging: m:2 failed there"
    )


@pytest.mark.parametrize(
    ("kind", "release", "needed"),
    [
        (StepKind.START, "m:3", True),
        (StepKind.RETIRE, "m:3", True),
        (StepKind.START, "m:2", False),
        (StepKind.RETIRE, "m:1", False),
        (StepKind.ABORT, "m:3", False),
        (StepKind.ADVANCE, "m:3", False),
        (StepKind.HOLD, "m:3", False),
        (StepKind.START, "m:0", True),
        (StepKind.RETIRE, "m:0", False),
    ],
)
def test_only_a_new_rollout_needs_a_proof(kind: StepKind, release: str, *, needed: bool):
    step = Step(kind, Phase.PROGRESSING, "so", Record(), Phase.PROGRESSING)
    record = Record(prod="blue", prod_release="m:1", release="m:2", failed_before=("m:0",))
    assert needs_proof(step, release, record) is needed


def test_the_soak_of_old_prod_ends_though_config_names_what_was_taken_back(monkeypatch: pytest.MonkeyPatch):
    asked = lower(monkeypatch, "it wasn't Healthy at staging")
    soaking = replace(PROD, old_prod="green", old_prod_release="m:0", failed_release="m:2")
    retire = replace(START, kind=StepKind.RETIRE)
    assert proved(retire, soaking) is retire
    assert asked == []
    retry = Intent(Verb.RETRY, "m:2", None, "ada", NOW, "once more")
    assert proved(retire, soaking, said=retry).kind is StepKind.HOLD
    assert proved(retire, replace(soaking, failed_release=None)).kind is StepKind.HOLD


def test_what_isnt_proved_holds_and_says_what_would_help():
    record = Record(prod="blue", prod_release="m:1", traffic={"blue": 100})
    endpoint = Endpoint(Provisioning.SUCCEEDED, {"blue": 100}, record.tags())
    seen = Observed(NOW, endpoint, {"blue": Deployment("blue", "m:1", Provisioning.SUCCEEDED)})
    scene = Scene(Plan("m:2", (Stage(100),)), seen, endpoint, record)
    start = Step(StepKind.START, Phase.PROGRESSING, "starts", record, Phase.PROGRESSING)
    step = held(scene, start, "it wasn't Healthy at staging")
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.DEGRADED, Outcome.STUCK)
    assert step.outcome.exits_non_zero
    assert (step.record, step.routing) == (record, endpoint.routing)
    assert dict(step.deployments) == {"blue": Form.FROZEN}
    assert "m:2 isn't started: it wasn't Healthy at staging" in step.reason
    assert "`rollout release --override REASON`" in step.reason


def lower(monkeypatch: pytest.MonkeyPatch, why: str | None) -> list[str]:
    """Have the endpoint below prove a release or not; what it was asked for."""
    asked: list[str] = []

    def lacking(*given: object) -> str | None:
        asked.append(str(given[2]))
        return why

    monkeypatch.setattr(promotion, "lacking_proof", lacking)
    return asked


def proved(
    step: Step, record: Record | None, override: Override | None = None, *, said: Intent | None = None
) -> Step:
    """Return what becomes of a step where releases are promoted from staging."""
    settings = SimpleNamespace(
        promotes=Promotes("/ws/onlineEndpoints/staging", override),
        deployment=SimpleNamespace(model="azureml:m:2"),
        plan=lambda release: Plan(release, (Stage(100),)),
    )
    shares = {"blue": 100}
    endpoint = Endpoint(Provisioning.SUCCEEDED, shares, record.tags()) if record is not None else None
    given: Any = (settings, None, None)
    wanted: Any = SimpleNamespace(id="m:2")
    seen = Observed(NOW, endpoint, published=Published(intent=said))
    return promotion.proved(step, *given, seen=seen, wanted=wanted)


PROD = Record(prod="blue", prod_release="m:1", traffic={"blue": 100})
START = Step(StepKind.START, Phase.PROGRESSING, "m:2 starts", PROD, Phase.PROGRESSING)


def test_nothing_is_read_but_where_a_rollout_begins(monkeypatch: pytest.MonkeyPatch):
    asked = lower(monkeypatch, "it wasn't Healthy at staging")
    abort = replace(START, kind=StepKind.ABORT)
    assert proved(abort, PROD) is abort
    assert proved(START, replace(PROD, release="m:2", candidate="green")) is START, "it goes on"
    assert "the incident" in proved(START, PROD, Override("azureml:m:2", "the incident")).reason
    assert asked == []
    assert proved(START, PROD, Override("azureml:m:1", "an earlier one")).kind is StepKind.HOLD
    assert asked == ["/ws/onlineEndpoints/staging"]


def test_a_first_release_that_isnt_proved_ends_the_run(monkeypatch: pytest.MonkeyPatch):
    lower(monkeypatch, "it wasn't Healthy at staging")
    with pytest.raises(NotPromotedError, match="m:2 isn't started: it wasn't Healthy at staging"):
        proved(START, None)
    lower(monkeypatch, None)
    assert proved(START, None) is START


def test_what_is_let_through_says_so():
    start = Step(StepKind.START, Phase.PROGRESSING, "m:2 starts", Record(), Phase.PROGRESSING)
    step = let_through(start, Override("azureml:m:2", "the incident"), "staging")
    assert step.reason == "m:2 starts; let through without proof from staging: the incident"
    assert step.kind is StepKind.START
