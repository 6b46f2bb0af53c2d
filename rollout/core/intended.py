"""Whom a person's word is for: what an intent has to name to be done, and what becomes of one that isn't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.intent import Intent, Verb
from rollout.core.known import known

if TYPE_CHECKING:
    from rollout.core.observed import Observed
    from rollout.core.plan import Plan
    from rollout.core.record import Record


OF_LIVE_TRAFFIC = (Verb.ADOPT, Verb.RESET)
"""What is said of the traffic that somebody saw."""


@dataclass(frozen=True)
class Subject:
    """What an intent names."""

    release: str
    rung: str | None = None
    """The rung as tags have it, where the candidate is at one."""


def subject(verb: Verb, plan: Plan, record: Record | None) -> Subject | None:
    """Return what an intent of that verb is about now, or None where there is nothing that it could do.

    A command that writes an intent names exactly this. None for `record` is an endpoint without one.
    """
    if record is None:
        return Subject(plan.release) if verb is Verb.ADOPT else None
    rolling = under_way(record)
    if verb in (Verb.ABORT, Verb.SKIP):
        return rolling
    if verb is Verb.RETRY:
        due = rolling is None and plan.release in record.failed and plan.release != record.prod_release
        return Subject(plan.release) if due else None
    if verb is Verb.UNDO:
        due = rolling is None and record.old_prod is not None and record.prod_release is not None
        return Subject(record.prod_release or "") if due else None
    return rolling or Subject(record.prod_release or plan.release)


def under_way(record: Record) -> Subject | None:
    """Return the rollout that is under way, or None. It is all that an abort has to name."""
    rolling = record.candidate is not None and record.release is not None
    return Subject(record.release or "", record.rung) if rolling else None


def aims(intent: Intent, plan: Plan, record: Record | None) -> bool:
    """Return whether an intent is for what is there now. An abort is for its release at whatever rung.

    A run that was under way when it was said may have gone up since; to take a release back harms nobody.
    """
    meant = subject(intent.verb, plan, record)
    if meant is None or intent.release != meant.release:
        return False
    return intent.verb is Verb.ABORT or intent.rung in (None, meant.rung)


def asked(verb: Verb, plan: Plan, seen: Observed, record: Record | None) -> Intent | None:
    """Return the intent of that verb that a person has for what is there now, or None."""
    intent = seen.published.intent
    if intent is None or intent.verb is not verb or not aims(intent, plan, record):
        return None
    return None if outdated(intent, seen) else intent


def outdated(intent: Intent, seen: Observed) -> bool:
    """Return whether a word about the live traffic was said before that last changed."""
    changed = seen.endpoint.modified if seen.endpoint is not None else None
    if intent.verb not in OF_LIVE_TRAFFIC or changed is None:
        return False
    return intent.at < changed.replace(microsecond=0)


def aborting(plan: Plan, seen: Observed) -> bool:
    """Return whether a person wants the candidate taken back: then no gate is asked."""
    record = known(seen)
    return record is not None and asked(Verb.ABORT, plan, seen, record) is not None
