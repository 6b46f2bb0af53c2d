"""Wall time and peak memory of a command with all that it starts."""

import os
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_EVERY = 0.02  # seconds between two looks at the process tree


class CommandError(Exception):
    """A measured command failed, so its measurement means nothing."""


@dataclass(frozen=True)
class Cost:
    """What one run took."""

    seconds: float
    peak_bytes: int
    """The largest sum seen of the tree's proportional set sizes; 0 if memory wasn't looked at."""


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str], *, memory: bool) -> Cost:
    """Runs a command to its end.

    Looking at memory costs processor time of its own, so times come from runs that don't.

    Raises:
        CommandError: It exited with another code than 0.
    """
    started = time.perf_counter()
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        watch = _Watch(process.pid) if memory else None
        output, _ = process.communicate()
        seconds = time.perf_counter() - started
        peak = watch.stop() if watch is not None else 0
    if process.returncode != 0:
        raise CommandError(f"`{' '.join(command)}` exited with {process.returncode}:\n{output}")
    return Cost(seconds, peak)


class _Watch:
    def __init__(self, root: int) -> None:
        self._root = root
        self._peak = 0
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def stop(self) -> int:
        self._over.set()
        self._thread.join()
        return self._peak

    def _look(self) -> None:
        while not self._over.wait(_EVERY):
            self._peak = max(self._peak, sum(_proportional(pid) for pid in _tree(self._root)))


def _tree(root: int) -> set[int]:
    parents = {int(name): _parent(int(name)) for name in os.listdir("/proc") if name.isdecimal()}  # noqa: PTH208 ten times as fast
    tree = {root}
    while True:
        children = {pid for pid, parent in parents.items() if parent in tree} - tree
        if not children:
            return tree
        tree |= children


def _parent(pid: int) -> int:
    try:
        return int(Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[1])
    except (OSError, IndexError):
        return 0


def _proportional(pid: int) -> int:
    try:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="utf-8")
    except OSError:
        return 0
    found = next((line for line in rollup.splitlines() if line.startswith("Pss:")), "Pss: 0 kB")
    return int(found.split()[1]) * 1024
