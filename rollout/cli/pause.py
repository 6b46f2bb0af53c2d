"""`rollout pause` and `rollout resume`: whether a rollout goes on by itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.cli import say
from rollout.cli.usage import UsageError
from rollout.cli.who import who
from rollout.core import times
from rollout.core.intent import Paused
from rollout.core.publication import PAUSED, RESUMED

if TYPE_CHECKING:
    import argparse

    from rollout.cli.say import Moment


def run(args: argparse.Namespace) -> int:
    """Write or remove the pause, say what comes of it, and return 0.

    Raises `UsageError` where it is paused already, or isn't.
    """
    moment = say.moment(args)
    if args.command == "resume":
        _resume(moment, as_json=args.json)
    else:
        _pause(moment, args)
    return 0


def _pause(moment: Moment, args: argparse.Namespace) -> None:
    before = moment.published.paused
    if before is not None:
        raise UsageError(f"nothing to pause: {moment.stack.name} is {before.told}")
    why = say.reason(args.reason, "pause", needed=False)
    paused = Paused(who(moment.stack), moment.sight.now, why)
    text = say.fitting(paused)
    found = moment.outlook(paused=paused)
    moment.stack.set_tag(PAUSED, text)
    said = {
        "stack": moment.stack.name,
        "verb": "pause",
        "by": paused.who,
        "why": paused.why or None,
        PAUSED: text,
    }
    headline = (
        f"{moment.stack.name} is {paused.told}; nothing starts, goes up or is retired until "
        "`rollout resume`, and a bad candidate is still taken back"
    )
    say.told(said, found, headline, as_json=args.json)


def _resume(moment: Moment, *, as_json: bool) -> None:
    before = moment.published.paused
    if before is None:
        raise UsageError(f"nothing to resume: {moment.stack.name} isn't paused")
    now = moment.sight.now
    found = moment.outlook(paused=None, resumed=now)
    moment.stack.set_tag(RESUMED, times.show_instant(now))
    moment.stack.remove_tag(PAUSED)
    said = {
        "stack": moment.stack.name,
        "verb": "resume",
        "by": who(moment.stack),
        "ended": before.show(),
        RESUMED: times.show_instant(now),
    }
    headline = f"{moment.stack.name} goes on; it was {before.told}"
    say.told(said, found, headline, as_json=as_json)
