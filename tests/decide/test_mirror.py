"""Mirrored rungs: copies of live requests before any live share."""

from __future__ import annotations

from dataclasses import replace

import pytest
from azure_model import Live, Quality, Weather
from story import (
    BAKE,
    LADDER,
    SHADOW_LADDER,
    THREE,
    TWO,
    Metrics,
    comparing,
    healthy,
    rolling_out,
    step_of,
)

from rollout.core.observed import Provisioning
from rollout.core.plan import Plan, Stage
from rollout.core.record import MIRROR, STAGE
from rollout.core.step import Form, Outcome, Phase, StepKind


def test_the_ladder_begins_with_its_mirrored_rungs() -> None:
    story = healthy()
    story.plan = replace(story.plan, stages=SHADOW_LADDER)
    story.config(TWO)
    seen: list[tuple[StepKind, dict[str, int], dict[str, int]]] = []
    for minutes in (1, BAKE, BAKE, BAKE, BAKE, 126, 1):
        step = step_of(story)
        seen.append((step.kind, story.live, dict(story.azure.mirror)))
        assert [write.what for write in story.azure.writes].count("endpoint") == 1, "one PUT a rung"
        story.wait(minutes)
    assert seen == [
        (StepKind.START, {"blue": 100}, {}),
        (StepKind.ADVANCE, {"blue": 100}, {"green": 20}),
        (StepKind.ADVANCE, {"blue": 100}, {"green": 50}),
        (StepKind.ADVANCE, {"blue": 90, "green": 10}, {}),
        (StepKind.ADVANCE, {"blue": 50, "green": 50}, {}),
        (StepKind.ADVANCE, {"green": 100}, {}),
        (StepKind.PROMOTE, {"green": 100}, {}),
    ]
    assert story.record.tags().get(MIRROR) is None


def test_a_mirrored_rung_leaves_the_traffic_map_as_it_is() -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    assert story.azure.traffic == {"blue": 100}
    assert (story.azure.tags[STAGE], story.azure.tags[MIRROR]) == ("0", "20")
    assert "0 %, 20 % mirrored" in (story.azure.published.reason or "")


@pytest.mark.parametrize(
    ("shares", "rung", "following"),
    [
        ((0, 0), None, (0, 20)),
        ((0, 20), (0, 20), (0, 50)),
        ((0, 30), None, (0, 50)),
        ((0, 50), (0, 50), (10, 0)),
        ((10, 0), (10, 0), (50, 0)),
        ((10, 20), None, (50, 0)),
        ((100, 0), (100, 0), None),
    ],
)
def test_a_rung_is_its_live_and_its_mirrored_share(
    shares: tuple[int, int], rung: tuple[int, int] | None, following: tuple[int, int] | None
) -> None:
    plan = Plan(TWO, SHADOW_LADDER)

    def of(stage: Stage | None) -> tuple[int, int] | None:
        return None if stage is None else (stage.traffic, stage.mirror)

    assert of(plan.stage_at(*shares)) == rung
    assert of(plan.next_stage(*shares)) == following


@pytest.mark.parametrize("metrics", [Metrics.SILENT, Metrics.UNREADABLE, Metrics.UNASKED, Metrics.UNPROVED])
def test_no_live_share_without_success_on_mirrored_requests(metrics: Metrics) -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.wait(600)
    step = step_of(story, metrics)
    assert step.kind is StepKind.HOLD
    assert "0 %, 20 % mirrored" in step.reason
    assert (story.live, story.azure.mirror) == ({"blue": 100}, {"green": 20})


@pytest.mark.parametrize("ups", [2, 3])
@pytest.mark.parametrize("keep", [True, False])
def test_a_failure_on_mirrored_requests_ends_the_mirror_in_one_put(ups: int, keep: bool) -> None:  # noqa: FBT001
    story = rolling_out(ups, stages=SHADOW_LADDER, keep_failed=keep)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    step = step_of(story)
    assert (step.kind, step.outcome, step.phase) == (StepKind.ABORT, Outcome.TAKEN_BACK, Phase.DEGRADED)
    assert (story.live, story.azure.mirror) == ({"blue": 100}, {})
    assert [write.what for write in story.azure.writes].count("endpoint") == 1
    assert "never had live traffic" in step.reason
    assert ("green" in story.azure.deployments) is keep
    assert step_of(story).kind is StepKind.NONE


def test_a_superseding_release_ends_the_mirror_and_starts_at_0() -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.config(THREE)
    step = step_of(story)
    assert (step.kind, step.outcome, story.azure.mirror) == (StepKind.ABORT, Outcome.FINE, {})
    assert (step_of(story).kind, story.record.release) == (StepKind.START, THREE)


@pytest.mark.parametrize("mirror", [{}, {"green": 30}, {"theirs": 20}])
def test_a_mirror_that_somebody_changed_is_drift(mirror: dict[str, int]) -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.mirror = mirror
    for _ in range(2):
        step = step_of(story)
        assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
        assert "mirrored to green 20" in step.reason
        assert story.azure.mirror == mirror
    story.azure.mirror = {"green": 20}
    assert step_of(story).kind is StepKind.ADVANCE


def test_a_mirror_where_none_is_recorded_is_drift() -> None:
    story = healthy()
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.mirror = {"theirs": 5}
    story.config(TWO)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "mirrored to theirs 5" in step.reason


def test_somebody_elses_mirror_outlives_an_abort_and_is_drift_after_it() -> None:
    story = rolling_out(3)
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    story.azure.deployments["theirs"] = Live(None, Provisioning.SUCCEEDED)
    story.azure.mirror = {"theirs": 5}
    assert step_of(story).kind is StepKind.ABORT
    assert story.azure.mirror == {"theirs": 5}
    assert step_of(story).phase is Phase.DEGRADED


def test_an_abort_never_mirrors_to_what_it_makes_live() -> None:
    story = rolling_out(4)
    assert story.live == {"green": 100}
    story.azure.mirror = {"blue": 20}
    story.azure.quality[TWO] = Quality.BAD_AT_GATE
    assert step_of(story).kind is StepKind.ABORT
    assert (story.live, story.azure.mirror) == ({"blue": 100}, {})


def test_a_mirrored_candidate_is_not_replaced_in_place() -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.azure.deployments["green"].release = THREE
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "mirrored to green" in step.reason
    assert step.deployments["green"] is Form.FROZEN


def test_a_mirrored_candidate_that_failed_stays_declared_while_it_gets_copies() -> None:
    """Azure deletes none that gets any, and the engine deletes what isn't declared."""
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.azure.deployments["green"].state = Provisioning.FAILED
    story.azure.endpoint_state = Provisioning.UPDATING
    step = step_of(story)
    assert step.kind is StepKind.HOLD
    assert step.deployments["green"] is Form.FROZEN


@pytest.mark.parametrize("cut", [1, 2])
def test_a_mirrored_rung_that_was_cut_short_is_published_before_it_counts(cut: int) -> None:
    story = rolling_out(1, stages=SHADOW_LADDER)
    assert step_of(story, weather=Weather(cut_after=cut, in_the_middle=cut == 2)).kind is StepKind.ADVANCE
    assert story.azure.mirror == {"green": 20}
    assert step_of(story).kind is StepKind.REPAIR
    story.wait(20)
    assert step_of(story).kind is StepKind.HOLD, "a repair restarts the bake"
    story.wait(20)
    assert step_of(story).record.mirror == 50


@pytest.mark.parametrize("ladder", [LADDER, SHADOW_LADDER[1:]])
def test_a_mirrored_share_that_is_no_rung_any_more_holds(ladder: tuple[Stage, ...]) -> None:
    story = rolling_out(2, stages=SHADOW_LADDER)
    story.plan = replace(story.plan, stages=ladder)
    step = step_of(story)
    assert (step.kind, step.phase) == (StepKind.HOLD, Phase.DEGRADED)
    assert "0 %, 20 % mirrored" in step.reason


def test_a_mirrored_stage_is_judged_against_prod() -> None:
    asked = comparing(2).preview().question
    assert asked is not None
    assert (asked.deployment, asked.prod) == ("green", "blue")
    assert (asked.stage.traffic, asked.stage.mirror) == (0, 20)
