"""Whether prod takes a candidate's share back, whatever state it is in: given, when, then."""

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

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.record import TRAFFIC
from rollout.core.step import Outcome, Phase, StepKind

STATES = [
    Provisioning.FAILED,
    Provisioning.CANCELED,
    Provisioning.SCALING,
    Provisioning.UPDATING,
    Provisioning.CREATING,
    Provisioning.DELETING,
]
AT_WORK = [Provisioning.SCALING, Provisioning.UPDATING]


@pytest.mark.parametrize("state", [*STATES, None])
@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize("way", ["abort", "failed", "config went back"])
def test_an_abort_that_moves_nothing_waits_for_nobody(
    state: Provisioning | None,
    mirrored: bool,  # noqa: FBT001
    way: str,
) -> None:
    story = comparing(2) if mirrored else rolling_out(1)
    assert (story.live, bool(story.azure.mirror)) == ({"blue": 100}, mirrored)
    if state is None:
        story.azure.deployments["blue"].release = None
    else:
        story.azure.deployments["blue"].state = state
    if way == "abort":
        story.say(Verb.ABORT)
    elif way == "failed":
        story.azure.deployments["green"].state = Provisioning.FAILED
    else:
        story.config(ONE)
    assert step_of(story).kind is StepKind.ABORT
    assert (story.live, story.azure.mirror) == ({"blue": 100}, {})


@pytest.mark.parametrize("state", AT_WORK)
def test_prod_that_azure_works_on_while_it_serves_takes_the_traffic_back(state: Provisioning) -> None:
    story = rolling_out(3)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    story.azure.deployments["blue"].state = state
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert story.live == {"blue": 100}


@pytest.mark.parametrize("state", [each for each in STATES if each not in AT_WORK])
def test_prod_that_is_broken_or_goes_takes_nothing_back_though_it_serves(state: Provisioning) -> None:
    story = rolling_out(3)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    story.azure.deployments["blue"].state = state
    step = step_of(story)
    assert (step.kind, step.outcome, step.phase) == (StepKind.HOLD, Outcome.STUCK, Phase.DEGRADED)
    assert story.live == {"blue": 50, "green": 50}


@pytest.mark.parametrize(
    ("state", "said"),
    [
        *[(state, "run again when Azure has finished") for state in (*AT_WORK, Provisioning.CREATING)],
        (Provisioning.FAILED, "restore blue, then run again"),
        (Provisioning.DELETING, "restore blue, then run again"),
    ],
)
def test_prod_that_serves_nobody_is_waited_for(state: Provisioning, said: str) -> None:
    story = rolling_out(4)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    story.azure.deployments["blue"].state = state
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.HOLD, Outcome.STUCK)
    assert step.reason.endswith(f"nothing is written; {said}")


@pytest.mark.parametrize("state", [*AT_WORK, Provisioning.CREATING])
@pytest.mark.parametrize("ups", [0, 3])
def test_prod_that_azure_works_on_is_no_reason_to_worry(state: Provisioning, ups: int) -> None:
    story = rolling_out(ups) if ups else healthy()
    story.azure.deployments["blue"].state = state
    step = step_of(story)
    phase = Phase.PROGRESSING if ups else Phase.HEALTHY
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, phase, Outcome.FINE)
    assert step.reason == f"prod blue is {state}: run again when Azure has finished"


@pytest.mark.parametrize("state", [Provisioning.SUCCEEDED, *AT_WORK])
def test_prod_that_serves_without_its_tag_takes_the_traffic_back(state: Provisioning) -> None:
    story = rolling_out(3)
    blue = story.azure.deployments["blue"]
    blue.release, blue.state = None, state
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}
    blue.state = Provisioning.SUCCEEDED
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert f"prod blue carries no release, not {ONE}: restore it" in step.reason
    blue.release = ONE
    assert step_of(story).kind is StepKind.NONE


@pytest.mark.parametrize(("ups", "release"), [(3, THREE), (4, None)])
def test_another_release_or_one_that_serves_nobody_takes_nothing_back(ups: int, release: str | None) -> None:
    story = rolling_out(ups)
    before = story.live
    story.azure.deployments["blue"].release = release
    story.say(Verb.ABORT)
    step = step_of(story)
    assert (step.kind, step.outcome, story.live) == (StepKind.HOLD, Outcome.STUCK, before)


def taken_over_and_changed() -> Story:
    story = serving_already("main")
    story.say(Verb.ADOPT)
    step_of(story)
    story.config(TWO)
    for _ in range(3):
        step_of(story)
        story.wait(BAKE)
    story.azure.deployments["main"].content = "deadbeef"
    return story


@pytest.mark.parametrize("state", [Provisioning.SUCCEEDED, *AT_WORK])
def test_one_that_was_taken_over_and_changed_takes_nothing_back(state: Provisioning) -> None:
    story = taken_over_and_changed()
    story.azure.deployments["main"].state = state
    story.say(Verb.ABORT)
    assert step_of(story).outcome is Outcome.STUCK
    assert story.live == {"main": 50, "blue": 50}


@pytest.mark.parametrize("state", [Provisioning.SCALING, Provisioning.UPDATING])
@pytest.mark.parametrize("quality", [Quality.BAD_AT_GATE, Quality.GOOD])
def test_a_candidate_is_judged_while_azure_works_on_it(state: Provisioning, quality: Quality) -> None:
    """A bad release keeps an autoscale busy: it isn't left where it is for that."""
    story = rolling_out(2, quality)
    story.azure.deployments["green"].state = state
    bad = quality is Quality.BAD_AT_GATE
    assert step_of(story).kind is (StepKind.ABORT if bad else StepKind.HOLD)
    assert story.live == ({"blue": 100} if bad else {"blue": 90, "green": 10})


@pytest.mark.parametrize("quality", [Quality.BAD_AT_GATE, Quality.GOOD])
def test_a_share_that_the_ladder_has_no_more_is_judged(quality: Quality) -> None:
    story = rolling_out(2, quality)
    story.plan = replace(story.plan, stages=story.plan.stages[1:])
    bad = quality is Quality.BAD_AT_GATE
    assert step_of(story).kind is (StepKind.ABORT if bad else StepKind.HOLD)
    assert story.live == ({"blue": 100} if bad else {"blue": 90, "green": 10})


def test_prod_that_is_scaled_takes_its_traffic_back_by_a_reset() -> None:
    story = healthy()
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.portal({"blue": 50, "theirs": 50})
    story.azure.deployments["blue"].state = Provisioning.SCALING
    assert "`rollout reset` sets it back" in step_of(story).reason
    story.say(Verb.RESET)
    assert step_of(story).kind is StepKind.RESET
    assert story.live == {"blue": 100}


@pytest.mark.parametrize(
    ("state", "way"),
    [(Provisioning.SCALING, "run again when Azure has finished"), (Provisioning.FAILED, "restore it")],
)
def test_a_reset_that_cant_be_done_says_what_it_waits_for(state: Provisioning, way: str) -> None:
    story = rolling_out(2)
    story.portal({"blue": 100})
    story.azure.deployments["green"].state = state
    story.say(Verb.RESET)
    step = story.preview(Metrics.UNASKED).step
    if state is Provisioning.FAILED:
        assert step.kind is StepKind.ABORT, "what failed is taken back first"
        assert "somebody took its 10 % away already" in step.reason
    else:
        assert (step.kind, way in step.reason) == (StepKind.HOLD, True), step.reason


def test_with_prod_gone_a_person_can_go_on() -> None:
    story = rolling_out(4)
    story.azure.deployments.pop("blue")
    assert "or `rollout skip` makes green prod" in step_of(story).reason
    story.say(Verb.SKIP)
    assert step_of(story).kind is StepKind.PROMOTE
    assert story.live == {"green": 100}


def test_a_candidate_that_serves_under_another_tag_names_the_ways_on() -> None:
    story = rolling_out(2)
    story.azure.deployments["green"].release = THREE
    assert step_of(story).reason.endswith("put its tag ROLLOUT_RELEASE right, or `rollout abort`")
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}


def test_a_candidate_whose_traffic_nothing_tells_any_more_is_taken_back_by_a_person() -> None:
    story = rolling_out(2)
    story.portal({"blue": 30, "green": 70})
    story.azure.tags.pop(TRAFFIC)
    story.azure.published = replace(story.azure.published, record={})
    step = step_of(story)
    assert step.kind is StepKind.HOLD
    assert step.reason.endswith("it is no rung of the ladder; `rollout abort` takes green back")
    story.say(Verb.ABORT)
    assert step_of(story).kind is StepKind.ABORT
    assert story.live == {"blue": 100}
