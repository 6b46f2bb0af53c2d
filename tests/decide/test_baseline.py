"""What a comparison has frozen: prod's usual traffic at its beginning, and the stages that are over."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Quality
from story import (
    BAKE,
    LADDER,
    MINUTE,
    ONE,
    THREE,
    TWO,
    History,
    Metrics,
    Story,
    comparing,
    judged,
    rolling_out,
    step_of,
)

from rollout.core.comparison.blocks import Baseline
from rollout.core.decide import decide
from rollout.core.judging import BaselineQuestion, baseline_due
from rollout.core.observed import Provisioning
from rollout.core.past import COMPARED_STAGES_LIMIT
from rollout.core.plan import Stage
from rollout.core.record import BASELINE, STAGES, Record
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.verdict import Verdict


def _due(story: Story) -> BaselineQuestion | None:
    return baseline_due(story.plan, story.azure.observe())


@pytest.mark.parametrize("stages", [LADDER, (Stage(0, 30 * MINUTE, mirror=20), *LADDER)])
def test_the_put_that_opens_the_first_compared_stage_freezes_the_baseline(stages: tuple[Stage, ...]) -> None:
    story = comparing(1, stages=stages)
    assert BASELINE not in story.azure.tags
    asked = _due(story)
    assert asked == BaselineQuestion("blue", story.azure.now - story.plan.lag)
    up = story.up()
    assert up.step.kind is StepKind.ADVANCE
    assert story.record.baseline == up.usual is not None
    assert "5400 requests" in up.step.reason
    assert _due(story) is None, "asked once"


def test_the_baseline_stays_as_it_was_whatever_becomes_of_config() -> None:
    story = comparing(2)
    frozen = story.azure.tags[BASELINE]
    story.plan = replace(story.plan, compared_gates=2, stages=story.plan.stages[:3] + story.plan.stages[4:])
    for _ in range(3):
        assert story.azure.tags[BASELINE] == frozen
        assert step_of(story).kind is StepKind.ADVANCE
        story.wait(BAKE)


def test_nothing_is_frozen_where_nothing_compares() -> None:
    for story in (rolling_out(1), comparing(1, stages=LADDER[2:])):
        assert _due(story) is None
        assert story.up(history=History.UNREADABLE).step.kind is StepKind.ADVANCE
        assert story.record.baseline is None


@pytest.mark.parametrize("why", ["superseded", "not probed", "busy", "another release", "drawn before"])
def test_history_is_measured_only_by_the_step_that_needs_it(why: str) -> None:
    story = comparing(2 if why == "drawn before" else 1)
    if why == "superseded":
        story.config(THREE)
    elif why == "not probed":
        story.azure.published = replace(story.azure.published, probe=None)
    elif why == "busy":
        story.azure.deployments["green"].state = Provisioning.UPDATING
    elif why == "another release":
        story.azure.deployments["green"].release = THREE
    assert _due(story) is None


def test_a_stage_without_judged_time_leaves_no_window() -> None:
    story = comparing(1, stages=(Stage(10, 0 * MINUTE), Stage(50, 0 * MINUTE), Stage(100, MINUTE)))
    story.up()
    story.wait(1)
    up = story.preview()
    assert up.question is not None
    step = decide(up.plan, up.seen, judged(up.question, Verdict.SUCCESSFUL))
    assert (step.kind, step.record.past) == (StepKind.ADVANCE, ())
    assert Record.from_tags(step.record.tags()) == step.record


def test_a_first_release_has_nobody_to_be_compared_with() -> None:
    story = Story()
    story.plan = replace(story.plan, compared_gates=1)
    story.config(ONE)
    story.up()
    assert _due(story) is None
    assert story.up(history=History.UNASKED).step.kind is StepKind.PROMOTE


def test_too_little_history_waits_and_says_how_much_is_missing() -> None:
    story = comparing(1)
    step = story.up(history=History.THIN).step
    assert (step.kind, step.outcome, step.phase) == (StepKind.HOLD, Outcome.FINE, Phase.PROGRESSING)
    for said in ("31 requests", "needs 50", "0 %", "fixed limits"):
        assert said in step.reason
    assert step_of(story).kind is StepKind.ADVANCE


@pytest.mark.parametrize("history", [History.UNREADABLE, History.UNASKED])
def test_history_that_cant_be_read_is_red_and_opens_no_stage(history: History) -> None:
    story = comparing(1)
    step = story.up(history=history).step
    assert (step.kind, step.outcome) == (StepKind.HOLD, Outcome.UNREADABLE)
    assert "blue" in step.reason
    if history is History.UNREADABLE:
        assert "403" in step.reason


def test_a_baseline_that_isnt_all_numbers_is_never_written() -> None:
    story = comparing(1)
    up = story.preview()
    assert isinstance(up.usual, Baseline)
    broken = replace(up.usual, error_share=float("nan"))
    step = decide(up.plan, up.seen, None, broken)
    assert (step.kind, step.outcome) == (StepKind.HOLD, Outcome.UNREADABLE)


def test_each_compared_stage_leaves_its_window() -> None:
    story = comparing(2)
    opened = story.azure.published.settled
    assert opened is not None
    for _ in range(4):
        step = step_of(story)
        assert step.kind is StepKind.ADVANCE
        story.wait(BAKE)
    past = story.record.past
    assert [(stage.traffic, stage.mirror) for stage in past] == [(0, 20), (0, 50), (10, 0), (50, 0)]
    assert past[0].window.start == opened + story.plan.settle
    assert story.azure.tags[STAGES].startswith("0m20@2026-")
    asked = story.preview().question
    assert asked is not None
    assert (asked.stage.traffic, asked.prod, asked.past) == (100, "blue", past), (
        "the guard reads them at 100 %"
    )


@pytest.mark.parametrize("end", ["promoted", "failed", "superseded"])
def test_what_was_frozen_vanishes_with_the_rollout(end: str) -> None:
    story = comparing(6 if end == "promoted" else 4)
    assert story.record.baseline is not None
    assert story.record.past
    if end == "promoted":
        story.wait(100)
    elif end == "failed":
        story.azure.quality[TWO] = Quality.BAD_AT_GATE
    else:
        story.config(THREE)
    assert step_of(story).kind is (StepKind.PROMOTE if end == "promoted" else StepKind.ABORT)
    assert not {BASELINE, STAGES} & story.azure.tags.keys()
    assert not {BASELINE, STAGES} & dict(story.azure.published.record).keys()


def test_a_rollout_holds_before_a_stage_that_its_record_has_no_room_for() -> None:
    shares = range(1, COMPARED_STAGES_LIMIT + 1)
    ladder = (*(Stage(share, MINUTE) for share in shares), Stage(100, MINUTE))
    story = comparing(1 + COMPARED_STAGES_LIMIT, stages=ladder)
    assert story.live["green"] == COMPARED_STAGES_LIMIT
    longer = (*ladder[:-1], Stage(60, MINUTE), ladder[-1])
    story.plan = replace(story.plan, stages=longer)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "out of config" in step.reason
    story.plan = replace(story.plan, stages=ladder)
    assert step_of(story).kind is StepKind.ADVANCE
    assert story.live == {"green": 100}
    assert len(story.record.past) == COMPARED_STAGES_LIMIT
    assert len(story.azure.tags[STAGES]) <= 256


def test_a_repair_moves_the_window_but_nothing_that_is_frozen() -> None:
    story = comparing(3)
    before = story.record
    story.azure.published = replace(story.azure.published, phase=None)
    assert step_of(story, Metrics.SILENT).kind is StepKind.REPAIR
    assert story.record == before
