"""The laws of what goes back: whose failure comes first, and who may be given the traffic."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.known import read
from rollout.core.observed import Provisioning
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from seen_up import Up


def a_failure_takes_back(up: Up) -> None:
    """Failed gates and a failed provisioning win over everything, metrics or none, drift or none."""
    record, who = up.record, up.record.candidate
    if who is None or up.seen.endpoint is None or up.seen.endpoint.state.in_progress:
        return
    can = record.prod is None or not up.before.get(who) or takes_it(up)
    if record.prod is None and up.before:
        return  # the tag that says who is prod is lost
    if up.release_of(who) != record.release and not (up.before.get(who) or up.copied.get(who)):
        return
    unprovisioned = up.state_of(who) is Provisioning.FAILED
    gate = up.judgement is not None and up.judgement.verdict is Verdict.FAILED
    if not (unprovisioned or gate):
        return
    if can:
        assert up.step.kind is StepKind.ABORT
        assert up.step.outcome is Outcome.TAKEN_BACK
        assert up.step.record.failed_release == record.release
        assert up.step.record.candidate is None
    else:
        assert up.step.kind is StepKind.HOLD
        assert up.step.phase is Phase.DEGRADED
        assert up.step.outcome is Outcome.STUCK


def takes_it(up: Up) -> bool:
    """What is prod may be given the candidate's share; while it serves, also at work or without its tag."""
    record, state = up.record, up.state_of(up.record.prod)
    known = up.carries(record.prod, record.prod_release)
    if not up.before.get(record.prod or ""):
        return known and state is Provisioning.SUCCEEDED
    adopted = record.adopted is not None and record.adopted.name == record.prod
    untagged = up.release_of(record.prod) is None and not adopted
    at_work = (Provisioning.SUCCEEDED, Provisioning.UPDATING, Provisioning.SCALING)
    return (known or untagged) and state in at_work


def what_cant_be_read_is_only_taken_back_from(up: Up) -> None:
    """A tag that can't be read and that no copy tells: nothing goes on, and what goes back isn't stopped."""
    if read(up.seen).unread is not None:
        assert up.step.kind in (StepKind.HOLD, StepKind.ABORT, StepKind.UNDO), f"{up.step.kind} goes on"


TAKING_BACK_LAWS = (
    a_failure_takes_back,
    what_cant_be_read_is_only_taken_back_from,
)
