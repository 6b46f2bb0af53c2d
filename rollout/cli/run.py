"""`rollout run`: one `pulumi up` after another, until the release is Healthy or comes no further."""

from __future__ import annotations

import json
import math
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rollout.cli import codes, output, say
from rollout.cli.engine import Engine
from rollout.cli.loop import PATIENCE, SOON, End, Eyes, ended, gist
from rollout.cli.stack import open_stack
from rollout.cli.status import EXIT_CODES, phase_now, stage_now
from rollout.cli.usage import UsageError
from rollout.core import times
from rollout.core.step import Outcome, Phase, StepKind

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from rollout.azure.assess import Assessment
    from rollout.cli.engine import Ran

TRIES = 3
"""How often in a row an `up` may fail without anything getting on."""


@dataclass
class Drive:
    """The loop, and what it asks of the world."""

    look: Callable[[], Assessment]
    up: Callable[[], Ran]
    tell: Callable[[str, Assessment | None, str], None]
    rung: str | None = None
    """The rung to stop at, as tags have it; None: drive on until the release is Healthy."""
    every: float = 30.0
    """Seconds between two looks while a stage bakes."""
    timeout: float | None = None
    """Seconds after which a rollout that is still under way is left as it is; None: never."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic
    _ends: float = field(default=math.inf, init=False)
    _shown: str = field(default="", init=False)
    _failures: int = field(default=0, init=False)
    _blind: float | None = field(default=None, init=False)
    """Since when the gates can't be read."""

    def __post_init__(self) -> None:
        """Look with patience."""
        self._eyes = Eyes(self.look, self._unseen, self.clock)

    def run(self) -> End:
        """Drive, and return how it ended. Raises `UsageError` for a rung that the ladder doesn't have.

        Raises what keeps looks from being read: at the first one what isn't over by itself, later what
        lasts longer than `PATIENCE`.
        """
        first = True
        self._ends = math.inf if self.timeout is None else self.clock() + self.timeout
        while True:
            found = self._eyes.open()
            if found is not None and (end := self._there(found)):
                return end
            if found is not None and not first and (end := self.over(found) or self._unreadable(found)):
                return end
            if not (first and found) and self.timeout is not None and self.clock() >= self._ends:
                limit = times.show_duration(timedelta(seconds=self.timeout))
                what = found.plan.release if found else "the release"
                return End(codes.TIMED_OUT, f"{limit} are over, and {what} is still on its way")
            if found is None:
                self._pause(SOON)
            elif first or found.step.kind not in (StepKind.NONE, StepKind.HOLD):
                first = False
                if end := self._step(found):
                    return end
            else:
                self._wait(found)

    def over(self, found: Assessment) -> End | None:
        """Return how it ends where there is nothing more to drive, or None."""
        record, step = found.record, found.step
        if step.kind not in (StepKind.NONE, StepKind.HOLD):
            return None
        phase = phase_now(found)
        if phase is Phase.HEALTHY and step.kind is StepKind.NONE:
            return End(0, f"{record.prod} serves {record.prod_release}")
        if phase in (Phase.PAUSED, Phase.DEGRADED) and step.outcome is not Outcome.UNREADABLE:
            return End(EXIT_CODES[phase], step.reason)
        return None

    def _there(self, found: Assessment) -> End | None:
        """Return how it ends where the release has the share that is wanted, and isn't about to lose it."""
        if self.rung is None:
            return None
        record, plan = found.record, found.plan
        stage = next((each for each in plan.stages if each.name == self.rung), None)
        if stage is None:
            names = ", ".join(each.name for each in plan.stages)
            raise UsageError(f"--until {self.rung}: there is no such stage; there are {names}, and healthy")
        if record.candidate is None:
            there = record.prod_release == plan.release
        else:
            at = (record.stage or 0, record.mirror)
            there = record.release == plan.release and at >= (stage.traffic, stage.mirror)
        if not there or found.step.kind is StepKind.ABORT:
            return None
        return End(0, f"{plan.release} is at {record.rung if record.candidate else 'prod'}")

    def _unreadable(self, found: Assessment) -> End | None:
        if found.step.outcome is not Outcome.UNREADABLE:
            self._blind = None
            return None
        self._blind = self._blind if self._blind is not None else self.clock()
        return End(codes.FAULT, found.step.reason) if self.clock() - self._blind >= PATIENCE else None

    def _unseen(self, why: str) -> None:
        self.tell("unreadable", None, why)
        self._shown = ""

    def _step(self, found: Assessment) -> End | None:
        self._show("up", found)
        ran = self.up()
        if ran.code == 0:
            self._failures = 0
            return None
        if ran.locked:
            why = "another run is at this stack, or a dead one left its lock: `rollout doctor`"
            return End(codes.FAULT, why)
        after = self._eyes.open()
        if after is not None and after.record != found.record:
            self._failures = 0
            return None
        self._failures += 1
        if self._failures >= TRIES:
            return End(codes.FAULT, f"`pulumi up` failed {TRIES} times: {ran.why}")
        self.tell("failed", after or found, f"`pulumi up` failed: {ran.why}")
        self._pause(SOON)
        return None

    def _wait(self, found: Assessment) -> None:
        self._show("wait", found)
        stage = stage_now(found)
        left = times.parse_duration(stage["bakeLeft"]).total_seconds() if stage else self.every
        self._pause(max(left, 2.0))

    def _pause(self, seconds: float) -> None:
        """Sleep so long, but neither longer than between two looks nor beyond the end."""
        self.sleep(max(0.0, min(seconds, self.every, self._ends - self.clock())))

    def _show(self, event: str, found: Assessment) -> None:
        """Tell what is new: a reason in which only times and amounts moved on is none."""
        news = f"{event} {found.step.kind} {gist(found.step.reason)}"
        if news != self._shown:
            self.tell(event, found, found.step.reason)
        self._shown = news


def run(args: argparse.Namespace) -> int:
    """Drive the stack, say what happens, and return the exit code: that of `rollout status`, or why not."""
    return ended(lambda: _driven(args), as_json=args.json)


def _driven(args: argparse.Namespace) -> End:
    stack = open_stack(args.stack, Path(args.cwd).resolve())
    args.stack = stack.name  # whichever is selected by the next look
    engine = Engine(stack.root, stack.name, sys.stderr)

    def up() -> Ran:
        ran = engine.up()
        if engine.interrupted:
            raise KeyboardInterrupt
        return ran

    drive = Drive(
        look=lambda: say.moment(args).outlook(),
        up=up,
        tell=_in_json if args.json else _in_words,
        rung=args.rung,
        every=args.every.total_seconds(),
        timeout=args.timeout.total_seconds() if args.timeout else None,
    )
    try:
        with engine.gently():
            return drive.run()
    except KeyboardInterrupt:
        why = f"interrupted: {engine.aftermath}; `rollout run` goes on from there"
        return End(codes.INTERRUPTED, why)


def _in_words(event: str, found: Assessment | None, said: str) -> None:
    at = f"{times.show_instant(found.seen.now)} " if found else ""
    what = f"{found.step.kind}: " if found and event in ("up", "wait") else ""
    output.tell(f"{at}{what}{said}")


def _in_json(event: str, found: Assessment | None, said: str) -> None:
    line: dict[str, Any] = {"event": event, "reason": said}
    if found:
        line |= {
            "at": times.show_instant(found.seen.now),
            "phase": phase_now(found).value,
            "step": found.step.kind.value,
            "release": found.plan.release,
            "stage": found.record.rung if found.record.candidate else None,
        }
    output.tell(json.dumps(line))
