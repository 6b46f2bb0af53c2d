"""A record that is lost while something else is wrong: given, when, then."""

from __future__ import annotations

import pytest
from azure_model import Live, Quality, Weather
from story import BAKE, ONE, THREE, TWO, Story, healthy, rolling_out, serving_already, soaking, step_of

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning, Published
from rollout.core.record import PROD_RELEASE, STAGE, TRAFFIC, Adopted
from rollout.core.step import Phase, StepKind


def forgotten(story: Story) -> Story:
    """Return the story with the endpoint's tags lost."""
    story.azure.tags, story.azure.edited = {}, story.azure.now
    return story


def test_what_failed_to_provision_is_not_made_again_by_the_hold_of_a_lost_record() -> None:
    story = healthy()
    story.config(TWO, Quality.DOES_NOT_PROVISION)
    step_of(story)
    assert story.azure.deployments["green"].state is Provisioning.FAILED
    forgotten(story)
    for _ in range(2):
        step = step_of(story)
        assert (step.kind, step.phase, step.as_found) == (StepKind.HOLD, Phase.DEGRADED, True)
        assert story.azure.deployments.keys() == {"blue"}
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    story.run()
    assert story.record.failed_release == TWO


def test_what_hangs_while_the_record_is_lost_is_left_to_azure() -> None:
    story = healthy()
    story.config(TWO)
    step_of(story, weather=Weather(create_hangs=True))
    story.azure.state["green"] = False
    forgotten(story)
    assert step_of(story).kind is StepKind.HOLD
    assert story.azure.deployments["green"].state is Provisioning.CREATING


def test_what_was_prod_is_declared_once_more_by_the_step_that_makes_another_prod() -> None:
    """It is protected in the state, and the engine deletes nothing that is."""
    story = healthy()
    story.azure.deployments["green"] = Live(TWO, Provisioning.SUCCEEDED)
    story.azure.deployments["blue"].state = Provisioning.FAILED
    story.portal({"green": 100})
    story.config(TWO)
    forgotten(story).say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.record.prod) == (StepKind.ADOPT, "green")
    assert "blue" in story.azure.deployments
    story.run()
    assert story.live == {"green": 100}


def test_the_one_that_was_taken_over_is_not_deleted_with_the_record_lost() -> None:
    story = serving_already("main")
    story.say(Verb.ADOPT)
    step_of(story)
    story.azure.deployments["blue"] = Live(ONE, Provisioning.SUCCEEDED)
    story.portal({"blue": 100})
    forgotten(story).say(Verb.ADOPT)
    step = step_of(story)
    assert (step.record.prod, step.record.adopted) == ("blue", Adopted("main", "c0ffee00"))
    for _ in range(3):
        story.wait(BAKE)
        step_of(story)
    assert "main" in story.azure.deployments


@pytest.mark.parametrize("bad", [False, True])
def test_the_map_is_lost_with_its_copy_and_no_step_ends_the_traffic(bad: bool) -> None:  # noqa: FBT001
    if bad:
        story = Story()
        story.config(ONE, Quality.BAD_AT_GATE)
        for _ in range(2):
            step_of(story)
    else:
        story = soaking()
    serving = dict(story.live)
    del story.azure.tags[TRAFFIC]
    story.azure.published = Published()
    kinds = story.run()
    assert (StepKind.ABORT if bad else StepKind.RETIRE) in kinds
    assert story.live == serving


def test_the_map_is_lost_with_its_copy_and_old_prod_is_kept_for_its_time() -> None:
    story = soaking()
    del story.azure.tags[TRAFFIC]
    story.azure.published = Published()
    assert step_of(story).kind is StepKind.REPAIR
    step = step_of(story)
    assert step.kind is StepKind.NONE
    assert "blue is kept until" in step.reason
    story.wait(25 * 60)
    assert step_of(story).kind is StepKind.RETIRE
    assert story.azure.deployments.keys() == {"green"}


@pytest.mark.parametrize(("ups", "share"), [(1, 0), (2, 10), (3, 50)])
def test_the_stage_is_lost_with_its_copy_and_is_the_share_that_the_map_says(ups: int, share: int) -> None:
    story = rolling_out(ups)
    del story.azure.tags[STAGE]
    probe = story.azure.published.probe
    story.azure.published = Published(probe=probe)
    step = step_of(story)
    assert (step.kind, step.record.stage) == (StepKind.REPAIR, share)
    assert f"the tag ROLLOUT_STAGE is missing: green has {share} %" in step.reason
    story.run()
    assert story.record.prod_release == TWO


def test_what_is_left_of_a_failed_release_is_deleted_with_the_state_lost_too() -> None:
    story = rolling_out(1, Quality.BAD_AT_PROBE, keep_failed=False)
    story.azure.deployments["green"].state = Provisioning.SUCCEEDED
    assert step_of(story).kind is StepKind.ABORT
    story.azure.deployments["green"] = Live(TWO, Provisioning.SUCCEEDED)
    story.azure.state.clear()
    kinds = story.run()
    assert set(kinds) == {StepKind.REPAIR}
    assert len(kinds) == 2, "taken up, deleted"
    assert story.azure.deployments.keys() == {"blue"}


def test_taking_over_again_forgets_no_release_that_was_taken_back() -> None:
    story = serving_already("main")
    story.say(Verb.ADOPT)
    step_of(story)
    story.config(TWO, Quality.BAD_AT_PROBE)
    for _ in range(2):
        step_of(story)
    assert story.record.failed == (TWO,)
    story.azure.deployments["green"] = Live(THREE, Provisioning.SUCCEEDED)
    story.portal({"green": 100})
    del story.azure.tags[PROD_RELEASE]
    story.azure.published = Published()
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.record.prod, step.record.failed) == (StepKind.ADOPT, "green", (TWO,))
