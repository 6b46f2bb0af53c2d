"""What becomes of a stage whose gates can't tell: it waits, asks a person, goes on, or is taken back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import moves, times
from rollout.core.approval import margin_over, proved_margin, show_margin
from rollout.core.plan import OnInconclusive, OnNoData
from rollout.core.publication import answers
from rollout.core.step import Phase
from rollout.core.taking_back import take_back
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import timedelta

    from rollout.core.approval import Approval
    from rollout.core.gates.judgement import Finding, Judgement
    from rollout.core.moves import Scene
    from rollout.core.plan import Stage
    from rollout.core.step import Step


def weigh(scene: Scene, stage: Stage, judgement: Judgement, *, baked: bool) -> Step | str:
    """Return the step that doubt leads to, or the grounds on which the rollout goes on in spite of it.

    No data is nothing to go on with: no setting and no person makes it do.
    """
    plan, record = scene.plan, scene.record
    who = f"{record.candidate} ({record.release})"
    stays = f"{who} stays at {stage.show()}: {judgement.reason}"
    waited = f"{times.show_duration(plan.max_wait)} (maxWait) of judging"
    if judgement.no_data or not judgement.counting:
        if not judgement.window.holds(plan.max_wait):
            return moves.stay(scene, stays)
        if plan.on_no_data is OnNoData.ABORT:
            return take_back(
                scene,
                f"{who} at {stage.show()} had nothing to be judged by after {waited}, and onNoData is abort: "
                f"{judgement.reason}",
                failed=True,
            )
        return moves.stay(
            scene,
            f"{stays}; that is no success after {waited} either: send requests to the endpoint, or "
            f"{_way_back(scene)}",
        )
    doubtful = [finding for finding in judgement.counting if finding.verdict is Verdict.INCONCLUSIVE]
    accepted, said = _accepted(scene, doubtful)
    if accepted is not None:
        return f"{accepted.who} accepted that it may be {_margin(accepted)} worse ({judgement.reason})"
    if not judgement.could_tell_for(plan.max_wait):
        return moves.stay(scene, f"{stays}{said}{_uncounted(judgement, plan.max_wait)}")
    if plan.on_inconclusive is OnInconclusive.ABORT:
        return take_back(
            scene,
            f"{who} at {stage.show()} is in doubt after {waited}, and onInconclusive is abort: "
            f"{judgement.reason}",
            failed=True,
        )
    if plan.on_inconclusive is OnInconclusive.ADVANCE:
        return (
            f"nothing is proved after {waited}, but onInconclusive is advance, so that a worse release may "
            f"go on unnoticed ({judgement.reason})"
        )
    if not baked:
        return moves.stay(scene, f"{stays}{said}")
    return moves.stay(
        scene, f"{stays}; {waited} are over{said}: {_ways_on(scene, doubtful)}", phase=Phase.PAUSED
    )


def overdue(scene: Scene, judgement: Judgement | None) -> str | None:
    """Return why a candidate in doubt is past its stage's deadline, or None.

    Only judged time counts, after a pause only that since it ended, and only while something is measured and
    without the stretches that had no requests: a candidate isn't late because people, metrics or users are.
    """
    record, seen = scene.record, scene.seen
    stage = scene.plan.stage_at(record.stage or 0, record.mirror) if record.stage is not None else None
    if stage is None or stage.deadline is None or judgement is None or seen.published.paused is not None:
        return None
    if judgement.verdict is not Verdict.INCONCLUSIVE or judgement.no_data or not judgement.counting:
        return None
    if not judgement.could_tell_for(stage.deadline, seen.published.resumed):
        return None
    return (
        f"{scene.who} is past its deadline of {times.show_duration(stage.deadline)} at {stage.show()}: "
        f"{judgement.reason}"
    )


def _accepted(scene: Scene, doubtful: list[Finding]) -> tuple[Approval | None, str]:
    """Return the approval that covers all doubt, or None and what is said of one that doesn't."""
    approved = scene.seen.published.approved
    if approved is None or not answers(scene.record, approved):
        return None, ""
    if all((proved := proved_margin(each)) is not None and approved.covers(proved) for each in doubtful):
        return approved, ""
    return None, f"; {approved.who} accepted {_margin(approved)}, and that doesn't cover it"


def _uncounted(judgement: Judgement, wait: timedelta) -> str:
    """Return what is said where a wait is over by the clock and not by what could be judged."""
    if not judgement.window.holds(wait):
        return ""
    return f"; {times.show_duration(judgement.silent)} without requests to it don't count towards maxWait"


def _ways_on(scene: Scene, doubtful: list[Finding]) -> str:
    """Return what a person can do: accept the margin that is proved by now, if there is one."""
    proved = [margin for each in doubtful if (margin := proved_margin(each)) is not None]
    if len(proved) == len(doubtful):
        margin = show_margin(margin_over(max(proved)))
        return (
            f"`rollout approve --margin {margin}` accepts that it may be so much worse than prod; or wait, "
            f"or {_way_back(scene)}"
        )
    unproved = ", ".join(each.gate for each in doubtful if proved_margin(each) is None)
    return (
        f"no margin in points is proved for {unproved}, so none can be accepted: wait for more requests, let "
        f"rollout:onInconclusive be advance, or {_way_back(scene)}; a higher first stage tells sooner"
    )


def _way_back(scene: Scene) -> str:
    return f"set config back to {scene.record.prod_release} to take it back"


def _margin(approval: Approval) -> str:
    return "no margin" if approval.margin is None else f"up to {show_margin(approval.margin)}"
