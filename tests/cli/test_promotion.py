"""Promotion: which releases may start, by what is Healthy at the endpoint below."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from rollout.core.moves import Scene
from rollout.core.observed import Deployment, Endpoint, Observed, Provisioning
from rollout.core.plan import Plan, Stage
from rollout.core.promotion import (
    Artifact,
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
    ],
)
def test_only_a_new_rollout_needs_a_proof(kind: StepKind, release: str, *, needed: bool):
    step = Step(kind, Phase.PROGRESSING, "so", Record(), Phase.PROGRESSING)
    assert needs_proof(step, release, "m:2", "m:1") is needed


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


def test_what_is_let_through_says_so():
    start = Step(StepKind.START, Phase.PROGRESSING, "m:2 starts", Record(), Phase.PROGRESSING)
    step = let_through(start, Override("azureml:m:2", "the incident"), "staging")
    assert step.reason == "m:2 starts; let through without proof from staging: the incident"
    assert step.kind is StepKind.START
