"""What people say by stack tags, word by word: given, when, then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Live, Quality, Weather
from story import (
    BAKE,
    LADDER,
    ONE,
    SHADOW_LADDER,
    THREE,
    TWO,
    Metrics,
    comparing,
    healthy,
    rolling_out,
    soaking,
    step_of,
)

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.step import Outcome, Phase, StepKind

# Abort


@pytest.mark.parametrize("metrics", Metrics)
@pytest.mark.parametrize("ups", [1, 2, 3, 4, 5, 6])
def test_an_abort_from_any_stage_is_one_put_and_asks_nothing(ups: int, metrics: Metrics) -> None:
    story = comparing(ups)
    story.say(Verb.ABORT, "users complain")
    up = story.up(metrics)
    assert (up.question, up.usual) == (None, None)
    assert (up.step.kind, up.step.outcome, up.step.phase) == (
        StepKind.ABORT,
        Outcome.TAKEN_BACK,
        Phase.DEGRADED,
    )
    assert "ada" in up.step.reason
    assert "users complain" in up.step.reason
    assert [write.what for write in story.azure.writes].count("endpoint") == 1
    assert story.live == {"blue": 100}
    assert story.record.failed_release == TWO
    assert story.azure.published.intent is None
    after = step_of(story)
    assert (after.kind, after.outcome) == (StepKind.NONE, Outcome.FINE)


def test_an_abort_while_the_slot_is_created_or_the_traffic_drifted_works_too() -> None:
    story = healthy()
    story.config(TWO)
    step_of(story, weather=Weather(cut_after=2, in_the_middle=True))
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    story = rolling_out(2)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.portal({"blue": 60, "green": 25, "theirs": 15})
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 85, "theirs": 15}


def test_an_abort_that_prod_cant_take_is_red_until_somebody_acts() -> None:
    story = rolling_out(4)
    story.azure.deployments["blue"].state = Provisioning.FAILED
    story.say(Verb.ABORT)
    for _ in range(3):
        step = step_of(story)
        assert (step.kind, step.outcome, step.phase) == (StepKind.HOLD, Outcome.STUCK, Phase.DEGRADED)
    story.azure.deployments["blue"].state = Provisioning.SUCCEEDED
    assert step_of(story).kind is StepKind.ABORT


def test_an_abort_said_while_a_run_went_up_a_rung_takes_the_release_back() -> None:
    story = rolling_out(2)
    intent = story.say(Verb.ABORT)
    assert intent.rung == "10"
    said, story.azure.published = story.azure.published, replace(story.azure.published, intent=None)
    assert step_of(story).kind is StepKind.ADVANCE
    assert story.live == {"blue": 50, "green": 50}
    story.azure.published = replace(story.azure.published, intent=said.intent)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}


@pytest.mark.parametrize("release", [THREE, ONE])
def test_an_abort_for_something_else_is_told_and_removed_by_the_next_publish(release: str) -> None:
    story = rolling_out(2)
    intent = story.say(Verb.ABORT, release=release)
    story.wait(-20)
    held = step_of(story)
    assert held.kind is StepKind.HOLD
    assert intent.show() in held.reason
    assert story.azure.published.intent == intent, "a hold writes nothing"
    story.wait(BAKE)
    assert step_of(story).kind is StepKind.ADVANCE
    assert story.azure.published.intent is None


@pytest.mark.parametrize("cut", [1, 2])
@pytest.mark.parametrize("begun", [True, False])
def test_a_word_whose_up_was_killed_isnt_done_twice(cut: int, begun: bool) -> None:  # noqa: FBT001
    story = rolling_out(2)
    story.say(Verb.ABORT)
    step_of(story, weather=Weather(cut_after=cut, in_the_middle=begun))
    kinds = story.run()
    assert kinds in ([], [StepKind.REPAIR])
    assert story.azure.published.intent is None
    assert story.record.failed == (TWO,)


# Retry


def test_a_retry_starts_the_same_release_again_and_says_so() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    step_of(story)
    assert step_of(story).kind is StepKind.NONE
    story.azure.quality[TWO] = Quality.GOOD
    story.say(Verb.RETRY, "it was the network")
    step = step_of(story)
    assert (step.kind, step.record.release, step.probe) == (StepKind.START, TWO, "green")
    assert "tried again" in step.reason
    assert "it was the network" in step.reason
    assert story.record.failed == ()
    story.run()
    assert story.record.prod_release == TWO


def test_a_second_failure_doesnt_make_the_first_eligible_again() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    step_of(story)
    story.config(THREE, Quality.BAD_AT_PROBE)
    story.run()
    assert story.record.failed == (THREE, TWO)
    for release in (TWO, THREE, TWO):
        story.config(release)
        kinds = story.run()
        assert StepKind.START not in kinds
        assert story.preview().step.phase is Phase.DEGRADED
    story.say(Verb.RETRY)
    assert step_of(story).kind is StepKind.START
    assert story.record.failed == (THREE,)


def test_a_retry_of_what_config_doesnt_name_is_ignored() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    step_of(story)
    story.config(ONE)
    story.say(Verb.RETRY, release=TWO)
    assert step_of(story).kind is StepKind.REPAIR
    assert story.azure.published.intent is None
    assert step_of(story).kind is StepKind.NONE


# Skip


@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_a_skip_makes_the_candidate_prod_whatever_the_gates_cant_say(ups: int) -> None:
    story = rolling_out(ups)
    story.say(Verb.SKIP, "prod is on fire")
    step = step_of(story, Metrics.UNREADABLE)
    assert (step.kind, step.outcome) == (StepKind.PROMOTE, Outcome.FINE)
    assert "prod is on fire" in step.reason
    assert story.live == {"green": 100}
    assert (story.record.prod, story.record.old_prod) == ("green", "blue")
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO
    assert story.live == {"blue": 100}


def test_a_skip_without_a_reason_or_for_another_rung_or_while_paused_isnt_done() -> None:
    story = rolling_out(2)
    story.wait(-20)
    story.say(Verb.SKIP, "")
    assert "needs a reason" in step_of(story).reason
    story.say(Verb.SKIP, "hurry", rung="50")
    assert "isn't for what is there" in step_of(story).reason
    story.say(Verb.SKIP, "hurry")
    story.pause()
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PAUSED)
    assert "ROLLOUT_INTENT waits" in step.reason
    story.resume()
    assert step_of(story).kind is StepKind.PROMOTE


def test_a_skip_waits_for_the_probe_and_a_failed_one_wins() -> None:
    story = healthy()
    story.config(TWO, Quality.BAD_AT_PROBE)
    step_of(story, weather=Weather(cut_after=2))
    story.say(Verb.SKIP, "hurry")
    assert step_of(story).kind is StepKind.REPAIR
    assert step_of(story).kind is StepKind.ABORT
    assert story.azure.published.intent is None
    story = rolling_out(3, Quality.BAD_AT_HALF)
    story.say(Verb.SKIP, "hurry")
    assert step_of(story).kind is StepKind.ABORT, "a gate that failed comes before"


@pytest.mark.parametrize("gone", [True, False])
def test_a_skip_rescues_from_a_prod_that_is_broken_or_gone(gone: bool) -> None:  # noqa: FBT001
    story = rolling_out(2)
    if gone:
        story.portal({"green": 100})
        story.azure.deployments.pop("blue")
        story.say(Verb.ADOPT)
        assert step_of(story).kind is StepKind.ADOPT
    else:
        story.azure.deployments["blue"].state = Provisioning.FAILED
    assert step_of(story).phase is Phase.DEGRADED
    story.say(Verb.SKIP, "prod is broken")
    assert step_of(story).kind is StepKind.PROMOTE
    assert story.live == {"green": 100}
    assert story.record.old_prod == (None if gone else "blue")
    story.run()
    assert story.record.prod_release == TWO


# Undo


@pytest.mark.parametrize("moved", [False, True])
def test_an_undo_is_one_put_while_old_prod_lives(moved: bool) -> None:  # noqa: FBT001
    story = soaking()
    if moved:
        story.portal({"blue": 100, "green": 0})
        assert "`rollout undo`" in step_of(story).reason
    story.say(Verb.UNDO, "complaints")
    step = step_of(story)
    assert (step.kind, step.outcome, step.phase) == (StepKind.UNDO, Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert [write.what for write in story.azure.writes] == ["endpoint", "publish"]
    assert story.live == {"blue": 100}
    assert (story.record.prod, story.record.prod_release, story.record.old_prod) == ("blue", ONE, None)
    assert story.record.failed_release == TWO
    after = step_of(story)
    assert (after.kind, after.phase) == (StepKind.NONE, Phase.DEGRADED)
    assert "green" in story.azure.deployments
    story.config(THREE)
    story.run()
    assert story.record.prod_release == THREE


def test_an_undo_leaves_others_their_share_and_needs_an_old_prod_that_lives() -> None:
    story = soaking()
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.portal({"green": 80, "theirs": 20, "blue": 0})
    story.say(Verb.UNDO)
    step = step_of(story)
    assert story.live == {"blue": 80, "theirs": 20}
    assert "theirs" in step.reason
    story = soaking()
    story.azure.deployments["blue"].state = Provisioning.FAILED
    story.say(Verb.UNDO)
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.HOLD, Outcome.STUCK)
    assert "release the earlier model as a new release" in step.reason
    story.config(ONE)
    step = step_of(story)
    assert step.kind in (StepKind.RETIRE, StepKind.FINISH), (
        "as it says: a release goes on, and the word with it"
    )
    assert story.azure.published.intent is None
    story.run()
    assert story.record.prod_release == ONE
    story = healthy()
    story.say(Verb.UNDO, release=ONE)
    assert "isn't for what is there" in step_of(story).reason


# What becomes of drift


@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_a_reset_sets_the_traffic_back_in_one_put(ups: int) -> None:
    story = rolling_out(ups)
    recorded = dict(story.live)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.portal({"blue": 63, "green": 27, "theirs": 10})
    assert "`rollout reset`" in step_of(story).reason
    story.say(Verb.RESET)
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.RESET, Outcome.FINE)
    assert [write.what for write in story.azure.writes] == ["endpoint", "publish"]
    assert story.live == recorded
    story.wait(BAKE + 130)
    assert step_of(story).kind in (StepKind.ADVANCE, StepKind.PROMOTE, StepKind.REPAIR)


def test_a_reset_said_before_the_traffic_changed_is_not_for_it() -> None:
    story = healthy()
    story.say(Verb.RESET)
    assert step_of(story).kind is StepKind.NONE
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.wait(60)
    story.portal({"blue": 50, "theirs": 50})
    for _ in range(3):
        step = step_of(story)
        assert step.kind is StepKind.HOLD
        assert "before the endpoint last changed" in step.reason
    story.wait(1)
    story.say(Verb.RESET)
    assert step_of(story).kind is StepKind.RESET
    assert story.live == {"blue": 100}


def test_a_reset_to_what_cant_take_it_writes_nothing() -> None:
    story = rolling_out(2)
    story.portal({"blue": 100})
    story.azure.deployments["green"].state = Provisioning.UPDATING
    assert "`rollout reset` can't set it back, as green is Updating" in step_of(story).reason
    story.say(Verb.RESET)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "green is Updating" in step.reason


@pytest.mark.parametrize(("share", "stage"), [(10, 10), (50, 50), (100, 100), (0, 0)])
def test_live_traffic_that_is_a_rung_is_adopted_and_the_rollout_goes_on_from_there(
    share: int, stage: int
) -> None:
    story = rolling_out(2 if share != 10 else 3)
    story.portal({"blue": 100 - share, "green": share})
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert step.kind is StepKind.ADOPT
    assert story.live == {name: part for name, part in {"blue": 100 - share, "green": share}.items() if part}
    assert story.record.stage == stage
    story.run()
    assert story.record.prod_release == TWO


@pytest.mark.parametrize("traffic", [{"blue": 73, "green": 27}, {"theirs": 100}, {"blue": 90, "theirs": 10}])
def test_what_is_no_rung_isnt_adopted(traffic: dict[str, int]) -> None:
    story = rolling_out(3)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.portal(traffic)
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "ROLLOUT_INTENT" in step.reason
    story.say(Verb.RESET)
    assert step_of(story).kind is StepKind.RESET


def test_a_compared_rung_without_its_baseline_isnt_adopted() -> None:
    story = rolling_out(1, compared_gates=1)
    story.portal({"blue": 90, "green": 10})
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert step.kind is StepKind.HOLD
    assert "wasn't frozen" in step.reason


@pytest.mark.parametrize(
    ("ladder", "share"), [(LADDER[1:], 0), ((replace(LADDER[0], traffic=5), *LADDER[1:]), 5)]
)
def test_a_ladder_without_the_live_share_is_adopted_downwards(ladder: tuple[object, ...], share: int) -> None:
    story = rolling_out(2)
    story.plan = replace(story.plan, stages=ladder)
    assert "`rollout adopt`" in step_of(story).reason
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert story.live.get("green", 0) == share
    story.run()
    assert story.record.prod_release == TWO


def test_a_mirrored_rung_is_adopted_downwards_too() -> None:
    story = comparing(3)
    assert story.azure.mirror == {"green": 50}
    story.plan = replace(story.plan, stages=(SHADOW_LADDER[0], *LADDER))
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert story.azure.mirror == {"green": 20}
    story.run()
    assert story.record.prod_release == TWO
