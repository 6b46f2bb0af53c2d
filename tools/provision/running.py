"""Commands with a log, and what set-up says while they run."""

import contextlib
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Generator, Mapping, Sequence
from pathlib import Path

from .places import LOGS

_HEARTBEAT = 30.0  # seconds of silence that are bearable
_TAIL = 12  # lines of a failed command's log


class SetupError(Exception):
    """Set-up cannot go on; the message is one sentence that says what to do."""


def say(text: str) -> None:
    """Tells what is being done."""
    print(f"setup: {text}", file=sys.stderr, flush=True)


@contextlib.contextmanager
def only_one(folder: Path) -> Generator[None]:
    """Keeps two runs of set-up from making the same thing at the same time; the second waits."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".setup.lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say(f"waiting for another set-up that is at work in {folder}")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def run(
    name: str,
    command: Sequence[str | Path],
    *,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    timeout: float | None = None,
) -> None:
    """Runs a command with its output in `.local/setup/<name>.log`.

    Args:
        name: What is run, for the log's name and the message.
        command: The command and its arguments.
        folder: Its working directory.
        environment: Variables beside the inherited ones.
        timeout: Seconds after which it is ended.

    Raises:
        SetupError: It failed; the message has the end of the log and where the rest is.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log = LOGS / f"{name}.log"
    started = time.monotonic()
    with log.open("wb") as output:
        process = subprocess.Popen(
            [str(part) for part in command],
            cwd=folder,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        code = _wait(process, name, timeout)
    if code != 0:
        last = log.read_text(encoding="utf-8", errors="replace").splitlines()[-_TAIL:]
        seconds = time.monotonic() - started
        raise SetupError(
            f"{name} failed with exit code {code} after {seconds:.0f} s; the end of {log}:\n  "
            + "\n  ".join(last)
        )


def _wait(process: subprocess.Popen[bytes], name: str, timeout: float | None) -> int:
    started = time.monotonic()
    while True:
        try:
            return process.wait(_HEARTBEAT if timeout is None else min(_HEARTBEAT, timeout))
        except subprocess.TimeoutExpired:
            passed = time.monotonic() - started
            if timeout is not None and passed >= timeout:
                process.kill()
                return process.wait()
            say(f"  {name}: still at it after {passed:.0f} s")
        except KeyboardInterrupt:
            process.kill()
            raise
