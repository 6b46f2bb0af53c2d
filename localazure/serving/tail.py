from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localazure.serving.console import Console

__all__ = ["Tail"]

AT_ONCE = 2**20


class Tail:
    """Follows a deployment's console from where it ends now.

    Attributes:
        writers: The ids of the instances that write to it.
    """

    def __init__(self, deployment: str, console: Console) -> None:
        self.deployment = deployment
        self.writers: set[str] = set()
        self._console = console
        self._at = console.size
        self._rest = b""

    @property
    def writer(self) -> str:
        """The instance that writes to it; empty where several do."""
        return next(iter(self.writers)) if len(self.writers) == 1 else ""

    def lines(self) -> list[str]:
        """The whole lines that were written since it was last asked, a mebibyte at most."""
        size = self._console.size
        if size < self._at:  # it was trimmed
            self._at = 0
        if size == self._at:
            return []
        with self._console.path.open("rb") as file:
            file.seek(self._at)
            read = file.read(AT_ONCE)
        self._at += len(read)
        *lines, self._rest = (self._rest + read).split(b"\n")
        return [line.decode(errors="replace") for line in lines]
