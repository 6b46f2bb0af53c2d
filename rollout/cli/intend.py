"""`rollout abort`, `retry`, `skip`, `undo`, `adopt` and `reset`: one thing that the next `pulumi up` does."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rollout.cli import say
from rollout.cli.usage import UsageError
from rollout.cli.who import who
from rollout.core.intended import subject, under_way
from rollout.core.intent import Intent, Verb
from rollout.core.publication import INTENT

if TYPE_CHECKING:
    import argparse

    from rollout.cli.say import Moment
    from rollout.cli.stack import StackView
    from rollout.core.intended import Subject
    from rollout.core.step import Step

NEED_A_REASON = frozenset({Verb.SKIP, Verb.UNDO, Verb.ADOPT, Verb.RESET})


def run(args: argparse.Namespace) -> int:
    """Write the intent, say what comes of it, and return 0.

    Raises `UsageError` where it would do nothing, and then writes nothing.
    """
    verb = Verb(args.command)
    moment = say.moment(args, to_abort=verb is Verb.ABORT)
    meant = due(verb, moment)
    why = say.reason(args.reason, verb, needed=verb in NEED_A_REASON)
    intent = Intent(verb, meant.release, meant.rung, who(moment.stack), moment.sight.now, why)
    text = say.fitting(intent)
    found = moment.outlook(intent=intent, unread_intent=None)
    if refused := useless(verb, found.step):
        raise UsageError(refused)
    moment.stack.set_tag(INTENT, text)
    replaced = moment.published.intent
    before = replaced.show() if replaced is not None else None
    said = {
        "stack": moment.stack.name,
        "verb": verb.value,
        "release": intent.release,
        "stage": intent.rung,
        "by": intent.who,
        "why": intent.why or None,
        "instead": before,
        INTENT: text,
    }
    instead = f" (instead of: {before})" if before is not None else ""
    headline = f"said, as {INTENT} of {moment.stack.name}: {text}{instead}"
    say.told(said, found, headline, as_json=args.json)
    if (hint := _mended(moment.stack)) is not None:
        print(hint, file=sys.stderr)
    return 0


def _mended(stack: StackView) -> str | None:
    """Return what to know of a config that can't be used, or None."""
    if stack.unreadable is not None:
        return (
            f"{stack.unreadable}: `pulumi up` can't read that either; with --config-file and a file of "
            "`config: {}` it does the abort and nothing else"
        )
    return f"the next `pulumi up` does the abort and nothing else: {stack.error}" if stack.error else None


def due(verb: Verb, moment: Moment) -> Subject:
    """Return what an intent of that verb is about now. Raises `UsageError` where there is no such thing."""
    if moment.sight.endpoint is None:
        raise UsageError(f"nothing to {verb}: the endpoint isn't there yet; `pulumi up` makes it")
    record = moment.record
    if verb is Verb.ABORT:
        found = under_way(record) if record is not None else None
    else:
        found = subject(verb, moment.plan, record)
    if found is None:
        raise UsageError(f"nothing to {verb}: {_why_not(verb, moment)}")
    return found


def useless(verb: Verb, step: Step) -> str | None:
    """Return why an intent would do nothing, by the step that the next `up` takes with it; None: it would.

    One that can't be done yet, because Azure still works on something, waits for a later `up`; so does an
    abort while prod can't take the traffic.
    """
    if step.honours is not None and (step.kind.writes_endpoint or verb is Verb.ABORT):
        return None
    if step.honours is None and f"{INTENT} waits" in step.reason:
        return None
    return f"nothing to {verb}: the next `pulumi up` would {step.kind}: {step.reason}"


def _why_not(verb: Verb, moment: Moment) -> str:
    record = moment.record
    if record is None:
        return "the endpoint carries no record of a rollout that can be read: see `rollout status`"
    if record.candidate is None and verb in (Verb.ABORT, Verb.SKIP):
        return "no rollout is in progress"
    if record.candidate is not None and record.release is None:
        return (
            f"no tag says which release is being rolled out in {record.candidate}: the next `pulumi up` "
            "takes it back"
        )
    if record.candidate is not None:
        return f"{record.release} is being rolled out in {record.candidate}; `rollout abort` takes it back"
    if verb is Verb.UNDO:
        return "there is no old prod to go back to: release the earlier model as a new release"
    plan = moment.plan
    if plan.release == record.prod_release:
        return f"{plan.release} is prod"
    return f"{plan.release}, which config names, was never taken back: the next `pulumi up` starts it"
