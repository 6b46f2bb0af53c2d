"""The laws of stages: mirrored rungs, what a comparison has frozen, and what becomes of doubt."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.plan import OnInconclusive, OnNoData
from rollout.core.publication import following_stage
from rollout.core.record import SINCE
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from seen_up import Up

APPROVAL = "needs a person's approval"


def live_and_mirrored_never_at_once(up: Up) -> None:
    """Azure takes copies to one deployment, at most 50 %, and to none that serves."""
    if not up.step.kind.writes_endpoint:
        return
    copies = up.copied_after
    assert len(copies) <= 1, copies
    assert not set(copies) & set(up.after), f"{copies} mirrored beside {up.after}"
    assert all(share <= 50 for share in copies.values())
    if up.step.kind not in (StepKind.ABORT, StepKind.UNDO):
        assert set(copies) <= {up.record.candidate, up.step.record.candidate}
        assert up.step.routing.same(up.step.record.routing), "the record says another routing than the PUT"
    if copies and up.step.kind is StepKind.ADVANCE:
        assert dict(up.before) == dict(up.after), "a mirrored rung moved live traffic"


def an_abort_drops_the_mirror_in_its_put(up: Up) -> None:
    """Rule 6: exactly the candidate's share and mirror. Others keep theirs, unless Azure refuses it."""
    if up.step.kind is not StepKind.ABORT:
        return
    assert up.record.candidate not in up.copied_after
    others = {n: s for n, s in up.copied.items() if n != up.record.candidate and n not in up.after}
    assert dict(up.copied_after) == others
    assert (up.step.record.mirror, up.step.record.baseline, up.step.record.past) == (0, None, ())


def what_was_frozen_stays_until_the_rollout_ends(up: Up) -> None:
    """The baseline is set by the PUT that opens the first compared stage, and no later look moves it."""
    before, after, kind = up.record, up.step.record, up.step.kind
    if kind in (StepKind.START, StepKind.PROMOTE, StepKind.ABORT):
        assert (after.baseline, after.past, after.mirror) == (None, (), 0)
        return
    if kind is StepKind.ADOPT and not after.stage and not after.mirror:
        assert (after.baseline, after.past) == (None, ()), "at the probe's rung, and something is frozen"
    elif before.baseline is not None:
        assert after.baseline == before.baseline
    elif after.baseline is not None and up.unrecorded:
        assert kind is StepKind.ADOPT
        assert after.tags().items() >= {**up.seen.published.record, SINCE: after.tags()[SINCE]}.items()
    elif after.baseline is not None:
        assert kind is StepKind.ADVANCE
        assert after.baseline == up.usual
        assert (before.stage, before.mirror) == (0, 0)
    opens = kind is StepKind.ADVANCE and not before.stage and not before.mirror
    if opens and up.plan.compared_gates and up.plan.stages[0].has_control:
        assert after.baseline is not None, "a compared stage opened with nothing to compare by"


def past_windows_are_ordered_and_disjoint(up: Up) -> None:
    """Each advance from a compared stage adds that stage, and nothing else is ever added or taken away."""
    before, after = up.record, up.step.record
    if up.step.kind in (StepKind.HOLD, StepKind.NONE, StepKind.REPAIR):
        assert after.past == before.past
    if up.step.kind is not StepKind.ADVANCE:
        return
    assert after.past[: len(before.past)] == before.past
    added = after.past[len(before.past) :]
    left = up.plan.stage_at(before.stage or 0, before.mirror)
    compared = left is not None and left.has_control and before.baseline is not None
    assert len(added) <= compared
    for stage in added:
        assert (stage.traffic, stage.mirror) == (before.stage, before.mirror)
        assert up.question is not None
        assert (stage.window.start, stage.window.end) == (up.question.window.start, up.seen.now)
        assert before.since is not None
        assert stage.window.start >= before.since + up.plan.settle
        assert all(stage.window.start >= earlier.window.end for earlier in before.past)


def doubt_holds_asks_or_takes_back(up: Up) -> None:
    """Rules 5 and 12: Inconclusive is exit code 0; only `maxWait` of it asks a person or takes back."""
    judgement, step = up.judgement, up.step
    overdue = judgement is not None and judgement.window.holds(up.plan.max_wait)
    doubt = judgement is not None and judgement.verdict is Verdict.INCONCLUSIVE
    if step.phase is Phase.PAUSED:
        assert step.kind is StepKind.HOLD
        assert step.outcome is Outcome.FINE
    if step.phase is Phase.PAUSED and up.record.candidate is None and up.seen.published.paused is None:
        assert up.plan.release == up.record.old_prod_release
        assert "`rollout undo`" in step.reason
    elif step.phase is Phase.PAUSED and up.seen.published.paused is None and APPROVAL not in step.reason:
        assert overdue
        assert doubt
        assert judgement is not None
        assert not judgement.no_data, "a person is asked for what nobody can accept"
        assert up.plan.on_inconclusive is OnInconclusive.HOLD
    for asked, setting in (("onInconclusive is abort", up.plan.on_inconclusive), ("onNoData is abort", None)):
        if asked in step.reason and step.kind is StepKind.ABORT:
            assert overdue
            assert doubt
            assert (setting or up.plan.on_no_data) in (OnInconclusive.ABORT, OnNoData.ABORT)
            assert step.outcome is Outcome.TAKEN_BACK


def an_approval_for_something_else_is_told(up: Up) -> None:
    approved = up.seen.published.approved
    if approved is None:
        return
    following = following_stage(up.record, up.plan)
    asks = approved.margin is None and following is not None and following.approval
    if asks and (approved.release, approved.stage) == (up.record.release, following.name):
        return
    if (approved.release, approved.stage) != (up.record.release, up.record.rung):
        assert approved.show() in up.step.reason


def doubt_is_taken(up: Up) -> None:
    """Rules 2, 5 and 12: no data, Error and Failed are nobody's to accept."""
    assert up.judgement is not None
    assert up.judgement.verdict is Verdict.INCONCLUSIVE, f"went on {up.judgement.verdict}"
    assert not up.judgement.no_data, "no data is never success"
    approved = up.seen.published.approved
    proved = [
        finding.compared.certified if finding.compared is not None else None
        for finding in up.judgement.counting
        if finding.verdict is Verdict.INCONCLUSIVE
    ]
    accepted = (
        approved is not None
        and approved.margin is not None
        and (approved.release, approved.stage) == (up.record.release, up.record.rung)
        and all(margin is not None and margin <= approved.margin for margin in proved)
    )
    if accepted and approved is not None:
        assert approved.who in up.step.reason, "who accepted it is said"
        return
    assert up.plan.on_inconclusive is OnInconclusive.ADVANCE, "went on in doubt, and nobody took it"
    assert up.judgement.window.holds(up.plan.max_wait)
    assert "nothing is proved" in up.step.reason


STAGE_LAWS = (
    live_and_mirrored_never_at_once,
    an_abort_drops_the_mirror_in_its_put,
    what_was_frozen_stays_until_the_rollout_ends,
    past_windows_are_ordered_and_disjoint,
    doubt_holds_asks_or_takes_back,
    an_approval_for_something_else_is_told,
)
