"""The published copy of the record: what the stack tags should say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.record import TAGS
from rollout.core.step import Phase, Step, StepKind

if TYPE_CHECKING:
    from rollout.core.approval import Approval
    from rollout.core.observed import Published
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

TAG_LENGTH = 256
"""The longest value a stack tag takes, in characters."""


def phase_of(record: Record, release: str) -> Phase:
    """Return the phase that goes with a record while config names this release."""
    if record.candidate is not None:
        return Phase.PROGRESSING
    if record.failed_release is not None and record.failed_release in (release, record.prod_release):
        return Phase.DEGRADED
    return Phase.HEALTHY if record.prod is not None else Phase.PROGRESSING


def wanted_tags(record: Record, phase: Phase) -> dict[str, str]:
    """Return what the stack tags should say of a record."""
    return {**record.tags(), PHASE: phase.value}


def outlived(step: Step, approved: Approval | None) -> bool:
    """Return whether a step leaves no use for an approval: it is for another release or stage by then."""
    if approved is None or step.kind is not StepKind.REPAIR:
        return True
    return not answers(step.record, approved)


def answers(record: Record, approved: Approval) -> bool:
    """Return whether an approval is for the release and the stage of this record."""
    return (approved.release, approved.stage) == (record.release, record.rung)


def lags(record: Record, published: Published) -> bool:
    """Return whether the stack tags say something else than the endpoint's record does."""
    return dict(published.record) != record.tags() or published.phase is None
