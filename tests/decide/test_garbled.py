"""Tags of the endpoint that somebody overwrote with what no rollout writes: given, when, then."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Quality
from story import BAKE, MINUTE, ONE, TWO, Metrics, Story, comparing, healthy, rolling_out, soaking, step_of

from rollout.core.intent import Verb
from rollout.core.observed import Provisioning, Published
from rollout.core.record import ADOPTED, BASELINE, CANDIDATE, MIRROR, SINCE, STAGE, STAGES, TRAFFIC
from rollout.core.step import Outcome, Phase, StepKind

GARBAGE = [
    (STAGE, "ten"),
    (SINCE, "yesterday"),
    (TRAFFIC, "{blue"),
    (TRAFFIC, '{"blue":"x"}'),
    (MIRROR, "much"),
    (BASELINE, "usual"),
    (STAGES, "some"),
    (ADOPTED, "main"),
]
AT_HALF = 5
"""`up`s until a compared candidate has 50 % of the live traffic, after two mirrored rungs."""


def garbled(story: Story, tag: str, text: str, *, copied: bool) -> Story:
    """Return the story with a tag overwritten, and with or without a copy that tells what it was."""
    story.azure.tags[tag] = text
    if not copied:
        published = story.azure.published
        story.azure.published = Published(probe=published.probe, phase=published.phase)
    return story


@pytest.mark.parametrize(("tag", "text"), GARBAGE)
@pytest.mark.parametrize("ups", [0, 2, AT_HALF])
def test_what_the_copy_tells_goes_on_and_is_written_again(tag: str, text: str, ups: int) -> None:
    story = comparing(ups)
    whole = dict(story.azure.tags)
    garbled(story, tag, text, copied=True)
    step = step_of(story)
    assert f"the tag {tag} of the endpoint is unreadable: taken from the stack's" in step.reason
    if ups:
        assert step.kind is StepKind.ADVANCE
        assert story.azure.tags == step.record.tags()
    else:
        assert (step.kind, step.phase) == (StepKind.START, Phase.PROGRESSING)
        assert whole.keys() <= story.azure.tags.keys() | {STAGE}
    story.run()
    assert story.record.prod_release == TWO


def test_what_is_lost_and_what_is_unreadable_is_told_apart() -> None:
    story = garbled(rolling_out(2), SINCE, "yesterday", copied=True)
    del story.azure.tags[CANDIDATE], story.azure.tags[STAGE]
    assert (
        f"the tags {CANDIDATE}, {STAGE} of the endpoint are missing, and {SINCE} of the endpoint is "
        "unreadable: taken from the stack's"
    ) in step_of(story).reason


@pytest.mark.parametrize(("tag", "text"), GARBAGE)
@pytest.mark.parametrize("ups", [0, 2, AT_HALF])
@pytest.mark.parametrize("verb", [None, Verb.RESET, Verb.ADOPT, Verb.SKIP])
def test_what_no_copy_tells_is_not_written_over(tag: str, text: str, ups: int, verb: Verb | None) -> None:
    story = garbled(comparing(ups), tag, text, copied=False)
    story.wait(10_000)
    for metrics in Metrics:
        if verb is not None:
            story.say(verb)
        step = step_of(story, metrics)
        assert (step.kind, step.phase, step.as_found) == (StepKind.HOLD, Phase.DEGRADED, True)
        assert f"the endpoint's record can't be read: tag {tag} is {text!r}" in step.reason
        assert story.azure.writes == []


@pytest.mark.parametrize(("tag", "text"), GARBAGE)
@pytest.mark.parametrize("ups", [1, 2, AT_HALF])
def test_what_no_copy_tells_stops_no_abort(tag: str, text: str, ups: int) -> None:
    story = garbled(comparing(ups), tag, text, copied=False)
    story.say(Verb.ABORT)
    up = story.up()
    assert (up.step.kind, up.step.outcome, up.question) == (StepKind.ABORT, Outcome.TAKEN_BACK, None)
    assert (story.live, story.azure.mirror, story.record.failed) == ({"blue": 100}, {}, (TWO,))
    assert step_of(story).kind is StepKind.NONE


@pytest.mark.parametrize(("tag", "text"), [each for each in GARBAGE if each[0] != TRAFFIC])
@pytest.mark.parametrize("why", ["gate", "provisioning", "config went back", "deadline"])
def test_what_no_copy_tells_stops_nothing_else_that_takes_back(tag: str, text: str, why: str) -> None:
    story = rolling_out(3)
    garbled(story, tag, text, copied=False)
    story.azure.published = replace(story.azure.published, settled=story.azure.modified)
    metrics = Metrics.FINE
    if why == "gate":
        story.azure.quality[TWO] = Quality.BAD_AT_GATE
    elif why == "provisioning":
        story.azure.deployments["green"].state = Provisioning.FAILED
    elif why == "deadline":
        stages = tuple(replace(stage, deadline=30 * MINUTE) for stage in story.plan.stages)
        story.plan, metrics = replace(story.plan, stages=stages), Metrics.DOUBTFUL
        story.wait(BAKE)
    else:
        story.config(ONE)
    assert step_of(story, metrics).kind is StepKind.ABORT
    assert story.live == {"blue": 100}


@pytest.mark.parametrize(("tag", "text"), [(SINCE, "yesterday"), (TRAFFIC, "{blue"), (STAGE, "ten")])
def test_what_no_copy_tells_stops_no_undo(tag: str, text: str) -> None:
    story = garbled(soaking(), tag, text, copied=False)
    story.say(Verb.UNDO)
    assert step_of(story).kind is StepKind.UNDO
    assert story.live == {"blue": 100}


def test_an_abort_that_prod_cant_take_is_red_though_a_tag_cant_be_read() -> None:
    story = garbled(rolling_out(4), SINCE, "yesterday", copied=False)
    story.azure.deployments["blue"].state = Provisioning.FAILED
    story.say(Verb.ABORT)
    assert step_of(story).outcome is Outcome.STUCK


def test_where_nothing_of_the_record_can_be_read_nothing_is_taken_over() -> None:
    story = healthy()
    story.azure.tags = {SINCE: "yesterday", STAGE: "ten"}
    story.say(Verb.ADOPT)
    step = step_of(story)
    assert (step.kind, step.phase, step.as_found) == (StepKind.HOLD, Phase.DEGRADED, True)
    assert story.azure.writes == []
