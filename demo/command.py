"""Commands as a user would type them, run in subprocesses, their whole output kept in a log."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from dataclasses import dataclass, field
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

LOOK = 0.25
"""Seconds between two looks at a running command."""
PATIENCE = 60.0
"""Seconds that an interrupted command gets to end by itself: the engine finishes the PUT that runs."""


class DemoError(Exception):
    """The demo can't go on; the text says why, with what the failing command printed."""


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    words: tuple[str, ...]
    code: int
    output: str
    seconds: float
    log: Path

    def require(self) -> Done:
        """Return itself. Raises `DemoError` with all that it printed where its exit code isn't 0."""
        if self.code:
            command = " ".join(self.words)
            raise DemoError(f"`{command}` ended with {self.code}; it said:\n\n{self.output.rstrip()}")
        return self


@dataclass(frozen=True)
class Shell:
    """Runs commands in one folder and one environment."""

    folder: Path
    env: Mapping[str, str] = field(repr=False)
    logs: Path
    tick: Callable[[], None]
    """Called several times a second while a command runs."""
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def run(self, *words: str) -> Done:
        """Run a command to its end, whatever its exit code."""
        started = time.monotonic()
        log = self._log(words)
        with log.open("w") as file:
            process = start(words, self.folder, self.env, file.fileno())
            try:
                while process.poll() is None:
                    self.tick()
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        process.wait(LOOK)
            finally:
                end(process)
        return Done(words, process.returncode, log.read_text(), time.monotonic() - started, log)

    def begin(self, *words: str) -> tuple[subprocess.Popen[bytes], Path]:
        """Start a command that goes on beside others; it is the caller's to end."""
        log = self._log(words)
        with log.open("w") as file:
            return start(words, self.folder, self.env, file.fileno()), log

    def _log(self, words: tuple[str, ...]) -> Path:
        self.logs.mkdir(parents=True, exist_ok=True)
        name = "-".join(word for word in words[:4] if word[0] != "-" and "/" not in word)
        return self.logs / f"{next(self.numbers):02}-{name.replace(':', '-')}.log"


def start(
    words: tuple[str, ...], folder: Path, env: Mapping[str, str], output: int
) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own, so that a terminal's Ctrl-C reaches it through us only."""
    return subprocess.Popen(
        words,
        cwd=folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that may run: by interrupt, and after a while by force, with all of its group."""
    if process.poll() is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGINT)
    try:
        process.wait(PATIENCE)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
