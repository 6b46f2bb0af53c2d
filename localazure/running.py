"""The daemon as others see it: the lock it holds, its pid, its control endpoint."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import signal
import ssl
import time
import urllib.request
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from localazure.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Running", "hold_lock", "running"]

LOCK = "daemon.lock"
STOP_SECONDS = 15.0
GRACE_SECONDS = 1.0


@dataclass(frozen=True)
class Running:
    """A daemon that holds the lock of its state folder."""

    home: Path
    pid: int

    def ask(self, what: str, body: Any = None, timeout: float = 10) -> Any:
        """Call `/_local/<what>`: a GET, or with a body a POST.

        Raises:
            OSError: It doesn't answer.
        """
        settings = Settings.load(self.home)
        if settings is None:
            raise OSError(f"{self.home} has no settings yet")
        token = (self.home / "control.token").read_text().strip()
        request = urllib.request.Request(  # noqa: S310 - our own https address
            f"{settings.base_url}/_local/{what}",
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        context = ssl.create_default_context(cafile=str(self.home / "ca.pem"))
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=context)
        )
        with direct.open(request, timeout=timeout) as answer:
            raw = answer.read()
        return json.loads(raw) if raw else None

    def answers(self) -> bool:
        """Whether it is up."""
        try:
            self.ask("status", timeout=2)
        except (OSError, ValueError):
            return False
        return True

    def stop(self) -> None:
        """End it and everything it started; by force when it doesn't go by itself."""
        started = _children(self.pid)
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        until = time.monotonic() + STOP_SECONDS
        while running(self.home) is not None:
            if time.monotonic() > until:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(self.pid, signal.SIGKILL)
                until = float("inf")
            time.sleep(0.05)
        for child, born in started.items():
            if _birth(child) == born:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(child, signal.SIGKILL)


def running(home: Path) -> Running | None:
    """The daemon of a state folder, if one runs: a dead one holds no lock, whatever its file says."""
    path = home / LOCK
    if not path.exists():
        return None
    with path.open("r+") as file:
        until = time.monotonic() + GRACE_SECONDS
        while time.monotonic() < until:
            if _locked(file):
                return None
            file.seek(0)
            if (text := file.read()).endswith("\n"):
                return Running(home, int(text))
            time.sleep(0.01)  # it holds the lock and hasn't written its pid yet
    raise OSError(f"{path} is locked by something that isn't a local Azure")


def hold_lock(home: Path) -> IO[str] | None:
    """Hold a state folder's lock until the file is closed; None where another daemon does."""
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = (home / LOCK).open("a+")
    until = time.monotonic() + GRACE_SECONDS
    while not _locked(file):  # by another daemon, or for an instant by who asks whether one runs
        if time.monotonic() > until:
            file.close()
            return None
        time.sleep(0.01)
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _children(pid: int) -> dict[int, str]:
    """All processes below one, with when they were born, so that a reused pid isn't taken for one."""
    found: dict[int, str] = {}
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        with contextlib.suppress(OSError):
            for task in os.scandir(f"/proc/{parent}/task"):
                with open(f"{task.path}/children") as file:  # noqa: PTH123
                    below = [int(child) for child in file.read().split()]
                waiting += below
                found |= {child: _birth(child) for child in below}
    return found


def _birth(pid: int) -> str:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[19]
    except OSError:
        return ""
