"""Endpoints without a whole record, one by one: given, when, then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Live, Quality
from story import (
    BAKE,
    ONE,
    THREE,
    TWO,
    Metrics,
    Story,
    comparing,
    healthy,
    rolling_out,
    serving_already,
    step_of,
)

from rollout.core.decide import decide
from rollout.core.intent import Verb
from rollout.core.observed import Provisioning, Published
from rollout.core.record import CANDIDATE, PROD, PROD_RELEASE, RELEASE, SINCE, STAGE, TRAFFIC, Adopted
from rollout.core.step import Phase, Step, StepKind


def adopted(name: str = "main") -> Story:
    """Return an endpoint that was somebody else's and has just been taken over."""
    story = serving_already(name)
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    return story


def decided(story: Story, **seen: object) -> Step:
    return decide(story.plan, replace(story.azure.observe(), **seen), None)


# Taking over


def test_nothing_is_taken_over_unasked() -> None:
    story = serving_already()
    for _ in range(3):
        step = step_of(story)
        assert (step.kind, step.phase, step.deployments) == (StepKind.HOLD, Phase.DEGRADED, {})
        assert step.as_found
        assert "`rollout adopt` takes it over: main, the only deployment at 100 %, is prod" in step.reason
    assert story.azure.writes == []


def test_a_release_that_no_tag_says_any_more_is_the_one_that_config_says() -> None:
    story = healthy()
    story.azure.tags.pop(PROD_RELEASE)
    story.azure.deployments["blue"].release = None
    story.azure.published = Published()
    step = step_of(story)
    assert (step.kind, step.phase, step.as_found) == (StepKind.HOLD, Phase.DEGRADED, True)
    assert "no tag says any more which release prod blue has" in step.reason
    assert "`rollout adopt` takes it over" in step.reason
    assert "make config say what is live" in decided(story, differs=("model is a, live b",)).reason
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.routing.traffic) == (StepKind.ADOPT, {"blue": 100})
    assert (story.record.prod, story.record.prod_release) == ("blue", ONE)
    assert step_of(story).kind is StepKind.NONE
    story.config(TWO)
    story.run()
    assert story.record.prod_release == TWO


def test_who_serves_is_not_inferred_to_be_prod_with_another_release_than_prod_has() -> None:
    story = healthy()
    story.azure.tags.pop(PROD)
    story.azure.published = Published()
    story.azure.deployments["green"] = Live(THREE, Provisioning.SUCCEEDED)
    story.portal({"green": 100})
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "the record names no prod" in step.reason
    assert (
        f"`rollout adopt` takes it over: green, the only deployment at 100 %, is prod with {THREE}"
        in step.reason
    )
    story.portal({"blue": 100})
    assert step_of(story).kind is not StepKind.HOLD


@pytest.mark.parametrize("name", ["main", "blue", "green"])
def test_what_serves_is_prod_and_the_up_after_does_nothing(name: str) -> None:
    story = serving_already(name)
    story.say(Verb.ADOPT, "from here on")
    step = step_of(story)
    assert (step.kind, step.routing.traffic) == (StepKind.ADOPT, {name: 100})
    assert [write.what for write in story.azure.writes] == ["endpoint", "publish"]
    assert (story.record.prod, story.record.prod_release) == (name, ONE)
    assert story.azure.tags["team"] == "credit"
    assert step_of(story).kind is StepKind.NONE
    story.config(TWO)
    start = step_of(story)
    slot = start.record.candidate
    assert slot == ("green" if name == "blue" else "blue"), "the first of the slots that is free"
    story.run()
    assert story.record.prod_release == TWO
    assert story.record.adopted is None
    assert set(story.azure.deployments) == {slot}


def test_config_that_disagrees_is_refused_with_both_values() -> None:
    story = serving_already()
    story.say(Verb.ADOPT)
    differs = ("rollout:model is azureml:m:8, live azureml:m:7", "rollout:instanceType is A, live B")
    step = decided(story, differs=differs)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "; ".join(differs) in step.reason
    assert decided(story).kind is StepKind.ADOPT


def test_what_couldnt_be_compared_is_said_before_and_after() -> None:
    story = serving_already()
    unknown = ("rollout:code with /codes/x, of which no hash is known",)
    assert unknown[0] in decided(story, uncompared=unknown).reason
    story.say(Verb.ADOPT)
    step = decided(story, uncompared=unknown)
    assert step.kind is StepKind.ADOPT
    assert unknown[0] in step.reason


@pytest.mark.parametrize(
    ("traffic", "mirror", "state", "said"),
    [
        ({"main": 90, "other": 10}, {}, Provisioning.SUCCEEDED, "give one deployment all traffic first"),
        ({"main": 100}, {"other": 20}, Provisioning.SUCCEEDED, "end the mirror first"),
        ({"main": 100}, {}, Provisioning.UPDATING, "main is Updating"),
        ({"main": 100}, {}, Provisioning.FAILED, "main is Failed"),
    ],
)
def test_what_cant_be_taken_over_says_what_to_do_first(
    traffic: dict[str, int], mirror: dict[str, int], state: Provisioning, said: str
) -> None:
    story = serving_already()
    story.azure.deployments["other"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.deployments["main"].state = state
    story.portal(traffic, mirror)
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert said in step.reason


def test_idle_deployments_of_others_dont_stop_a_first_release() -> None:
    story = serving_already("theirs")
    story.portal({})
    assert step_of(story).kind is StepKind.HOLD
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    story.run()
    assert (story.record.prod, story.record.prod_release) == ("blue", ONE)
    assert "theirs" in story.azure.deployments


def test_an_adopted_prod_takes_traffic_back_and_an_undo() -> None:
    story = adopted()
    story.config(TWO, Quality.BAD_AT_HALF)
    for _ in range(4):
        step_of(story)
        story.wait(BAKE)
    assert story.live == {"main": 100}
    assert story.record.failed_release == TWO
    story.config(THREE)
    for _ in range(4):
        step_of(story)
        story.wait(BAKE)
    story.wait(120)
    assert step_of(story).kind is StepKind.PROMOTE
    assert story.record.adopted == Adopted("main", "c0ffee00")
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO
    assert (story.record.prod, story.record.prod_release) == ("main", ONE)
    assert step_of(story).kind is StepKind.NONE


def test_an_adopted_prod_that_somebody_changed_gets_no_traffic_back() -> None:
    story = adopted()
    story.config(TWO)
    for _ in range(3):
        step_of(story)
        story.wait(BAKE)
    story.azure.deployments["main"].content = "deadbeef"
    story.say(Verb.ABORT)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "another model, environment or code than when it was adopted" in step.reason


# Tags that were lost


@pytest.mark.parametrize("ups", [0, 1, 2, 3, 4, 6])
def test_a_lost_record_is_written_back_from_the_stack_tags(ups: int) -> None:
    story = comparing(ups)
    record = story.record
    story.azure.tags.clear()
    step = step_of(story)
    assert (step.kind, step.phase, step.as_found) == (StepKind.HOLD, Phase.DEGRADED, True)
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert replace(story.record, since=None) == replace(record, since=None)
    story.run()
    assert story.record.prod_release == TWO


def test_without_a_copy_what_serves_is_prod_with_the_release_that_it_carries() -> None:
    story = healthy()
    story.azure.tags.clear()
    story.azure.published = Published()
    story.config(TWO)
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert (story.record.prod, story.record.prod_release, story.record.adopted) == ("blue", ONE, None)
    assert step_of(story).kind is StepKind.START


def test_a_copy_that_isnt_of_what_is_live_is_not_written_back() -> None:
    story = rolling_out(3)
    story.azure.tags.clear()
    story.portal({"blue": 100})
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert (story.record.prod, story.record.candidate) == ("blue", None)


@pytest.mark.parametrize("lost", [PROD, PROD_RELEASE])
@pytest.mark.parametrize("ups", [0, 1, 2, 3])
def test_the_only_one_with_traffic_beside_the_candidate_is_prod_where_the_tag_is_lost(
    ups: int, lost: str
) -> None:
    story = rolling_out(ups)
    story.azure.tags.pop(lost)
    step = step_of(story)
    assert f"the tag {lost} is missing: blue serves" in step.reason
    story.run()
    assert (story.record.prod, story.record.prod_release) == ("green", TWO)


def test_without_a_prod_tag_a_candidate_that_failed_goes_back_to_who_serves() -> None:
    story = rolling_out(3, Quality.BAD_AT_HALF)
    story.azure.tags.pop(PROD)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}
    assert story.record.prod == "blue"


def test_where_nobody_can_tell_who_is_prod_nothing_moves() -> None:
    story = rolling_out(4)
    story.azure.tags.pop(PROD)
    story.azure.published = Published()
    for metrics in Metrics:
        step = step_of(story, metrics)
        assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
        assert "names no prod" in step.reason
    assert story.live == {"green": 100}


def test_who_is_prod_is_as_the_stack_tags_have_it_where_who_serves_doesnt_tell() -> None:
    story = rolling_out(4)
    story.azure.tags.pop(PROD)
    assert (
        "the tag PROD_DEPLOYMENT of the endpoint is missing: taken from the stack's" in step_of(story).reason
    )
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}


# Without some of its tags


@pytest.mark.parametrize("lost", [CANDIDATE, RELEASE, STAGE, SINCE, TRAFFIC])
def test_a_tag_that_is_lost_is_as_the_stack_tags_have_it(lost: str) -> None:
    story = rolling_out(3)
    del story.azure.tags[lost]
    step = step_of(story)
    assert step.kind is StepKind.ADVANCE
    assert f"the tag {lost} of the endpoint is missing: taken from the stack's" in step.reason
    assert story.live == {"green": 100}
    assert story.azure.tags == step.record.tags()


@pytest.mark.parametrize("verb", [Verb.RESET, Verb.ADOPT])
def test_traffic_of_which_no_record_is_left_is_never_set_to_none(verb: Verb) -> None:
    story = rolling_out(3)
    del story.azure.tags[TRAFFIC]
    story.azure.published = Published()
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "the tag ROLLOUT_TRAFFIC of the endpoint is missing, `rollout adopt` takes it" in step.reason
    story.say(verb)
    assert step_of(story).kind is (StepKind.ADOPT if verb is Verb.ADOPT else StepKind.HOLD)
    assert story.live == {"blue": 50, "green": 50}


def with_the_one_taken_over_as_old_prod() -> Story:
    story = adopted()
    story.config(TWO)
    while story.record.old_prod is None:
        step_of(story)
        story.wait(BAKE)
    assert (story.record.prod, story.record.old_prod, story.live) == ("blue", "main", {"blue": 100})
    return story


def test_old_prod_is_never_taken_for_prod_whoever_serves() -> None:
    story = with_the_one_taken_over_as_old_prod()
    del story.azure.tags[PROD]
    story.azure.published = Published()
    story.azure.traffic, story.azure.edited = {"main": 100}, story.azure.now
    for _ in range(3):
        step = step_of(story)
        assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
        story.wait(BAKE)
    assert story.live == {"main": 100}
    assert {"blue", "main"} <= story.azure.deployments.keys()


@pytest.mark.parametrize("lost", [PROD, "OLD_PROD_DEPLOYMENT"])
def test_what_was_taken_over_is_kept_by_a_hold_that_can_t_tell_what_it_is(lost: str) -> None:
    story = with_the_one_taken_over_as_old_prod()
    del story.azure.tags[lost]
    story.azure.published = Published()
    story.azure.traffic, story.azure.edited = {"main": 83, "blue": 17}, story.azure.now
    step = step_of(story)
    assert step.kind is StepKind.HOLD
    assert {"blue", "main"} <= step.deployments.keys()
