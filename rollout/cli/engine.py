"""`pulumi up` as a command runs it: heard line by line, and ended gently."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

from rollout.stack.pulumi_cli import NO_CLI, StackError

if TYPE_CHECKING:
    from collections.abc import Generator
    from pathlib import Path
    from types import FrameType

LOCKED = "the stack is currently locked"
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
        return LOCKED in self.error


@dataclass
class Engine:
    """Runs `pulumi up` on one stack, one at a time.

    Each runs in a session of its own, so that a terminal's Ctrl-C doesn't reach it beside the signal that is
    passed on: a second one would have the engine drop everything and leave its lock.
    """

    root: Path
    stack: str
    out: IO[str]
    """Where what it prints goes."""
    interrupted: bool = False
    _running: subprocess.Popen[str] | None = field(default=None, repr=False)

    def up(self) -> Ran:
        """Run one, and return how it ended. Raises `StackError` where there is no Pulumi CLI."""
        error = ""
        try:
            self._running = subprocess.Popen(
                ["pulumi", *_UP, "--stack", self.stack],
                cwd=self.root,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        except FileNotFoundError:
            raise StackError(NO_CLI) from None
        with self._running as running:
            for line in running.stdout or ():
                self.out.write(line)
                self.out.flush()
                said = line.strip().removeprefix("error: ")
                if not error and said != line.strip():
                    error = said
        self._running = None
        return Ran(running.returncode, error)

    @contextmanager
    def gently(self) -> Generator[None]:
        """Pass the first SIGINT or SIGTERM on to a running `up`, once; with none running, stop at once."""
        before = {each: signal.signal(each, self._stop) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)

    def _stop(self, _: int, __: FrameType | None) -> None:
        first, self.interrupted = not self.interrupted, True
        if self._running is None:
            raise KeyboardInterrupt
        if first:
            self._running.send_signal(signal.SIGINT)
        self.out.write("stopping: the engine ends the request that runs, saves its state and unlocks it\n")
        self.out.flush()
