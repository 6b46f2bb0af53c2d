"""The load's process: started beside the story, asked for its counts, ended."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
import time
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING

from demo.command import DemoError
from demo.tally import Tally

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from demo.command import Shell

COUNTS = "counts.json"
LOCK = "client.lock"
SECONDS = 20.0
"""How long it may take until its first requests are counted, or until it has ended."""


@dataclass(frozen=True)
class Client:
    """A load that runs, and the folder in which it counts."""

    folder: Path
    process: subprocess.Popen[bytes]
    log: Path

    @classmethod
    def start(cls, shell: Shell, folder: Path, endpoint_id: str, rate: float, *, stays: bool) -> Client:
        """Start it, and return as soon as it has counted a request. Raises `DemoError` where it doesn't."""
        folder.mkdir(parents=True, exist_ok=True)
        words = ["--endpoint", endpoint_id, "--rate", f"{rate:g}", "--folder", str(folder)]
        process, log = shell.begin(sys.executable, "-m", "demo.load", *words, *(["--stays"] if stays else []))
        client = cls(folder, process, log)
        until = time.monotonic() + SECONDS
        while not client.tally().requests:
            if process.poll() is not None or time.monotonic() > until:
                end(folder)
                raise DemoError(f"the load didn't start; it said:\n\n{log.read_text()}")
            shell.tick()
            time.sleep(0.1)
        return client

    def tally(self) -> Tally:
        """Return what it has counted."""
        return Tally.load(self.folder / COUNTS)


def hold(folder: Path) -> IO[str]:
    """Say that this process counts in the folder, until the file is closed. Raises `BlockingIOError`."""
    file = (folder / LOCK).open("a+")
    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


def end(folder: Path) -> None:
    """End whichever process counts in the folder, also one of an earlier run, and wait until it has."""
    path = folder / LOCK
    if not path.exists():
        return
    until = time.monotonic() + SECONDS
    number = signal.SIGTERM
    with path.open("r+") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                file.seek(0)
                if (pid := file.read()).isdecimal():
                    with contextlib.suppress(ProcessLookupError):
                        os.kill(int(pid), number)
                number = signal.SIGKILL if time.monotonic() > until else signal.SIGTERM
                time.sleep(0.2)
            else:
                return
