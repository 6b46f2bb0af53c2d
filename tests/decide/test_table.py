"""The rules of a rollout, one by one: given, when, then."""

from __future__ import annotations

import pytest
from azure_model import Live, Quality, Weather
from story import (
    BAKE,
    ONE,
    THREE,
    TWO,
    Metrics,
    Story,
    healthy,
    rolling_out,
    step_of,
)

from rollout.core.observed import Provisioning, Published
from rollout.core.record import Record
from rollout.core.step import Form, Outcome, Phase, StepKind

# The whole life


def test_a_first_release_takes_two_ups() -> None:
    story = Story()
    story.config(ONE)
    first, second, third = (step_of(story) for _ in range(3))
    assert (first.kind, first.record.traffic, first.deployments) == (StepKind.START, {}, {"blue": Form.FRESH})
    assert first.probe == "blue"
    assert (second.kind, second.record.traffic, second.record.prod) == (
        StepKind.PROMOTE,
        {"blue": 100},
        "blue",
    )
    assert second.deployments == {"blue": Form.FROZEN}
    assert (third.kind, third.phase) == (StepKind.NONE, Phase.HEALTHY)


def test_a_later_release_takes_seven_ups() -> None:
    story = healthy()
    story.config(TWO)
    seen: list[tuple[StepKind, dict[str, int]]] = []
    for minutes in (1, BAKE, BAKE, 126, 24 * 60, 1, 1):
        step = step_of(story)
        seen.append((step.kind, dict(step.record.traffic)))
        story.wait(minutes)
    assert seen == [
        (StepKind.START, {"blue": 100}),
        (StepKind.ADVANCE, {"blue": 90, "green": 10}),
        (StepKind.ADVANCE, {"blue": 50, "green": 50}),
        (StepKind.ADVANCE, {"blue": 0, "green": 100}),
        (StepKind.PROMOTE, {"blue": 0, "green": 100}),
        (StepKind.RETIRE, {"green": 100}),
        (StepKind.FINISH, {"green": 100}),
    ]
    assert (step_of(story).kind, story.preview().step.phase) == (StepKind.NONE, Phase.HEALTHY)
    assert story.record == Record(
        prod="green", prod_release=TWO, since=story.record.since, traffic={"green": 100}
    )
    assert set(story.azure.deployments) == {"green"}
    assert story.azure.published.phase == Phase.HEALTHY


def test_the_slots_take_turns() -> None:
    story = healthy()
    for release in (TWO, THREE):
        story.config(release)
        story.run()
    assert story.record.prod == "blue"
    assert story.azure.deployments["blue"].release == THREE


# Holds


@pytest.mark.parametrize("metrics", [Metrics.SILENT, Metrics.UNREADABLE, Metrics.UNASKED])
@pytest.mark.parametrize(("ups", "share"), [(2, 10), (3, 50), (4, 100)])
def test_nothing_goes_on_without_success(metrics: Metrics, ups: int, share: int) -> None:
    story = rolling_out(ups)
    story.wait(600)
    step = step_of(story, metrics)
    assert step.kind is StepKind.HOLD
    assert story.live["green"] == share
    assert step.outcome is (Outcome.FINE if metrics is Metrics.SILENT else Outcome.UNREADABLE)
    assert f"{share} %" in step.reason


def test_a_hold_within_the_bake_says_what_is_left_and_of_what() -> None:
    story = rolling_out(1)
    story.up()
    story.wait(20)
    step = step_of(story)
    assert step.kind is StepKind.HOLD
    assert "10 %" in step.reason
    assert "30m" in step.reason, "the limit"
    assert step.outcome is Outcome.FINE


def test_a_repair_restarts_the_bake() -> None:
    story = rolling_out(2)
    story.azure.published = Published(probe=story.azure.published.probe)
    assert step_of(story).kind is StepKind.REPAIR
    story.wait(20)
    assert step_of(story).kind is StepKind.HOLD
    story.wait(20)
    assert step_of(story).kind is StepKind.ADVANCE


# Taking back


@pytest.mark.parametrize(("ups", "quality"), [(2, Quality.BAD_AT_GATE), (3, Quality.BAD_AT_HALF)])
@pytest.mark.parametrize("keep", [True, False])
def test_a_failed_gate_takes_back_in_one_put_and_is_red_once(ups: int, quality: Quality, keep: bool) -> None:  # noqa: FBT001
    story = rolling_out(ups, quality, keep_failed=keep)
    step = step_of(story)
    assert (step.kind, step.outcome, step.phase) == (StepKind.ABORT, Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert [write.what for write in story.azure.writes].count("endpoint") == 1
    assert story.live == {"blue": 100}
    assert ("green" in story.azure.deployments) is keep
    assert (story.record.failed_release, story.record.candidate) == (TWO, None)
    assert TWO in step.reason
    assert "42" in step.reason or "latency" in step.reason
    after = step_of(story)
    assert (after.kind, after.outcome, after.phase) == (StepKind.NONE, Outcome.FINE, Phase.DEGRADED)
    assert story.azure.writes == []


def test_a_failure_at_100_before_promotion_goes_back_to_prod() -> None:
    story = rolling_out(4)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    assert story.live == {"green": 100}
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}


@pytest.mark.parametrize("metrics", Metrics)
def test_a_failed_probe_needs_no_metrics(metrics: Metrics) -> None:
    story = rolling_out(1, Quality.BAD_AT_PROBE)
    assert story.live == {"blue": 100}
    step = step_of(story, metrics)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert story.live == {"blue": 100}


def test_a_first_release_that_fails_its_probe_never_gets_traffic() -> None:
    story = Story()
    story.config(ONE, Quality.BAD_AT_PROBE)
    step_of(story)
    step = step_of(story)
    assert (step.kind, step.outcome, step.phase) == (StepKind.ABORT, Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert story.azure.traffic is not None
    assert story.live == {}
    assert step_of(story).kind is StepKind.NONE
    story.config(TWO)
    story.run()
    assert story.record.prod_release == TWO


def test_a_first_release_that_fails_at_100_keeps_its_traffic_and_is_red_once() -> None:
    story = Story()
    story.config(ONE, Quality.BAD_AT_GATE)
    step_of(story)
    step_of(story)
    story.wait(60)
    step = step_of(story)
    assert (step.outcome, step.phase) == (Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert story.live == {"blue": 100}
    after = step_of(story)
    assert (after.kind, after.outcome, after.phase) == (StepKind.NONE, Outcome.FINE, Phase.DEGRADED)
    story.config(TWO)
    story.run()
    assert (story.record.prod_release, story.preview().step.phase) == (TWO, Phase.HEALTHY)


def test_a_first_release_that_fails_under_drift_leaves_the_edit_alone() -> None:
    story = Story()
    story.config(ONE, Quality.BAD_AT_GATE)
    step_of(story)
    step_of(story)
    story.wait(60)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.traffic = {"blue": 80, "theirs": 20}
    step_of(story)
    assert story.live == {"blue": 80, "theirs": 20}


def test_a_failed_provisioning_is_taken_back_and_its_slot_freed() -> None:
    story = healthy()
    story.config(TWO, Quality.DOES_NOT_PROVISION)
    step_of(story)
    assert story.azure.deployments["green"].state is Provisioning.FAILED
    step = step_of(story, Metrics.UNASKED)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert "green" not in step.deployments
    assert set(story.azure.deployments) == {"blue"}
    assert step_of(story).kind is StepKind.NONE
    story.config(THREE)
    story.run()
    assert story.record.prod_release == THREE


def test_a_failed_release_is_not_tried_again_and_another_starts_at_once_in_its_slot() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    step_of(story)
    story.wait(10_000)
    assert step_of(story).kind is StepKind.NONE
    assert story.azure.deployments["green"].release == TWO
    story.config(THREE)
    step = step_of(story)
    assert (step.kind, step.deployments) == (StepKind.START, {"blue": Form.FROZEN, "green": Form.FRESH})
    assert step.record.traffic == {"blue": 100}
    assert [write.what for write in story.azure.writes] == ["endpoint", "delete", "create", "publish"]
    story.config(TWO)
    step_of(story)
    assert step_of(story).kind is StepKind.NONE, "withdrawn for a release that failed: nothing starts"


@pytest.mark.parametrize("state", [None, Provisioning.FAILED, Provisioning.UPDATING])
def test_prod_that_cant_take_the_traffic_gets_none(state: Provisioning | None) -> None:
    story = rolling_out(4)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    if state is None:
        story.azure.deployments.pop("blue")
    else:
        story.azure.deployments["blue"].state = state
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "blue" in step.reason
    assert story.azure.writes == []


@pytest.mark.parametrize("release", [None, THREE])
def test_traffic_never_goes_back_to_another_release_than_prods(release: str | None) -> None:
    story = rolling_out(4)
    story.azure.quality |= {TWO: Quality.BAD_AT_GATE}
    story.azure.deployments["blue"].release = release
    assert step_of(story).kind is StepKind.HOLD
    assert story.live == {"green": 100}


def test_an_abort_moves_exactly_the_candidates_share() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.traffic = {"blue": 60, "green": 25, "theirs": 15}
    step = step_of(story)
    assert step.kind is StepKind.ABORT
    assert story.live == {"blue": 85, "theirs": 15}
    assert "theirs" in step.reason, "other deployments keep their share and are named"


# Withdrawing


@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_a_superseding_release_takes_the_candidate_to_0_and_starts_at_0(ups: int) -> None:
    story = rolling_out(ups)
    story.config(THREE)
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.FINE)
    assert story.live == {"blue": 100}
    assert story.record.failed_release is None
    step = step_of(story)
    assert (step.kind, step.record.release, step.record.traffic) == (StepKind.START, THREE, {"blue": 100})


@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_config_set_back_to_prods_release_ends_the_rollout(ups: int) -> None:
    story = rolling_out(ups)
    story.config(ONE)
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.FINE)
    assert story.live == {"blue": 100}
    assert [step_of(story).kind for _ in range(2)] == [StepKind.NONE, StepKind.NONE]
    assert story.preview().step.phase is Phase.HEALTHY


def test_a_withdrawn_release_may_come_again_and_is_probed_again() -> None:
    story = rolling_out(2)
    story.config(ONE)
    step_of(story)
    story.config(TWO)
    assert step_of(story, weather=Weather(cut_after=2)).kind is StepKind.START
    assert story.preview().step.kind is StepKind.REPAIR
    story.run()
    assert story.record.prod_release == TWO


def test_a_withdrawn_candidate_that_is_still_being_created_is_left_to_azure() -> None:
    story = healthy()
    story.config(TWO)
    step_of(story, weather=Weather(cut_after=2, in_the_middle=True))
    story.config(THREE)
    assert step_of(story).kind is StepKind.ABORT
    assert step_of(story).kind is StepKind.HOLD
    story.wait(1)
    assert step_of(story).kind is StepKind.START


@pytest.mark.parametrize("state_lost", [True, False])
def test_a_withdrawn_candidate_that_wasnt_deleted_is_deleted_after_the_soak(state_lost: bool) -> None:  # noqa: FBT001
    story = rolling_out(2)
    story.config(ONE)
    assert step_of(story, weather=Weather(cut_after=2)).kind is StepKind.ABORT
    if state_lost:
        story.azure.state.clear()
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.NONE, Phase.HEALTHY)
    assert f"green is left of {TWO}, kept until" in step.reason
    story.wait(25 * 60)
    step = step_of(story)
    assert step.kind is StepKind.REPAIR
    assert f"green is left of {TWO}, which serves nobody and has no role: deleted" in step.reason
    story.run()
    assert set(story.azure.deployments) == {"blue"}
