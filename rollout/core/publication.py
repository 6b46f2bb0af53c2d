"""The published copy of the record: what the stack tags should say."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rollout.core.record import TAGS
from rollout.core.step import Phase

if TYPE_CHECKING:
    from rollout.core.approval import Approval
    from rollout.core.observed import Published
    from rollout.core.plan import Plan, Stage
    from rollout.core.record import Record

PHASE = "ROLLOUT_PHASE"
PROBE = "ROLLOUT_PROBE"
REASON = "ROLLOUT_REASON"
REPAIRED = "ROLLOUT_REPAIRED"
SETTLED = "ROLLOUT_SETTLED"

PUBLISHED_TAGS = (*TAGS, PHASE, PROBE, REASON, REPAIRED, SETTLED)
"""Every stack tag that publishing owns. What people say is in other tags."""

APPROVED = "ROLLOUT_APPROVED"
"""The stack tag with what a person accepted; publishing only removes it."""

INTENT = "ROLLOUT_INTENT"
"""The stack tag with what a person wants the next `up` to do; publishing only removes it."""
PAUSED = "ROLLOUT_PAUSED"
"""The stack tag with who paused the rollout; publishing leaves it alone."""
RESUMED = "ROLLOUT_RESUMED"
"""The stack tag with the time at which the last pause ended; publishing leaves it alone."""

TAG_LENGTH = 256
"""The longest value a stack tag takes, in characters."""

_NEVER = datetime.min.replace(tzinfo=UTC)


def phase_of(record: Record, release: str) -> Phase:
    """Return the phase that goes with a record while config names this release."""
    if record.candidate is not None:
        return Phase.PROGRESSING
    if release in record.failed or record.prod_release in record.failed:
        return Phase.DEGRADED
    return Phase.HEALTHY if record.prod is not None else Phase.PROGRESSING


def wanted_tags(record: Record, phase: Phase) -> dict[str, str]:
    """Return what the stack tags should say of a record."""
    return {**record.tags(), PHASE: phase.value}


def answers(record: Record, approved: Approval, plan: Plan | None = None) -> bool:
    """Return whether an approval is for the release and the stage of this record.

    One with a margin is for the stage that the candidate is at. With `plan`, one without is for the next
    stage, where that asks for approval.
    """
    if approved.release != record.release:
        return False
    if plan is None or approved.margin is not None:
        return approved.stage == record.rung
    following = following_stage(record, plan)
    return following is not None and following.approval and approved.stage == following.name


def following_stage(record: Record, plan: Plan) -> Stage | None:
    """Return the stage that the candidate goes up to next: a first release goes to the top at once."""
    if record.prod is None:
        return plan.stages[-1] if plan.stages else None
    return plan.next_stage(record.stage or 0, record.mirror)


def reopens(record: Record, published: Published) -> bool:
    """Return whether nobody knows since when the record's traffic is in force: then its bake starts again.

    That is so where the copy lags, as after a publish that died, or has lost when the traffic settled.
    """
    known = [at for at in (published.settled, published.repaired) if at is not None]
    return lags(record, published) or (record.since is not None and max(known, default=_NEVER) < record.since)


def lags(record: Record, published: Published) -> bool:
    """Return whether the stack tags say something else than the endpoint's record does."""
    return dict(published.record) != record.tags() or published.phase is None
