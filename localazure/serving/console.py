from __future__ import annotations

import re
import shutil
from typing import IO, TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

__all__ = ["Console", "failure"]

LIMIT = 8 * 2**20
LINE = 200
LAST_LINES = 20
# azureml-inference-server-http logs so what a scoring script raised; what follows is its own way there.
ERROR = re.compile(r" E \[\d+\] azmlinfsrv - (Encountered Exception )?Traceback")
ENDS_OF_ERROR = ("", "The above exception was the direct cause of the following exception:")


class Console:
    """The console output of a deployment's instances: a file that hardly outgrows `LIMIT` bytes.

    Attributes:
        path: The file.
        home: A folder of the instances' own, their `HOME`.
        parts: A folder with what each instance writes, until it is gathered here.
    """

    def __init__(self, path: Path, home: Path | None = None) -> None:
        self.path = path
        self.home = home or path.with_suffix(".home")
        self.parts = path.with_suffix(".parts")

    def of(self, instance: str) -> Console:
        """The console of one of the instances."""
        return Console(self.parts / f"{instance}.log", self.home)

    def open(self) -> IO[bytes]:
        """The file, to be given to a process as its standard output; the processes' home is made too."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        return self.path.open("ab")

    def write(self, line: str) -> None:
        """Add a line of our own."""
        self.gather([line])

    def gather(self, lines: Sequence[str]) -> None:
        """Add lines."""
        with self.open() as file:
            file.write("".join(f"{line}\n" for line in lines).encode())

    def forget_parts(self) -> None:
        """Delete what instances wrote and nobody gathered."""
        shutil.rmtree(self.parts, ignore_errors=True)

    def empty(self) -> None:
        """Start the file anew."""
        with self.path.open("r+b") as file:  # the servers hold it open to append: it stays the same file
            file.truncate(0)

    def trim(self) -> None:
        """Start the file anew where it is over the limit; what was there becomes the older half."""
        if self.path.exists() and self.path.stat().st_size > LIMIT:
            self._older.write_bytes(self.path.read_bytes()[-LIMIT:])
            self.empty()

    @property
    def size(self) -> int:
        """How many bytes it holds; what is written from now on is `since` this."""
        return self.path.stat().st_size if self.path.exists() else 0

    def since(self, size: int) -> list[str]:
        """The lines written since it had that size."""
        if not self.path.exists():
            return []
        with self.path.open("rb") as file:
            file.seek(max(size, self.size - LIMIT))
            return file.read().decode(errors="replace").splitlines()

    def tail(self, lines: int) -> str:
        """The last lines written."""
        found = _last(self.path, lines)
        if len(found) < lines:
            found = _last(self._older, lines - len(found)) + found
        return "\n".join(found)

    def remove(self) -> None:
        """Forget it, and what the processes left in their home."""
        shutil.rmtree(self.home, ignore_errors=True)
        self.forget_parts()
        self.path.unlink(missing_ok=True)
        self._older.unlink(missing_ok=True)

    @property
    def _older(self) -> Path:
        return self.path.with_suffix(".older.log")


def failure(lines: Sequence[str]) -> list[str]:
    """Of an inference server's output, what made it end: the error it logged, else its last lines."""
    found = [number for number, line in enumerate(lines) if ERROR.search(line)]
    if not found:
        return list(lines[-LAST_LINES:])
    error = list(lines[found[-1] :])
    return error[: next((n for n, line in enumerate(error) if line in ENDS_OF_ERROR), LAST_LINES)]


def _last(path: Path, lines: int) -> list[str]:
    if lines <= 0 or not path.exists():
        return []
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - lines * LINE * 4))
        return file.read().decode(errors="replace").splitlines()[-lines:]
