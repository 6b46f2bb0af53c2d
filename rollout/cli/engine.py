"""`pulumi up` as a command runs it: heard line by line, and ended gently."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from rollout.stack.pulumi_cli import StackError, not_run

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from types import FrameType

LOCKED = ("the stack is currently locked", "[409] Conflict: Another update is currently in progress")
"""What the CLI says of a lock: with a backend of files or a bucket, and with Pulumi Cloud."""
ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What ends it: Ctrl-C, whoever runs it, and a terminal that is closed, unless `nohup` says not to."""
_HEAD = "Updating"
_UP = ("up", "--yes", "--skip-preview", "--non-interactive", "--color", "never")


@dataclass(frozen=True)
class Ran:
    """What one `pulumi up` came to."""

    code: int
    error: str
    """The first line that it called an error; empty where there was none."""

    @property
    def why(self) -> str:
        """What it said, or at least how it ended."""
        return self.error or f"it ended with {self.code}"

    @property
    def locked(self) -> bool:
        """Whether somebody else's run is at the stack, or a dead one left its lock."""
        return any(each in self.error for each in LOCKED)


@dataclass
class Engine:
    """Runs `pulumi up` on one stack, one at a time.

    Each runs in a session of its own, so that a terminal's Ctrl-C doesn't reach it beside the signal that is
    passed on: a second one would have the engine drop everything and leave its lock. So would a first one
    that comes when the stack is locked and the engine doesn't listen yet: it waits for the first line after
    `Updating`.
    """

    root: Path
    stack: str
    out: IO[str]
    """Where what it prints goes."""
    interrupted: bool = False
    _cut: bool = field(default=False, repr=False)
    """Whether it was interrupted while an `up` ran."""
    _busy: bool = field(default=False, repr=False)
    _running: subprocess.Popen[str] | None = field(default=None, repr=False)
    """Only once it listens."""
    _told: bool = field(default=False, repr=False)

    @property
    def aftermath(self) -> str:
        """What is true of the traffic after an interruption."""
        if self._cut:
            return "the `pulumi up` that ran may have taken its step: `rollout status` says how it stands"
        return "no `pulumi up` was under way, and the traffic stays as it is"

    def up(self) -> Ran:
        """Run one, and return how it ended. Raises `StackError` where the Pulumi CLI can't be run."""
        self._busy, self._told = True, False
        try:
            return self._ran()
        except OSError as error:
            raise StackError(not_run(self.root, error)) from None
        finally:
            self._busy, self._running = False, None

    def _ran(self) -> Ran:
        error, headed = "", False
        with subprocess.Popen(
            ["pulumi", *_UP, "--stack", self.stack],
            cwd=self.root,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            start_new_session=True,
        ) as running:
            for line in running.stdout or ():
                self._say(line)
                said = line.strip().removeprefix("error: ")
                if not error and said != line.strip():
                    error = said
                if headed and line.strip():
                    self._running = running
                    self._pass_on()
                headed = headed or line.startswith(_HEAD)
        return Ran(running.returncode, error)

    @contextmanager
    def gently(self) -> Generator[None]:
        """Pass the first signal that ends a program on to a running `up`, once; with none, stop at once."""
        heard = [each for each in ENDING if each != signal.SIGHUP or signal.getsignal(each) != signal.SIG_IGN]
        before = {each: signal.signal(each, self._stop) for each in heard}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _stop(self, _: int, __: FrameType | None) -> None:
        self.interrupted = True
        if not self._busy:
            raise KeyboardInterrupt
        self._cut = True
        self._pass_on()
        with suppress(RuntimeError):  # it may have been writing when the signal came
            self._say("stopping: the engine ends the request that runs, saves its state and unlocks it\n")

    def _pass_on(self) -> None:
        if self.interrupted and self._running is not None and not self._told:
            self._told = True
            self._running.send_signal(signal.SIGINT)

    def _say(self, text: str) -> None:
        with suppress(OSError):  # a terminal that was closed ends no `up`
            self.out.write(text)
            self.out.flush()
