"""Another prod, made by hand while nothing was rolling: given, when, then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Live
from story import BAKE, ONE, THREE, TWO, Story, healthy, rolling_out, serving_already, step_of

from rollout.core.decide import decide
from rollout.core.intent import Verb
from rollout.core.known import to_compare
from rollout.core.observed import Provisioning
from rollout.core.step import Phase, StepKind


def hotfix(*, blue: bool, release: str | None = None) -> Story:
    """Return a night's work: nothing was rolling, and somebody gave all traffic to a deployment of theirs."""
    story = healthy()
    story.azure.deployments["hotfix"] = Live(release, Provisioning.SUCCEEDED)
    story.portal({"hotfix": 100})
    if not blue:
        story.azure.deployments.pop("blue")
        story.azure.state.pop("blue")
    return story


@pytest.mark.parametrize("blue", [True, False])
@pytest.mark.parametrize("release", [None, THREE])
def test_who_got_all_of_prods_traffic_by_hand_is_made_prod(blue: bool, release: str | None) -> None:  # noqa: FBT001
    story = hotfix(blue=blue, release=release)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    named = release or ONE
    assert f"`rollout adopt` takes it for the record: hotfix is prod with {named}" in step.reason
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert step.kind is StepKind.ADOPT
    assert f"hotfix is prod with {named}" in step.reason
    record = story.record
    assert (record.prod, record.prod_release, record.old_prod) == ("hotfix", named, "blue" if blue else None)
    assert story.live == {"hotfix": 100}
    story.config(TWO)
    story.run()
    assert story.record.prod_release == TWO
    assert set(story.azure.deployments) == {story.record.prod}


def test_what_was_prod_before_is_what_an_undo_goes_back_to() -> None:
    story = hotfix(blue=True)
    story.say(Verb.ADOPT)
    step_of(story)
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO
    assert story.live == {"blue": 100}


def test_what_was_prod_before_is_kept_though_the_map_by_hand_left_it_out() -> None:
    story = hotfix(blue=True)
    story.say(Verb.ADOPT)
    step_of(story)
    for _ in range(3):
        story.wait(60)
        step = step_of(story)
        assert (step.kind, "blue is kept until" in step.reason) == (StepKind.NONE, True), step.reason


def test_a_prod_made_by_hand_is_compared_with_config_first() -> None:
    story = hotfix(blue=False)
    assert to_compare(story.azure.observe())
    story.say(Verb.ADOPT)
    differs = ("rollout:model is azureml:m:8, live azureml:m:7",)
    step = decide(story.plan, replace(story.azure.observe(), differs=differs), None)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "config disagrees with hotfix, which serves: rollout:model is azureml:m:8" in step.reason
    assert not to_compare(healthy().azure.observe())
    assert not to_compare(rolling_out(4).azure.observe())


@pytest.mark.parametrize("mirror", [{}, {"blue": 20}])
def test_a_prod_made_by_hand_has_succeeded_and_all_requests(mirror: dict[str, int]) -> None:
    story = hotfix(blue=True)
    if mirror:
        story.portal({"hotfix": 100}, mirror)
    else:
        story.azure.deployments["hotfix"].state = Provisioning.UPDATING
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.HOLD
    assert "end the mirror first" in step_of(story).reason or "hotfix is Updating" in step_of(story).reason


@pytest.mark.parametrize("taken_over", [True, False])
def test_an_older_prod_is_not_deleted_by_the_step_that_makes_another_one(taken_over: bool) -> None:  # noqa: FBT001
    story = serving_already("main") if taken_over else healthy()
    if taken_over:
        story.say(Verb.ADOPT)
        step_of(story)
    story.config(TWO)
    while story.record.old_prod is None:
        step_of(story)
        story.wait(BAKE)
    before, older = story.record.prod, story.record.old_prod
    story.azure.deployments["hotfix"] = Live(None, Provisioning.SUCCEEDED)
    story.portal({"hotfix": 100})
    story.say(Verb.ADOPT)
    assert step_of(story).kind is StepKind.ADOPT
    assert (story.record.prod, story.record.old_prod) == ("hotfix", before)
    assert older in story.azure.deployments
    story.run()
    assert set(story.azure.deployments) == {"hotfix", *[older] * taken_over}
