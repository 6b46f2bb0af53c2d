"""Old prod, from the promotion until it is gone: given, when, then."""

from __future__ import annotations

import pytest
from azure_model import Live, Weather
from story import ONE, THREE, soaking, step_of

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.step import Outcome, Phase, StepKind


def test_old_prod_is_kept_until_its_time() -> None:
    story = soaking()
    story.wait(24 * 60 - 5)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.NONE, Phase.HEALTHY)
    assert "blue" in story.azure.deployments
    story.wait(6)
    assert step_of(story).kind is StepKind.RETIRE
    assert [write.what for write in story.azure.writes] == ["endpoint", "publish", "delete"]


@pytest.mark.parametrize("state", [Provisioning.FAILED, Provisioning.CANCELED])
def test_old_prod_that_fails_while_it_is_kept_is_kept(state: Provisioning) -> None:
    story = soaking()
    story.azure.deployments["blue"].state = state
    for _ in range(2):
        assert step_of(story).kind is StepKind.NONE
        story.wait(60)
    story.portal({"green": 90, "theirs": 10})
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    assert step_of(story).kind is StepKind.HOLD
    story.portal({"green": 100})
    assert story.azure.deployments["blue"].release == ONE
    story.run()
    assert set(story.azure.deployments) == {"green", "theirs"}
    assert story.record.old_prod is None


def test_a_deletion_that_failed_is_done_again_though_the_state_is_lost() -> None:
    story = soaking()
    story.wait(25 * 60)
    assert step_of(story, weather=Weather(cut_after=2)).kind is StepKind.RETIRE
    story.azure.deployments["blue"].state = Provisioning.FAILED
    story.azure.state.clear()
    assert story.run() == [StepKind.REPAIR, StepKind.RETIRE, StepKind.FINISH]
    assert set(story.azure.deployments) == {"green"}


def test_a_new_release_ends_the_soak() -> None:
    story = soaking()
    story.config(THREE)
    step = step_of(story)
    assert step.kind is StepKind.RETIRE
    assert "going back" in step.reason, "says that undo is gone"
    assert [step_of(story).kind for _ in range(2)] == [StepKind.FINISH, StepKind.START]


def test_config_set_back_to_old_prod_waits_for_an_undo() -> None:
    """Old prod is still warm, and whoever reverts a commit at night wants it back: nobody deletes it then."""
    story = soaking()
    story.config(ONE)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.PAUSED)
    assert "`rollout undo`" in step.reason
    story.pause()
    assert "paused by bob" in step_of(story).reason
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO
    assert story.live == {"blue": 100}
    assert step_of(story).kind is StepKind.NONE


@pytest.mark.parametrize("lost", [True, False])
def test_config_set_back_to_old_prod_is_a_new_release_once_there_is_no_way_back(lost: bool) -> None:  # noqa: FBT001
    story = soaking()
    story.config(ONE)
    if lost:
        story.azure.deployments["blue"].state = Provisioning.FAILED
    else:
        story.wait(24 * 60)
    assert [step_of(story).kind for _ in range(3)] == [StepKind.RETIRE, StepKind.FINISH, StepKind.START]


@pytest.mark.parametrize(
    ("by_hand", "said"),
    [
        ({}, "nobody gets requests"),
        ({"blue": 100}, "its traffic was taken away already"),
        ({"green": 40, "blue": 60}, "its 40 % go back to blue"),
    ],
)
def test_an_undo_gives_old_prod_all_whatever_somebody_moved(by_hand: dict[str, int], said: str) -> None:
    story = soaking()
    story.portal(by_hand)
    story.say(Verb.UNDO)
    step = step_of(story)
    assert step.kind is StepKind.UNDO
    assert said in step.reason
    assert story.live == {"blue": 100}
    assert step_of(story).kind is StepKind.NONE


@pytest.mark.parametrize("cut", [1, 2, 3])
@pytest.mark.parametrize("begun", [True, False])
@pytest.mark.parametrize("state_lost", [True, False])
def test_a_retirement_comes_to_its_end_whatever_was_lost(cut: int, begun: bool, state_lost: bool) -> None:  # noqa: FBT001
    story = soaking()
    story.wait(25 * 60)
    if state_lost:
        story.azure.state.clear()
    assert step_of(story, weather=Weather(cut_after=cut, in_the_middle=begun)).kind is StepKind.RETIRE
    story.run()
    assert set(story.azure.deployments) == {"green"}
    assert story.record.old_prod is None


@pytest.mark.parametrize("state", [Provisioning.SCALING, Provisioning.UPDATING])
@pytest.mark.parametrize("waiting", [True, False])
def test_old_prod_is_not_deleted_while_azure_works_on_it(state: Provisioning, waiting: bool) -> None:  # noqa: FBT001
    story = soaking()
    story.azure.deployments["blue"].state = state
    assert step_of(story).kind is StepKind.NONE
    if waiting:
        story.config(THREE)
    else:
        story.wait(25 * 60)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.HEALTHY)
    assert step.reason == f"blue is {state}: run again when Azure has finished"
    story.azure.deployments["blue"].state = Provisioning.SUCCEEDED
    assert step_of(story).kind is StepKind.RETIRE


@pytest.mark.parametrize("state", [Provisioning.SCALING, Provisioning.UPDATING])
def test_an_undo_waits_while_azure_works_on_old_prod(state: Provisioning) -> None:
    story = soaking()
    blue = story.azure.deployments["blue"]
    blue.state = state
    story.config(THREE)
    story.say(Verb.UNDO)
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.HOLD, Outcome.STUCK)
    assert step.reason.endswith(
        f"but blue is {state} and can't take the traffic: nothing is written; run again "
        "when Azure has finished"
    )
    blue.state = Provisioning.SUCCEEDED
    assert step_of(story).kind is StepKind.UNDO
