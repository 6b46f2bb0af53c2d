"""Climbing: whether a live, probed candidate goes up a rung."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core import frozen, moves, times
from rollout.core.comparison.blocks import Baseline
from rollout.core.drifting import off_ladder
from rollout.core.gates.evidence import Unreadable
from rollout.core.inconclusive import weigh
from rollout.core.judging import baseline_due, stage_opened
from rollout.core.past import COMPARED_STAGES_LIMIT, PastStage
from rollout.core.pausing import unapproved, while_paused
from rollout.core.publication import following_stage
from rollout.core.step import Outcome, Phase, Step
from rollout.core.verdict import Verdict
from rollout.core.window import Window

if TYPE_CHECKING:
    from rollout.core.gates.history import Thin
    from rollout.core.gates.judgement import Judgement
    from rollout.core.moves import Scene
    from rollout.core.plan import Stage


def climb(scene: Scene, judgement: Judgement | None, baseline: Baseline | Thin | Unreadable | None) -> Step:
    """Return the step of a candidate that is as it should be: up a rung, held, or taken back for doubt."""
    step = _climb(scene, judgement, baseline)
    trial = _on_trial(judgement) if judgement is not None else ""
    return replace(step, reason=f"{step.reason}{trial}")


def _climb(scene: Scene, judgement: Judgement | None, baseline: Baseline | Thin | Unreadable | None) -> Step:
    plan, record, who = scene.plan, scene.record, scene.who
    if paused := while_paused(scene):
        return paused
    if record.prod is None:
        return _first_release(scene)
    if not record.stage and not record.mirror:
        return _first_stage(scene, baseline)
    stage = plan.stage_at(record.stage or 0, record.mirror)
    if stage is None:
        return off_ladder(scene)
    if judgement is None or judgement.verdict is Verdict.ERROR:
        reason = judgement.reason if judgement else "the gates could not be asked"
        return moves.stay(scene, f"{who} stays at {stage.show()}: {reason}", outcome=Outcome.UNREADABLE)
    left = stage_opened(record, scene.seen) + stage.bake - scene.seen.now
    baked = left.total_seconds() <= 0
    grounds: Step | str = "all gates are Successful"
    if judgement.verdict is Verdict.INCONCLUSIVE:
        grounds = weigh(scene, stage, judgement, baked=baked)
    if isinstance(grounds, Step):
        return grounds
    if not baked:
        bake = f"{times.show_duration(left)} of its bake of {times.show_duration(stage.bake)} are left"
        return moves.stay(scene, f"{who} stays at {stage.show()}: {bake}")
    return _next_rung(scene, stage, grounds)


def _first_release(scene: Scene) -> Step:
    passed = f"{scene.who} passed its probe and is the first release"
    top = following_stage(scene.record, scene.plan)
    if top is not None and (waits := unapproved(scene, top, passed)):
        return waits
    return moves.promote(scene, f"{passed}: it gets all traffic and is prod")


def _first_stage(scene: Scene, baseline: Baseline | Thin | Unreadable | None) -> Step:
    """Decide at 0 %: the first stage opens, and with a compared one what is usual of prod is frozen."""
    record = scene.record
    first = scene.plan.stages[0]
    who = scene.who
    opens = f"{who} passed its probe: to {first.show()}"
    if waits := unapproved(scene, first, f"{who} passed its probe"):
        return waits
    if baseline_due(scene.plan, scene.seen) is None:
        return moves.advance(scene, first, opens)
    if isinstance(baseline, Baseline) and frozen.sound(baseline):
        usual = f"what is usual of {record.prod} is frozen from {baseline.requests} requests"
        return moves.advance(scene, first, f"{opens}; {usual}", baseline=baseline)
    if baseline is None or isinstance(baseline, Unreadable | Baseline):
        why = baseline.why if isinstance(baseline, Unreadable) else "it could not be measured"
        return moves.stay(
            scene,
            f"{who} stays at 0 %: what is usual of {record.prod} can't be read: {why}",
            outcome=Outcome.UNREADABLE,
        )
    return moves.stay(
        scene,
        f"{who} stays at 0 %: {baseline.show()}: wait until {record.prod} has had them, or give config "
        "gates with fixed limits instead of those that compare",
    )


def _next_rung(scene: Scene, stage: Stage, grounds: str) -> Step:
    """Leave a stage for the next one, or for the promotion at the top."""
    plan, record = scene.plan, scene.record
    baked = f"{scene.who} baked at {stage.show()} and {grounds}"
    following = plan.next_stage(stage.traffic, stage.mirror)
    if following is None:
        kept = f"kept for {times.show_duration(plan.retire_after)}"
        return moves.promote(scene, f"{baked}: it is prod; {record.prod} is old prod, {kept}")
    over = _over(scene, stage)
    ahead = 1 if following.has_control else 0
    if over is not None and len(record.past) + 1 + ahead > COMPARED_STAGES_LIMIT:
        return moves.stay(
            scene,
            f"{baked}, but {following.show()} would be compared stage {len(record.past) + 2} of this "
            f"rollout, and its record holds {COMPARED_STAGES_LIMIT}: take the rungs between {stage.show()} "
            "and 100 % out of config",
            phase=Phase.DEGRADED,
        )
    if waits := unapproved(scene, following, baked):
        return waits
    return moves.advance(scene, following, f"{baked}: to {following.show()}", over=over)


def _over(scene: Scene, stage: Stage) -> PastStage | None:
    """Return the stage that ends here as later comparisons read it; None where it compared nothing."""
    window = Window(stage_opened(scene.record, scene.seen) + scene.plan.settle, scene.seen.now)
    if scene.record.baseline is None or window.end <= window.start:
        return None
    return PastStage(stage.traffic, stage.mirror, window)


def _on_trial(judgement: Judgement) -> str:
    """Return what gates on trial said, where that wasn't success; it decides nothing."""
    said = [
        f"{finding.gate} {finding.verdict}"
        for finding in judgement.findings
        if finding.dry_run and finding.verdict is not Verdict.SUCCESSFUL
    ]
    return f"; on a dry run: {', '.join(said)}" if said else ""
