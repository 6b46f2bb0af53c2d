"""What becomes of a person's words: done, waiting, or ignored aloud and taken away by the next publish."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core.intended import OF_LIVE_TRAFFIC, aims, outdated
from rollout.core.intent import Verb
from rollout.core.known import known
from rollout.core.publication import APPROVED, INTENT, answers
from rollout.core.step import Step, StepKind

if TYPE_CHECKING:
    from rollout.core.observed import Observed
    from rollout.core.plan import Plan
    from rollout.core.record import Record


def heard(plan: Plan, seen: Observed, step: Step) -> Step:
    """Return the step with whose word it took, which tags it clears, and what it says of those it ignores."""
    record = known(seen)
    clears = _cleared(plan, seen, record, step) if step.kind.publishes else ()
    notes = (
        _of_the_approval(plan, seen, record),
        _of_the_intent(plan, seen, record, step, dropped=INTENT in clears),
        _paused(seen, step),
    )
    said = "; ".join(note for note in notes if note)
    return replace(
        step,
        reason=f"{step.reason}; {said}" if said else step.reason,
        who=step.who or _approver(plan, seen, record, step),
        clears=clears,
    )


def _approver(plan: Plan, seen: Observed, record: Record | None, step: Step) -> str | None:
    """Return who approved what a step goes on with."""
    approved = seen.published.approved
    if step.kind not in (StepKind.ADVANCE, StepKind.PROMOTE) or approved is None or record is None:
        return None
    return approved.who if _answered(plan, seen, record) else None


def _answered(plan: Plan, seen: Observed, record: Record) -> bool:
    approved = seen.published.approved
    return approved is not None and (answers(record, approved) or answers(record, approved, plan))


def _of_the_approval(plan: Plan, seen: Observed, record: Record | None) -> str | None:
    """Return the sentence about an approval that isn't for what is rolled out now, or None."""
    published = seen.published
    if published.misread is not None:
        return f"ROLLOUT_APPROVED can't be read and is ignored: {published.misread!r}"
    if published.approved is None or (record is not None and _answered(plan, seen, record)):
        return None
    text = published.approved.show()
    return f"ROLLOUT_APPROVED is for another release or stage and is ignored: {text}"


def _of_the_intent(
    plan: Plan, seen: Observed, record: Record | None, step: Step, *, dropped: bool
) -> str | None:
    """Return the sentence about an intent that this step doesn't do, or None."""
    published = seen.published
    if published.unread_intent is not None:
        return f"ROLLOUT_INTENT can't be read and is ignored: {published.unread_intent!r}"
    intent = published.intent
    if intent is None or step.honours is not None:
        return None
    text = intent.show()
    if seen.endpoint is None or not aims(intent, plan, record):
        return f"ROLLOUT_INTENT isn't for what is there now and is ignored: {text}"
    if intent.verb is Verb.SKIP and not intent.why:
        return f"ROLLOUT_INTENT is ignored, because skip needs a reason: {text}"
    if outdated(intent, seen):
        return f"ROLLOUT_INTENT was said before the endpoint last changed and is ignored: {text}"
    if dropped or intent.verb in OF_LIVE_TRAFFIC:
        return f"ROLLOUT_INTENT finds nothing to do here and is ignored: {text}"
    return f"ROLLOUT_INTENT waits: {text}"


def _paused(seen: Observed, step: Step) -> str | None:
    """Return the sentence that nobody may forget: that a pause holds whatever comes next."""
    paused = seen.published.paused
    if paused is None or seen.endpoint is None or paused.told in step.reason:
        return None
    return f"{paused.told}: nothing starts, goes on or retires until `rollout resume`"


def _cleared(plan: Plan, seen: Observed, record: Record | None, step: Step) -> tuple[str, ...]:
    """Return the tags with words that are done with once this step is published.

    A word stays only where it was for what was there and is for what will be there: it waits.
    """
    published, kept = seen.published, step.kind is StepKind.REPAIR
    clears: list[str] = []
    if published.misread is not None or (
        published.approved is not None and not (kept and _answered(plan, seen, step.record))
    ):
        clears.append(APPROVED)
    intent = published.intent
    if published.unread_intent is not None or (
        intent is not None
        and (
            step.honours is not None
            or intent.verb in OF_LIVE_TRAFFIC
            or (intent.verb is Verb.SKIP and not intent.why)
            or (intent.verb is Verb.UNDO and step.kind is StepKind.RETIRE)
            or not aims(intent, plan, record)
            or not aims(intent, plan, step.record)
        )
    ):
        clears.append(INTENT)
    return tuple(clears)
