"""What was interrupted, and what somebody else did: given, when, then."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from azure_model import Azure, Live, Quality, Weather
from story import (
    LADDER,
    ONE,
    THREE,
    TWO,
    Story,
    healthy,
    rolling_out,
    soaking,
    step_of,
)

from rollout.core.intent import Verb
from rollout.core.observed import Probe, Provisioning, Published
from rollout.core.record import FAILED_RELEASE, PROD, TRAFFIC
from rollout.core.step import Form, Outcome, Phase, StepKind
from rollout.core.verdict import Verdict

# Starting


def test_an_interrupted_start_goes_on_after_every_write() -> None:
    for cut in range(1, 5):
        for begun in (True, False):
            story = healthy()
            story.config(TWO)
            step_of(story, weather=Weather(cut_after=cut, in_the_middle=begun))
            kinds = story.run()
            assert story.record.prod_release == TWO
            assert kinds.count(StepKind.ADVANCE) == 3, (cut, begun, kinds)


def test_a_slot_that_is_being_created_waits() -> None:
    story = healthy()
    story.config(TWO)
    step_of(story, weather=Weather(cut_after=2, in_the_middle=True))
    assert story.azure.deployments["green"].state is Provisioning.CREATING
    step = step_of(story)
    assert (step.kind, step.deployments["green"]) == (StepKind.HOLD, Form.FROZEN)
    assert "green" in step.reason
    assert "Creating" in step.reason


def test_a_candidate_deleted_behind_our_back_is_created_and_probed_again() -> None:
    story = rolling_out(1)
    story.azure.deployments.pop("green")
    step = step_of(story)
    assert (step.kind, step.deployments["green"], step.probe) == (StepKind.START, Form.FRESH, "green")
    assert step_of(story).kind is StepKind.ADVANCE


@pytest.mark.parametrize("verdict", [Verdict.ERROR, Verdict.INCONCLUSIVE])
def test_a_probe_that_cant_tell_is_sent_again_and_no_share_rises(verdict: Verdict) -> None:
    story = healthy()
    story.config(TWO)
    for _ in range(3):
        step_of(story, weather=Weather(probe=verdict))
        assert story.live == {"blue": 100}
    step = step_of(story)
    assert (step.kind, step.probe) == (StepKind.REPAIR, "green")
    assert step_of(story).kind is StepKind.ADVANCE


@pytest.mark.parametrize("release", [ONE, THREE])
def test_a_probe_of_another_release_counts_for_nothing(release: str) -> None:
    story = rolling_out(1)
    probe = Probe(Verdict.SUCCESSFUL, release, story.azure.now)
    story.azure.published = replace(story.azure.published, probe=probe)
    assert step_of(story).probe == "green"


@pytest.mark.parametrize("ups", [1, 2, 3])
def test_a_candidate_that_carries_another_release_never_gets_more_traffic(ups: int) -> None:
    story = rolling_out(ups)
    story.azure.deployments["green"].release = THREE
    before = dict(story.live)
    step_of(story)
    assert story.live == before


@pytest.mark.parametrize("release", [None, THREE])
@pytest.mark.parametrize("failed", ["gate", "provisioning"])
def test_a_candidate_that_lost_its_release_tag_is_taken_back_all_the_same(
    release: str | None, failed: str
) -> None:
    story = rolling_out(3)
    green = story.azure.deployments["green"]
    green.release = release
    if failed == "gate":
        story.azure.quality[TWO] = Quality.BAD_AT_GATE
    else:
        green.state = Provisioning.FAILED
    assert story.live == {"blue": 50, "green": 50}
    step = step_of(story)
    assert (step.kind, step.outcome) == (StepKind.ABORT, Outcome.TAKEN_BACK)
    assert (story.live, story.record.failed) == ({"blue": 100}, (TWO,))
    assert ("green" in story.azure.deployments) is (release is None), "what no tag says is ours stays"


@pytest.mark.parametrize("ups", [1, 3])
def test_a_candidate_that_lost_its_release_tag_says_what_to_do(ups: int) -> None:
    story = rolling_out(ups)
    green = story.azure.deployments["green"]
    green.release = None
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "put its tag ROLLOUT_RELEASE back, or `rollout abort`" in step.reason
    assert "delete" not in step.reason
    green.release = TWO
    assert step_of(story).kind is StepKind.ADVANCE


def test_a_foreign_deployment_in_a_slot_is_left_alone() -> None:
    story = healthy()
    story.azure.deployments["green"] = Live(None, Provisioning.SUCCEEDED)
    story.config(TWO)
    for _ in range(3):
        step = step_of(story)
        assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
        assert "green" in step.reason
        story.wait(60)
    story.azure.deployments.pop("green")
    assert step_of(story).kind is StepKind.START


# What somebody else did


@pytest.mark.parametrize("ups", [1, 2, 3, 4])
def test_drift_holds_is_named_and_goes_on_once_restored(ups: int) -> None:
    story = rolling_out(ups)
    recorded = dict(story.azure.traffic or {})
    story.azure.traffic = {"blue": 73, "green": 27}
    step = step_of(story)
    assert (step.kind, step.phase, step.outcome) == (StepKind.HOLD, Phase.DEGRADED, Outcome.FINE)
    assert "blue 73" in step.reason
    story.config(THREE)
    assert step_of(story).kind is StepKind.HOLD, "drift comes before a superseding release"
    story.config(TWO)
    story.azure.traffic = recorded
    assert step_of(story).phase is not Phase.DEGRADED


def test_traffic_of_others_stays_drift_after_an_abort_until_prod_has_all() -> None:
    story = rolling_out(2, Quality.BAD_AT_GATE)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.traffic = {"blue": 60, "green": 25, "theirs": 15}
    assert step_of(story).kind is StepKind.ABORT
    story.config(THREE)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "theirs 15" in step.reason
    story.azure.traffic = {"blue": 100}
    assert step_of(story).kind is StepKind.START


def test_a_share_that_is_no_rung_any_more_holds() -> None:
    story = rolling_out(2)
    story.plan = replace(story.plan, stages=LADDER[1:])
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "10 %" in step.reason
    assert "50, 100" in step.reason


@pytest.mark.parametrize("lost", ["all", "phase", "a tag", "one more tag"])
def test_lost_or_stale_tags_are_published_again_and_then_nothing_changes(lost: str) -> None:
    story = healthy()
    published = story.azure.published
    record = dict(published.record)
    story.azure.published = {
        "all": Published(),
        "phase": replace(published, phase=None),
        "a tag": replace(published, record={k: v for k, v in record.items() if k != PROD}),
        "one more tag": replace(published, record=record | {FAILED_RELEASE: ONE}),
    }[lost]
    assert step_of(story).kind is StepKind.REPAIR
    assert [write.what for write in story.azure.writes] == ["publish"]
    assert step_of(story).kind is StepKind.NONE


def test_an_endpoint_that_serves_without_our_tags_is_not_touched() -> None:
    story = Story(azure=Azure(traffic={"main": 100}, tags={"team": "credit"}))
    story.azure.deployments["main"] = Live(None, Provisioning.SUCCEEDED)
    story.config(ONE)
    for _ in range(3):
        step = step_of(story)
        assert (step.kind, step.phase, step.deployments) == (StepKind.HOLD, Phase.DEGRADED, {})
        assert "main" in step.reason
    assert story.azure.traffic == {"main": 100}
    assert story.azure.tags == {"team": "credit"}


@pytest.mark.parametrize("kind", [StepKind.ADVANCE, StepKind.ABORT, StepKind.UNDO, StepKind.PROMOTE])
def test_a_zero_that_azure_left_of_a_deleted_deployment_is_in_no_put(kind: StepKind) -> None:
    story = soaking() if kind is StepKind.UNDO else rolling_out(4 if kind is StepKind.PROMOTE else 2)
    assert story.azure.traffic is not None
    story.azure.traffic["theirs"] = 0
    story.azure.tags[TRAFFIC] = json.dumps(story.azure.traffic, sort_keys=True, separators=(",", ":"))
    story.azure.published = replace(
        story.azure.published, record={**story.azure.published.record, TRAFFIC: story.azure.tags[TRAFFIC]}
    )
    if kind is StepKind.ABORT:
        story.say(Verb.ABORT)
    if kind is StepKind.UNDO:
        story.say(Verb.UNDO)
    story.wait(130)
    step = step_of(story)
    assert step.kind is kind
    assert "theirs" not in step.record.traffic
    assert "theirs" not in step.routing.traffic


def test_other_peoples_tags_on_the_endpoint_stay() -> None:
    story = healthy()
    story.azure.tags["team"] = "credit"
    story.config(TWO)
    story.run()
    assert story.azure.tags["team"] == "credit"


def test_without_an_endpoint_the_stack_tags_mean_nothing() -> None:
    story = healthy()
    story.azure.traffic, story.azure.tags, story.azure.state = None, {}, {}
    story.azure.deployments.clear()
    step = step_of(story)
    assert (step.kind, step.record.traffic) == (StepKind.START, {})
    assert step_of(story).record.prod == "blue"
