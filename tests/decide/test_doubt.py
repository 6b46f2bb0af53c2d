"""Gates that can't tell: waiting, asking a person, going on, taking back."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest
from azure_model import Quality, Weather
from story import (
    BAKE,
    ONE,
    PROVED,
    TWO,
    Metrics,
    Story,
    comparing,
    in_doubt,
    judged,
    step_of,
)

from rollout.core.decide import decide
from rollout.core.gates.judgement import Finding, Judgement
from rollout.core.plan import OnInconclusive, OnNoData
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, Step, StepKind
from rollout.core.times import show_duration
from rollout.core.verdict import Verdict
from rollout.core.window import Window

ASKS = "rollout approve --margin 2.1pp"


def _decided(story: Story, judgement: Judgement) -> Step:
    return decide(story.plan, story.azure.observe(), judgement)


def _doubtful(story: Story, *others: Finding, proved: float | None = PROVED) -> Judgement:
    asked = story.preview().question
    assert asked is not None
    return in_doubt(asked, proved, *others)


@pytest.mark.parametrize("ups", [2, 4, 6])
@pytest.mark.parametrize("metrics", [Metrics.DOUBTFUL, Metrics.UNPROVED, Metrics.SILENT])
def test_doubt_holds_green_and_progressing_until_max_wait(ups: int, metrics: Metrics) -> None:
    story = comparing(ups)
    step = step_of(story, metrics)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.PROGRESSING, Outcome.FINE)
    assert "can't tell" in step.reason or "latency" in step.reason


def test_after_max_wait_a_person_is_asked_to_accept_what_is_proved() -> None:
    story = comparing(4)
    story.wait(60)
    step = step_of(story, Metrics.DOUBTFUL)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.PAUSED, Outcome.FINE)
    assert step.published_phase is Phase.PROGRESSING, "a hold writes nothing"
    for said in (ASKS, "1h (maxWait)", "set config back to " + ONE):
        assert said in step.reason
    assert story.azure.writes == []


def test_where_no_margin_is_proved_none_is_asked_for() -> None:
    story = comparing(4)
    story.wait(60)
    step = step_of(story, Metrics.UNPROVED)
    assert step.phase is Phase.PAUSED
    assert "rollout approve" not in step.reason
    for said in (
        "no margin in points is proved for errors-vs-prod",
        "wait",
        "onInconclusive",
        "set config back to",
    ):
        assert said in step.reason


def test_max_wait_before_the_bake_is_over_asks_nobody_yet() -> None:
    story = comparing(6)
    story.wait(60)
    assert story.preview(Metrics.DOUBTFUL).step.phase is Phase.PROGRESSING
    story.wait(40)
    assert story.preview(Metrics.DOUBTFUL).step.phase is Phase.PAUSED


def test_max_wait_counts_judged_time_only() -> None:
    story = comparing(4)
    story.wait(60 - BAKE + 4)
    assert story.preview(Metrics.DOUBTFUL).step.phase is Phase.PROGRESSING
    story.wait(2)
    assert story.preview(Metrics.DOUBTFUL).step.phase is Phase.PAUSED


def test_doubt_may_go_on_where_config_says_so_and_says_what_is_given_up() -> None:
    story = comparing(4, on_inconclusive=OnInconclusive.ADVANCE)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.HOLD
    story.wait(60)
    step = step_of(story, Metrics.UNPROVED)
    assert (step.kind, step.record.stage) == (StepKind.ADVANCE, 50)
    assert "nothing is proved" in step.reason
    assert "onInconclusive is advance" in step.reason


def test_going_on_in_doubt_waits_for_the_bake() -> None:
    story = comparing(6, on_inconclusive=OnInconclusive.ADVANCE)
    story.wait(60)
    step = step_of(story, Metrics.DOUBTFUL)
    assert step.kind is StepKind.HOLD
    assert "of its bake of 2h are left" in step.reason
    story.wait(40)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.PROMOTE


@pytest.mark.parametrize("ups", [2, 4, 6])
def test_doubt_may_be_taken_back(ups: int) -> None:
    story = comparing(ups, on_inconclusive=OnInconclusive.ABORT)
    story.wait(60)
    step = step_of(story, Metrics.DOUBTFUL)
    assert (step.kind, step.outcome, step.phase) == (StepKind.ABORT, Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert "onInconclusive is abort" in step.reason
    assert (story.live, story.azure.mirror) == ({"blue": 100}, {})
    assert story.record.failed_release == TWO


@pytest.mark.parametrize("doubt", OnInconclusive)
def test_no_data_is_no_success_for_anybody(doubt: OnInconclusive) -> None:
    story = comparing(4, on_inconclusive=doubt)
    story.wait(6000)
    story.approve(1.0)
    step = step_of(story, Metrics.SILENT)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.PROGRESSING, Outcome.FINE)
    assert "no success" in step.reason
    assert "approve" not in step.reason


def test_no_data_may_be_taken_back() -> None:
    story = comparing(4, on_no_data=OnNoData.ABORT)
    assert step_of(story, Metrics.SILENT).kind is StepKind.HOLD
    story.wait(60)
    step = step_of(story, Metrics.SILENT)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert "onNoData is abort" in step.reason


@pytest.mark.parametrize("doubt", OnInconclusive)
def test_gates_that_cant_be_read_are_red_however_long(doubt: OnInconclusive) -> None:
    story = comparing(4, on_inconclusive=doubt, on_no_data=OnNoData.ABORT)
    story.wait(6000)
    story.approve(1.0)
    assert step_of(story, Metrics.UNREADABLE).outcome is Outcome.UNREADABLE
    assert step_of(story, Metrics.UNASKED).outcome is Outcome.UNREADABLE


@pytest.mark.parametrize("doubt", OnInconclusive)
def test_max_wait_doesnt_count_a_night_without_requests(doubt: OnInconclusive) -> None:
    story = comparing(4, on_inconclusive=doubt)
    story.wait(600)
    judgement = _doubtful(story)
    window = judgement.window
    night = Window(window.start + timedelta(minutes=57), window.end)
    step = _decided(story, replace(judgement, gaps=(night,)))
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PROGRESSING)
    silent = show_duration(night.end - night.start)
    assert f"{silent} without requests to it don't count towards maxWait" in step.reason
    less = replace(judgement, gaps=(Window(night.start + timedelta(minutes=3), night.end),))
    assert _decided(story, less).phase is not Phase.PROGRESSING or doubt is OnInconclusive.ADVANCE
    assert "don't count" not in _decided(story, less).reason


# What a person accepts


def test_a_percentage_of_prods_latency_is_not_accepted_by_points() -> None:
    story = comparing(4)
    story.wait(60)
    story.approve(1.0)
    slower = replace(_doubtful(story).findings[0], gate="latency-vs-prod", unit="%")
    step = _decided(story, _doubtful(story, slower))
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PAUSED)
    assert "no margin in points is proved for latency-vs-prod" in step.reason


@pytest.mark.parametrize(("ups", "stage"), [(2, 0), (4, 50), (5, 100)])
def test_a_margin_that_covers_what_is_proved_goes_on_and_says_who_accepted_it(ups: int, stage: int) -> None:
    story = comparing(ups)
    story.approve(0.021)
    step = step_of(story, Metrics.DOUBTFUL)
    assert (step.kind, step.record.stage) == (StepKind.ADVANCE, stage)
    assert "ada accepted" in step.reason
    assert "2.1pp" in step.reason
    assert story.azure.published.approved is None, "one approval, one stage"


def test_an_accepted_margin_waits_for_the_bake() -> None:
    story = comparing(1)
    story.up()
    story.approve(0.05)
    story.wait(20)
    step = step_of(story, Metrics.DOUBTFUL)
    assert step.kind is StepKind.HOLD
    assert "of its bake" in step.reason
    story.wait(20)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.ADVANCE


@pytest.mark.parametrize("margin", [None, 0.02, 0.0])
def test_a_margin_below_what_is_proved_is_not_enough(margin: float | None) -> None:
    story = comparing(4)
    story.wait(60)
    story.approve(margin)
    step = step_of(story, Metrics.DOUBTFUL)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PAUSED)
    assert "ada accepted" in step.reason
    assert ASKS in step.reason


def test_nobody_can_accept_what_isnt_proved() -> None:
    story = comparing(4)
    story.approve(1.0)
    assert step_of(story, Metrics.UNPROVED).kind is StepKind.HOLD


@pytest.mark.parametrize(
    ("other", "goes_on"),
    [
        (Finding("latency", Verdict.SUCCESSFUL, "latency is fine"), True),
        (Finding("latency", Verdict.INCONCLUSIVE, "latency has too few requests"), False),
        (Finding("latency", Verdict.INCONCLUSIVE, "nothing measured", no_data=True), False),
        (Finding("latency", Verdict.ERROR, "latency is NaN"), False),
        (Finding("latency", Verdict.FAILED, "latency is 80"), False),
        (Finding("latency", Verdict.FAILED, "latency is 80", dry_run=True), True),
        (Finding("latency", Verdict.INCONCLUSIVE, "none", dry_run=True, no_data=True), True),
    ],
)
def test_an_accepted_margin_covers_no_other_gate(other: Finding, goes_on: bool) -> None:  # noqa: FBT001
    story = comparing(4)
    story.approve(0.021)
    step = _decided(story, _doubtful(story, other))
    assert (step.kind is StepKind.ADVANCE) is goes_on, step.reason
    assert ("on a dry run: latency" in step.reason) is other.dry_run


def test_the_margin_to_accept_covers_every_gate_in_doubt() -> None:
    story = comparing(4)
    story.wait(60)
    more = _doubtful(story, proved=0.0301).findings[0]
    judgement = _doubtful(story, replace(more, gate="latency-vs-prod"))
    assert "--margin 3.1pp`" in _decided(story, judgement).reason
    story.approve(0.03)
    assert _decided(story, judgement).kind is StepKind.HOLD
    story.approve(0.031)
    assert _decided(story, judgement).kind is StepKind.ADVANCE


@pytest.mark.parametrize(("release", "stage"), [(ONE, "10"), (TWO, "50"), (TWO, "0m20"), (TWO, "0")])
def test_an_approval_for_something_else_is_ignored_aloud_and_removed(release: str, stage: str) -> None:
    story = comparing(4)
    story.approve(1.0, release, stage)
    approved = story.azure.published.approved
    assert approved is not None
    step = step_of(story, Metrics.DOUBTFUL)
    assert step.kind is StepKind.HOLD
    assert approved.show() in step.reason
    assert story.azure.published.approved is approved, "a hold writes nothing"
    step = step_of(story)
    assert step.kind is StepKind.ADVANCE
    assert approved.show() in step.reason
    assert story.azure.published.approved is None


def test_an_approval_ahead_of_its_stage_is_gone_when_that_opens() -> None:
    story = comparing(4)
    story.approve(1.0, stage="50")
    assert step_of(story).record.stage == 50
    story.wait(BAKE)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.HOLD


def test_an_approval_that_cant_be_read_accepts_nothing_and_is_told() -> None:
    story = comparing(4)
    story.azure.published = replace(story.azure.published, misread="yes, go on")
    step = step_of(story, Metrics.DOUBTFUL)
    assert step.kind is StepKind.HOLD
    assert "'yes, go on'" in step.reason


def test_an_approval_stays_through_a_repair() -> None:
    story = comparing(4)
    story.approve(0.021)
    story.azure.published = replace(story.azure.published, phase=None)
    assert step_of(story).kind is StepKind.REPAIR
    story.wait(BAKE)
    assert step_of(story, Metrics.DOUBTFUL).kind is StepKind.ADVANCE


def test_an_approval_stops_no_take_back() -> None:
    story = comparing(4)
    story.approve(1.0)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    assert step_of(story).kind is StepKind.ABORT
    assert story.azure.published.approved is None


# Dry runs


def test_dry_runs_dont_count_and_are_told() -> None:
    story = comparing(4)
    asked = story.preview().question
    assert asked is not None
    fine = judged(asked, Verdict.SUCCESSFUL)
    trial = Finding("latency-vs-prod", Verdict.FAILED, "slower", dry_run=True)
    step = _decided(story, replace(fine, findings=(*fine.findings, trial)))
    assert step.kind is StepKind.ADVANCE
    assert "on a dry run: latency-vs-prod Failed" in step.reason


@pytest.mark.parametrize("doubt", OnInconclusive)
def test_dry_runs_alone_are_no_success(doubt: OnInconclusive) -> None:
    story = comparing(4, on_inconclusive=doubt)
    story.wait(6000)
    asked = story.preview().question
    assert asked is not None
    trial = Finding("latency-vs-prod", Verdict.SUCCESSFUL, "as fast", dry_run=True)
    step = _decided(story, Judgement(asked.window, (trial,), 1000))
    assert step.kind is StepKind.HOLD


def test_every_way_through_doubt_ends_with_the_tags_of_its_record() -> None:
    for doubt, cut in itertools.product(OnInconclusive, (1, 2)):
        story = comparing(4, on_inconclusive=doubt)
        story.wait(60)
        story.up(Metrics.DOUBTFUL, Weather(cut_after=cut))
        story.run()
        wanted = None if doubt is OnInconclusive.ABORT else TWO
        assert story.record.prod_release == (wanted or ONE)
        assert Record.from_tags(story.azure.published.record) == story.record
