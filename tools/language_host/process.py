"""The program as its own process: started with one JSON line on standard input, ended with its host."""

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .interpreter import Interpreter

# The exit code by which program.py says that the user has already been told what went wrong.
TOLD_THE_USER = 32
_PROGRAM = Path(__file__).with_name("program.py")
_GRACE = 5.0  # seconds between the interrupt and the kill, as in Pulumi's own host
_POLL = 0.1  # seconds


class Programs:
    """The programs that run now. A host has at most one at a time, but the protocol allows more."""

    def __init__(self) -> None:
        self._running: set[subprocess.Popen[bytes]] = set()
        self._lock = threading.Lock()

    def run(self, interpreter: Interpreter, folder: Path, settings: Mapping[str, Any]) -> int:
        """Runs a program to its end and returns its exit code, negative where a signal ended it."""
        process = subprocess.Popen(
            [str(interpreter.executable), "-P", str(_PROGRAM)],
            cwd=folder,
            env=interpreter.environment(os.environ),
            stdin=subprocess.PIPE,
        )
        with self._lock:
            self._running.add(process)
        try:
            # Config holds secrets in plain text, so it is on no command line and in no variable that commands
            # started by the program would inherit. The pipe stays open: its end says that we are gone.
            if process.stdin is not None:
                process.stdin.write(json.dumps(settings).encode() + b"\n")
                process.stdin.flush()
            return process.wait()
        except BrokenPipeError:
            return process.wait()
        finally:
            with self._lock:
                self._running.discard(process)
            if process.stdin is not None:
                process.stdin.close()

    def interrupt(self) -> None:
        """Asks every program to stop, and ends those that have not after five seconds."""
        with self._lock:
            running = list(self._running)
        for process in running:
            process.send_signal(signal.SIGINT)
        deadline = time.monotonic() + _GRACE
        while time.monotonic() < deadline and any(process.poll() is None for process in running):
            time.sleep(_POLL)
        for process in running:
            process.kill()


def end_with(parent: int) -> None:
    """Ends this process and all it started as soon as its parent, the engine, is gone.

    The engine makes each plugin the leader of a process group, so a killed engine leaves the whole group.
    """
    while os.getppid() == parent:
        time.sleep(_POLL)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(1)
