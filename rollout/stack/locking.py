"""The lock of a stack on a backend of files: who holds it, and whether they still run."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote, urlsplit

from rollout.stack import pulumi_cli

_LOCKS = Path(".pulumi") / "locks" / "organization" / "rollout"
"""Below the backend's folder; the last is the project's name."""


@dataclass(frozen=True)
class Lock:
    """One lock that lies on a stack."""

    who: str
    """`ada@runner-1, process 4711`."""
    since: str
    dead: bool | None
    """Whether its process is known to be gone; None where it ran on another machine."""


def backend(root: Path) -> str:
    """Return the URL of the backend that is logged in to. Raises `StackError`."""
    said = cast("dict[str, Any]", pulumi_cli.ask(root, "whoami", "-v"))
    return str(said.get("url", ""))


def locks(url: str, stack: str) -> list[Lock] | None:
    """Return the locks of a stack; None where the backend doesn't show them. A backend of files does."""
    parts = urlsplit(url)
    if parts.scheme != "file":
        return None
    folder = Path(unquote(parts.path) if parts.path else "~").expanduser() / _LOCKS
    return [_lock(each) for each in sorted((folder / stack.rpartition("/")[2]).glob("*.json"))]


def _lock(file: Path) -> Lock:
    try:
        said = cast("dict[str, Any]", json.loads(file.read_text()))
    except (OSError, ValueError):
        said = {}
    host, pid = str(said.get("hostname", "")), said.get("pid")
    who = f"{said.get('username', 'somebody')}@{host or 'somewhere'}, process {pid}"
    here = host == socket.gethostname() and isinstance(pid, int)
    return Lock(who, str(said.get("timestamp", ""))[:19], not _runs(cast("int", pid)) if here else None)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
