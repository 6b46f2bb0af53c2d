"""The laws of what people say: each word is done once or told, and nothing is done for want of one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taking_back_laws import takes_it

from rollout.core.intended import aims
from rollout.core.intent import Verb
from rollout.core.observed import Provisioning
from rollout.core.publication import APPROVED, INTENT
from rollout.core.step import Outcome, StepKind
from rollout.core.traffic import live
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from seen_up import Up

DOES = {
    Verb.ABORT: StepKind.ABORT,
    Verb.RETRY: StepKind.START,
    Verb.SKIP: StepKind.PROMOTE,
    Verb.UNDO: StepKind.UNDO,
    Verb.ADOPT: StepKind.ADOPT,
    Verb.RESET: StepKind.RESET,
}
"""The step that does what is asked for; or else a hold that says why it can't be done."""


def a_word_is_done_once_or_told(up: Up) -> None:
    """An honoured intent is removed by the publish of its step; any other is in the reason."""
    intent, step = up.seen.published.intent, up.step
    if step.honours is not None:
        assert step.honours == intent
        assert intent is not None
        assert step.who == intent.who
        assert intent.who in step.reason
        assert step.kind in (DOES[intent.verb], StepKind.HOLD)
        assert (INTENT in step.clears) is (step.kind is not StepKind.HOLD)
        assert aims(intent, up.plan, None if up.unrecorded else up.record)
    elif intent is not None:
        assert intent.show() in step.reason
        before = aims(intent, up.plan, None if up.unrecorded else up.record)
        if step.kind.publishes and not (before and aims(intent, up.plan, step.record)):
            assert INTENT in step.clears, "ignored, and it stays"
    if up.seen.published.unread_intent is not None:
        assert repr(up.seen.published.unread_intent) in step.reason
    assert step.kind.publishes or not step.clears, "a hold removes nothing"


def nothing_is_undone_adopted_or_reset_unasked(up: Up) -> None:
    if up.step.kind in (StepKind.UNDO, StepKind.ADOPT, StepKind.RESET):
        assert up.step.honours is not None
        assert DOES[up.step.honours.verb] is up.step.kind


def an_abort_needs_no_gate(up: Up) -> None:
    """From any stage, whatever else is seen: one step, and nothing is measured for it."""
    intent, seen = up.seen.published.intent, up.seen
    if intent is None or intent.verb is not Verb.ABORT or up.unrecorded or seen.endpoint is None:
        return
    if not aims(intent, up.plan, up.record):
        return
    assert up.question is None
    assert up.usual is None
    if seen.endpoint.state.in_progress or (up.record.prod is None and up.before):
        assert up.step.kind is StepKind.HOLD
        return
    assert up.does(Verb.ABORT)
    if up.step.kind is StepKind.ABORT:
        assert up.step.outcome is Outcome.TAKEN_BACK
        assert up.record.release in up.step.record.failed
        assert not live(up.step.routing.traffic).get(up.record.candidate or "")
    else:
        assert up.step.outcome is Outcome.STUCK


def a_pause_stops_what_goes_on_and_nothing_else(up: Up) -> None:
    if up.seen.published.paused is None or up.seen.endpoint is None:
        return
    assert up.step.kind not in (StepKind.START, StepKind.ADVANCE, StepKind.PROMOTE, StepKind.RETIRE)
    assert "aused by" in up.step.reason, "a pause that nobody is told of"


def a_stage_that_asks_for_approval_gets_it(up: Up) -> None:
    if up.step.kind is not StepKind.ADVANCE and not (up.step.kind is StepKind.PROMOTE and up.climbs):
        return
    if up.does(Verb.SKIP):
        return
    share = up.step.routing.traffic.get(up.record.candidate or "", 0)
    stage = up.plan.stage_at(share, up.step.record.mirror)
    if stage is None or not stage.approval:
        return
    approved = up.seen.published.approved
    assert approved is not None, f"{stage.show()} without approval"
    assert approved.release == up.record.release
    assert approved.stage == (up.record.rung if approved.margin is not None else stage.name)
    assert APPROVED in up.step.clears
    assert up.step.who == approved.who


def a_deadline_counts_only_what_could_be_judged(up: Up) -> None:
    if "past its deadline" not in up.step.reason:
        return
    stage = up.plan.stage_at(up.record.stage or 0, up.record.mirror)
    assert stage is not None
    assert stage.deadline is not None
    assert up.judgement is not None
    assert up.judgement.verdict is Verdict.INCONCLUSIVE
    assert not up.judgement.no_data
    assert up.judgement.window.holds(stage.deadline)
    assert up.seen.published.paused is None
    assert up.step.outcome in (Outcome.TAKEN_BACK, Outcome.STUCK)


def a_skip_needs_a_reason_and_a_probed_candidate(up: Up) -> None:
    if not up.does(Verb.SKIP):
        return
    assert up.step.honours is not None
    assert up.step.honours.why
    assert up.step.honours.why in up.step.reason
    probe, who = up.seen.published.probe, up.record.candidate
    assert probe is not None
    assert (probe.verdict, probe.release) == (Verdict.SUCCESSFUL, up.record.release)
    assert up.state_of(who) is Provisioning.SUCCEEDED
    assert dict(up.after) == {who: 100}
    to = up.step.record
    assert (to.prod, to.prod_release, to.candidate) == (who, up.record.release, None)
    assert to.old_prod in (up.record.prod, None)


def an_undo_moves_exactly_prods_share(up: Up) -> None:
    """And all requests, where nobody gets any."""
    if up.step.kind is not StepKind.UNDO:
        return
    record, to = up.record, up.step.record
    expected = dict(up.before)
    lent = expected.pop(record.prod or "", 0) if expected else 100
    if lent:
        expected[record.old_prod or ""] = expected.get(record.old_prod or "", 0) + lent
    assert dict(up.after) == expected
    assert (to.prod, to.old_prod, to.candidate) == (record.old_prod, None, None)
    assert to.failed[0] == record.prod_release
    assert up.state_of(to.prod) is Provisioning.SUCCEEDED
    assert up.carries(to.prod, to.prod_release)
    assert up.step.outcome is Outcome.TAKEN_BACK


def a_reset_is_the_record_and_nothing_else(up: Up) -> None:
    if up.step.kind is not StepKind.RESET:
        return
    assert up.drifted or dict(up.before) != {up.record.prod: 100}
    if up.record.candidate is None:
        assert dict(up.after) == {up.record.prod: 100}
        assert not up.copied_after
    else:
        assert up.step.routing.same(up.record.routing)
    for name in up.after:
        assert up.state_of(name) is Provisioning.SUCCEEDED or (name == up.record.prod and takes_it(up))


def an_adoption_moves_nothing_up(up: Up) -> None:
    """It writes tags alone; only a share that is no rung any more goes down to one."""
    if up.step.kind is not StepKind.ADOPT or up.seen.endpoint is None:
        return
    if up.step.routing.same(up.seen.endpoint.routing):
        assert set(up.step.routing.traffic) >= set(up.before)
        return
    assert not up.unrecorded
    assert up.plan.stage_at(up.record.stage or 0, up.record.mirror) is None, "it was a rung, and moved"
    who = up.record.candidate or ""
    before = up.before.get(who, 0), up.copied.get(who, 0)
    after = up.after.get(who, 0), up.copied_after.get(who, 0)
    assert after < before
    assert after == (0, 0) or up.plan.stage_at(*after) is not None


PEOPLE_LAWS = (
    a_word_is_done_once_or_told,
    nothing_is_undone_adopted_or_reset_unasked,
    an_abort_needs_no_gate,
    a_pause_stops_what_goes_on_and_nothing_else,
    a_stage_that_asks_for_approval_gets_it,
    a_deadline_counts_only_what_could_be_judged,
    a_skip_needs_a_reason_and_a_probed_candidate,
    an_undo_moves_exactly_prods_share,
    a_reset_is_the_record_and_nothing_else,
    an_adoption_moves_nothing_up,
)
