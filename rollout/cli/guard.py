"""`rollout guard`: watches between two `pulumi up`s, and takes a candidate back once the evidence is in."""

from __future__ import annotations

import json
import math
import os
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.azure.errors import AzureFault
from rollout.cli import codes, output, say
from rollout.cli.engine import Engine
from rollout.cli.loop import PASSING, End, ended, gist
from rollout.cli.stack import open_stack
from rollout.cli.status import phase_now
from rollout.core import times
from rollout.core.config import ConfigError
from rollout.core.only import ONLY
from rollout.core.release import CodeError
from rollout.core.step import Outcome, Phase, StepKind
from rollout.core.traffic import live
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Generator

    from rollout.azure.assess import Assessment
    from rollout.cli.engine import Ran

SOON = 10.0
"""Seconds at most until the next look, after an `up` that didn't take the candidate back."""
SOON_TRIES = 5
"""How often it is tried again that soon."""


@dataclass
class Watch:
    """The loop, and what it asks of the world.

    It writes in one case only: where the step that is due takes a candidate back for a reason of its own. A
    release that config has overtaken is left to the `pulumi up` that follows the change.
    """

    look: Callable[[], Assessment]
    take_back: Callable[[], Ran]
    tell: Callable[[str, Assessment | None, str], None]
    until_healthy: bool = False
    every: float = 60.0
    timeout: float | None = None
    """Seconds after which the watch ends, with a last look; None: never."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _seen: bool = field(default=False, init=False)
    _tries: int = field(default=0, init=False)
    _shown: str = field(default="", init=False)
    _blind: int = field(default=0, init=False)
    _said_of_blindness: str = field(default="", init=False)
    _under_way: str | None = field(default=None, init=False)

    def run(self) -> End:
        """Watch, and return how it ended.

        Raises what keeps the first look from being read and isn't over by itself; later all is survived.
        """
        ends = math.inf if self.timeout is None else self.clock() + self.timeout
        while True:
            found, pause = self._looked(), self.every
            if found is not None:
                if end := self._over(found):
                    return end
                if due(found):
                    self._take_back(found)
                    pause = min(self.every, SOON) if self._tries <= SOON_TRIES else self.every
                    again = self._looked()
                    if again is not None and (end := self._over(again)):
                        return end
            left = ends - self.clock()
            if self.timeout is not None and left <= 0:
                limit = times.show_duration(timedelta(seconds=self.timeout))
                why = f"the {limit} of --timeout are over; the rollout goes on unwatched"
                return End(codes.TIMED_OUT, why)
            self.sleep(min(pause, left))

    def _looked(self) -> Assessment | None:
        """Look, and say what is new. None where Azure, the stack or its config can't be read just now."""
        try:
            found = self.look()
        except (AzureFault, StackError, ConfigError, CodeError) as error:
            if not self._seen and not isinstance(error, PASSING):
                raise
            self._unreadable(str(error))
            return None
        self._seen = True
        if self._blind:
            self.tell("readable", found, f"readable again after {self._blind} looks that failed")
            self._blind, self._said_of_blindness, self._shown = 0, "", ""
        if found.record.release is not None:
            self._under_way = found.record.release
        news = _standing(found)
        if news != self._shown:
            self.tell("seen", found, found.step.reason)
        self._shown = news
        return found

    def _unreadable(self, why: str) -> None:
        self._blind += 1
        news = gist(why)
        if news != self._said_of_blindness:
            self.tell("unreadable", None, f"look {self._blind} in a row failed: {why}")
        self._said_of_blindness = news

    def _over(self, found: Assessment) -> End | None:
        record, release = found.record, found.plan.release
        failed = record.failed_release
        if failed is not None and record.release is None:
            ours = failed in {self._under_way, release if self.until_healthy else None}
            if ours:
                why = found.seen.published.reason or found.step.reason
                return End(codes.DEGRADED, f"{failed} was taken back: {why}")
        if self.until_healthy and phase_now(found) is Phase.HEALTHY and record.prod_release == release:
            return End(0, f"{record.prod} serves {release}")
        return None

    def _take_back(self, found: Assessment) -> None:
        self.tell("up", found, f"taking {found.record.release or found.record.prod_release} back")
        ran = self.take_back()
        self._tries += 1
        self._under_way = found.record.release or found.record.prod_release
        self._shown = ""
        if ran.locked:
            self.tell("locked", None, "another run is at this stack: it takes its step, the guard watches on")
        elif ran.code:
            self.tell("ran", None, f"`pulumi up`: {ran.why}")


def due(found: Assessment) -> bool:
    """Return whether the evidence is in: the next step takes the candidate back."""
    return found.step.kind is StepKind.ABORT and found.step.outcome is Outcome.TAKEN_BACK


def run(args: argparse.Namespace) -> int:
    """Watch the stack, say what changes, and return the exit code: that of a take-back, or why it ended."""
    return ended(lambda: _watched(args), as_json=args.json)


def _watched(args: argparse.Namespace) -> End:
    stack = open_stack(args.stack, Path(args.cwd).resolve())
    args.stack = stack.name  # whichever is selected by the next look
    engine = Engine(stack.root, stack.name, sys.stderr)

    def take_back() -> Ran:
        with _only(StepKind.ABORT):
            ran = engine.up()
        if engine.interrupted:
            raise KeyboardInterrupt
        return ran

    watch = Watch(
        look=lambda: say.moment(args).outlook(),
        take_back=take_back,
        tell=_in_json if args.json else _in_words,
        until_healthy=args.until is not None,
        every=args.every.total_seconds(),
        timeout=args.timeout.total_seconds() if args.timeout else None,
    )
    try:
        with engine.gently():
            return watch.run()
    except KeyboardInterrupt:
        return End(codes.INTERRUPTED, f"interrupted: {engine.aftermath}; nobody watches now")


@contextmanager
def _only(kind: StepKind) -> Generator[None]:
    """Let runs that are started meanwhile take no other kind of step: each decides for itself again."""
    before = os.environ.get(ONLY)
    os.environ[ONLY] = kind.value
    try:
        yield
    finally:
        os.environ.pop(ONLY, None)
        if before is not None:
            os.environ[ONLY] = before


def _standing(found: Assessment) -> str:
    """Return what makes a look new: not the time, nor amounts that moved on."""
    step = found.step
    return json.dumps(
        [
            phase_now(found).value,
            step.kind.value,
            step.outcome.value,
            found.plan.release,
            _rung(found),
            _verdicts(found),
            gist(step.reason),
        ]
    )


def _rung(found: Assessment) -> str | None:
    return found.record.rung if found.record.candidate is not None else None


def _verdicts(found: Assessment) -> dict[str, str]:
    findings = found.judgement.findings if found.judgement is not None else ()
    return {each.gate: str(each.verdict) for each in findings}


def _in_words(event: str, found: Assessment | None, said: str) -> None:
    if found is None or event != "seen":
        output.tell(f"{event}: {said}")
        return
    where = f" at {_rung(found)}" if _rung(found) is not None else ""
    at = times.show_instant(found.seen.now)
    output.tell(f"{at} {phase_now(found)}{where}, next {found.step.kind}: {said}")


def _in_json(event: str, found: Assessment | None, said: str) -> None:
    line: dict[str, Any] = {"event": event, "reason": said}
    if found is not None:
        endpoint = found.seen.endpoint
        line |= {
            "at": times.show_instant(found.seen.now),
            "phase": phase_now(found).value,
            "step": found.step.kind.value,
            "release": found.plan.release,
            "stage": _rung(found),
            "traffic": dict(live(endpoint.traffic)) if endpoint else {},
            "gates": _verdicts(found),
        }
    output.tell(json.dumps(line))
