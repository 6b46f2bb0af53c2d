"""What is said before a stage opens that can't tell in time."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.foresight import too_slow
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.fixed import FixedGate, Limit
from rollout.core.gates.judgement import Compared, Finding, Judgement, Line
from rollout.core.past import PastStage
from rollout.core.plan import Plan, Stage
from rollout.core.record import Record
from rollout.core.step import Phase, Step, StepKind
from rollout.core.verdict import Verdict
from rollout.core.window import Window

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ERRORS = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
LATENCY = ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.025)
LADDER = (Stage(0, mirror=20), Stage(10), Stage(50), Stage(75), Stage(100))
WINDOW = Window(NOW - 30 * MINUTE, NOW)


def opening(
    per_minute: int, stage: Stage = LADDER[1], kind: StepKind = StepKind.ADVANCE, tier: Tier = Tier.LOGS
) -> Step:
    baseline = Baseline(tier, per_minute * 60, 0.005, (80.0, 180.0, 300.0), 2, 2)
    past = () if stage.mirror else (PastStage(0, 20, WINDOW),)
    record = Record(stage=stage.traffic, mirror=stage.mirror, baseline=baseline, past=past)
    return Step(kind, Phase.PROGRESSING, "", record, Phase.PROGRESSING)


def seen(candidate: int, prod: int) -> Judgement:
    compared = Compared(Tier.LOGS, candidate, prod, 0, 0, 0.01, None, Line("evidence", ()), 1.3, None)
    return Judgement(WINDOW, (Finding("errors-vs-prod", Verdict.SUCCESSFUL, "", compared=compared),))


def said(step: Step, *gates: ComparativeGate | FixedGate, judgement: Judgement | None = None) -> str | None:
    plan = Plan("m:2-00000000", LADDER, compared_gates=len(gates), max_wait=60 * MINUTE)
    return too_slow(plan, step, gates or (ERRORS,), ComparisonSettings(), judgement)


@pytest.mark.parametrize(
    "quiet",
    [
        said(opening(600)),
        said(opening(6000), ERRORS, LATENCY),
        said(opening(60, LADDER[4])),
        said(opening(60, kind=StepKind.HOLD)),
        said(opening(60), FixedGate("errors", "RequestsPerMinute", max=Limit(1))),
        said(opening(60), ComparativeGate("trial", Measure.ERRORS, 0.01, dry_run=True)),
        said(opening(600, LADDER[1], tier=Tier.METRICS), ERRORS, LATENCY),
    ],
)
def test_a_stage_that_can_tell_needs_no_warning(quiet: str | None) -> None:
    assert quiet is None


def test_few_requests_are_said_with_what_would_help() -> None:
    warned = said(opening(60))
    assert warned is not None
    assert "at 10 % of 60 requests a minute errors-vs-prod can't tell before 2h" in warned
    assert "(at 50 % " in warned
    assert "maxWait is 1h" in warned


def test_no_requests_never_tell() -> None:
    assert "can't tell at all" in (said(opening(0)) or "")


def test_the_stage_before_says_how_many_requests_there_are() -> None:
    """Mirrored requests are copies: prod's alone are the endpoint's."""
    assert said(opening(60), judgement=seen(6000, 30_000)) is None
    assert "30 requests a minute" in (said(opening(600), judgement=seen(180, 900)) or "")


def test_percentiles_tell_nothing_of_a_candidate_with_more_requests_than_prod() -> None:
    beyond = opening(6000, LADDER[3], tier=Tier.METRICS)
    assert "latency-vs-prod can't tell at all" in (said(beyond, ERRORS, LATENCY) or "")
