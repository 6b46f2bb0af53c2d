"""Waiting for a person: pauses, approvals and deadlines, one by one: given, when, then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Quality, Weather
from story import (
    BAKE,
    LADDER,
    MINUTE,
    ONE,
    PROVED,
    TWO,
    Metrics,
    Story,
    healthy,
    in_doubt,
    rolling_out,
    soaking,
    step_of,
)

from rollout.core.decide import decide
from rollout.core.intent import Verb
from rollout.core.plan import OnInconclusive
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.verdict import Verdict
from rollout.core.window import Window

ASKING = tuple(replace(stage, approval=stage.traffic == 50) for stage in LADDER)
URGENT = tuple(replace(stage, deadline=60 * MINUTE) for stage in LADDER)

# Pause


@pytest.mark.parametrize("metrics", Metrics)
@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_a_pause_stops_the_climb_and_is_no_error(ups: int, metrics: Metrics) -> None:
    story = rolling_out(ups, on_inconclusive=OnInconclusive.ABORT)
    story.pause("deploy freeze")
    story.wait(300)
    step = step_of(story, metrics)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.PAUSED, Outcome.FINE)
    assert "deploy freeze" in step.reason
    assert "`rollout resume`" in step.reason
    story.resume()
    assert step_of(story).kind in (StepKind.ADVANCE, StepKind.PROMOTE)


def test_a_pause_never_stops_an_abort() -> None:
    for story in (rolling_out(3, Quality.BAD_AT_HALF), rolling_out(1, Quality.BAD_AT_PROBE)):
        story.pause()
        assert step_of(story).kind is StepKind.ABORT
    story = rolling_out(3)
    story.pause()
    story.config(ONE)
    assert step_of(story).kind is StepKind.ABORT
    story = rolling_out(3)
    story.pause()
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT


def test_a_pause_stops_a_start_and_a_retirement() -> None:
    story = healthy()
    story.pause()
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.NONE, Phase.HEALTHY)
    assert "paused by bob" in step.reason
    story.config(TWO)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PAUSED)
    story = soaking()
    story.pause()
    story.wait(48 * 60)
    assert step_of(story).phase is Phase.PAUSED
    assert "blue" in story.azure.deployments
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO


# Approval


def test_a_stage_that_asks_for_approval_waits_for_it() -> None:
    story = rolling_out(1, stages=ASKING)
    assert step_of(story).kind is StepKind.ADVANCE, "10 % asks for none"
    story.wait(20)
    assert step_of(story).phase is Phase.PROGRESSING, "it is asked for when all else is done"
    story.wait(BAKE)
    step = step_of(story)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.PAUSED, Outcome.FINE)
    assert "`rollout approve`" in step.reason
    story.approve(None, release=ONE, stage="50")
    assert "is ignored" in step_of(story).reason
    story.approve(None, stage="100")
    assert "is ignored" in step_of(story).reason
    story.approve(None, stage="50")
    step = step_of(story)
    assert (step.kind, step.who) == (StepKind.ADVANCE, "ada")
    assert story.live == {"blue": 50, "green": 50}
    assert story.azure.published.approved is None
    story.run()
    assert story.record.prod_release == TWO, "100 % asks for none"


def test_who_accepted_a_margin_has_approved_the_next_stage_too() -> None:
    story = rolling_out(2, stages=ASKING, compared_gates=1)
    story.approve(PROVED)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.ADVANCE


def test_a_first_release_needs_the_approval_of_100() -> None:
    story = Story()
    story.plan = replace(story.plan, stages=tuple(replace(each, approval=True) for each in LADDER))
    story.config(ONE)
    step_of(story)
    assert step_of(story).phase is Phase.PAUSED
    story.approve(None, stage="10")
    assert step_of(story).phase is Phase.PAUSED
    story.approve(None, stage="100")
    assert step_of(story).kind is StepKind.PROMOTE


def test_approval_is_asked_of_a_first_stage() -> None:
    story = healthy()
    story.plan = replace(story.plan, stages=tuple(replace(each, approval=True) for each in LADDER))
    story.config(TWO)
    step_of(story)
    assert step_of(story).phase is Phase.PAUSED
    story.approve(None, stage="10")
    assert step_of(story).kind is StepKind.ADVANCE


# Deadline


def test_a_candidate_in_doubt_past_its_deadline_is_taken_back() -> None:
    story = rolling_out(2, stages=URGENT)
    story.wait(20)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.HOLD
    story.wait(30)
    step = step_of(story, Metrics.DOUBTFUL)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert "past its deadline of 1h" in step.reason


@pytest.mark.parametrize("metrics", [Metrics.SILENT, Metrics.UNREADABLE, Metrics.UNASKED])
def test_a_deadline_doesnt_count_what_could_not_be_judged(metrics: Metrics) -> None:
    story = rolling_out(2, stages=URGENT)
    story.wait(600)
    assert step_of(story, metrics).kind is StepKind.HOLD


def test_a_deadline_doesnt_count_a_night_without_requests() -> None:
    story = rolling_out(2, stages=URGENT)
    story.wait(600)
    asked = story.preview().question
    assert asked is not None
    night = Window(asked.window.start + 10 * MINUTE, asked.window.end - 3 * MINUTE)
    morning = replace(in_doubt(asked, None), gaps=(night,))
    step = decide(story.plan, story.azure.observe(), morning)
    assert step.kind is StepKind.HOLD, step.reason
    assert decide(story.plan, story.azure.observe(), replace(morning, gaps=())).kind is StepKind.ABORT
    late = replace(morning, gaps=(Window(night.start, asked.window.end - 50 * MINUTE),))
    assert decide(story.plan, story.azure.observe(), late).kind is StepKind.ABORT


def test_a_deadline_doesnt_count_a_pause() -> None:
    story = rolling_out(2, stages=URGENT)
    story.pause()
    story.wait(600)
    assert step_of(story, Metrics.DOUBTFUL).phase is Phase.PAUSED
    story.resume()
    story.wait(50)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.HOLD
    story.wait(20)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.ABORT


def test_a_deadline_is_nothing_to_a_release_that_is_good() -> None:
    story = rolling_out(2, stages=tuple(replace(stage, approval=True) for stage in URGENT))
    assert story.record.stage == 0
    story.approve(None, stage="10")
    step_of(story)
    story.wait(600)
    assert step_of(story).phase is Phase.PAUSED
    story.approve(None, stage="50")
    assert step_of(story).kind is StepKind.ADVANCE


# A probe that ends in Error


def test_a_bad_candidate_is_judged_though_its_probe_ends_in_error_each_time() -> None:
    story = rolling_out(2)
    step_of(story)
    assert story.record.stage == 50
    story.azure.published = replace(story.azure.published, probe=None)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    for _ in range(4):
        step = step_of(story, weather=Weather(probe=Verdict.ERROR))
        assert step.kind is StepKind.REPAIR
        story.wait(3)
    assert step_of(story, weather=Weather(probe=Verdict.ERROR)).kind is StepKind.ABORT
