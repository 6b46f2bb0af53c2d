"""What processes take: processor, memory, files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Processor", "below", "files", "resident"]

TICKS = os.sysconf("SC_CLK_TCK")


class Processor:
    """How much of a core processes take from now on; each with all below it that isn't listed itself."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids
        self._since = time.perf_counter()
        self._before = [self._used(pid) for pid in pids]

    def shares(self) -> list[float]:
        """Of each, in cores, since the beginning."""
        seconds = time.perf_counter() - self._since
        return [(self._used(pid) - old) / seconds for pid, old in zip(self._pids, self._before, strict=True)]

    def _used(self, pid: int) -> float:
        own = _ticks(pid)
        # A model server is a child of the router, and a master of workers.
        return own if pid == self._pids[0] else own + sum(_ticks(child) for child in below(pid))


def below(pid: int) -> list[int]:
    """All processes below one."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        parent = waiting.pop()
        for task in Path(f"/proc/{parent}/task").glob("*/children"):
            try:
                children = [int(each) for each in task.read_text().split()]
            except OSError:
                continue
            found += children
            waiting += children
    return found


def resident(pid: int) -> float:
    """What of a process is in memory, in MB (10^6 bytes)."""
    return _kilobytes(f"/proc/{pid}/status", "VmRSS:") * 1024 / 1e6


def files(pid: int) -> int:
    """How many files and sockets a process has open."""
    return len(os.listdir(f"/proc/{pid}/fd"))  # noqa: PTH208 - no paths are wanted


def _kilobytes(path: str, name: str) -> int:
    lines = Path(path).read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def _ticks(pid: int) -> float:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / TICKS
