from __future__ import annotations

import math
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.serving.console import LIMIT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localazure.serving.console import Console

__all__ = ["Tail"]

AT_ONCE = 2**20
LAST_WORDS = 10.0
"""Seconds that an instance which is told to stop is still read: twice what it has to end."""


class Tail:
    """Gathers what a deployment's instances write in the deployment's console."""

    def __init__(self, deployment: str, console: Console) -> None:
        self.deployment = deployment
        self._console = console
        self._parts: dict[str, _Part] = {}
        console.forget_parts()  # of instances of a daemon that has ended

    def begin(self, instance: str) -> None:
        """Follow an instance that is about to start, also one that starts again."""
        self._parts.setdefault(instance, _Part(self._console.of(instance)))

    def end(self, instance: str) -> None:
        """An instance is about to stop."""
        if instance in self._parts:
            self._parts[instance].until = time.monotonic() + LAST_WORDS

    def lines(self) -> Iterator[tuple[str, list[str]]]:
        """The whole lines that each instance wrote since it was last asked, a mebibyte of each at most."""
        for instance, part in list(self._parts.items()):
            if found := part.lines():
                self._console.gather(found)
                yield instance, found
            if time.monotonic() > part.until:
                part.console.path.unlink(missing_ok=True)
                del self._parts[instance]


@dataclass
class _Part:
    """One instance's console, and how far it is read.

    Attributes:
        until: Until when it is read.
    """

    console: Console
    at: int = 0
    rest: bytes = b""
    until: float = math.inf

    def lines(self) -> list[str]:
        size = self.console.size
        if size == self.at:
            return []
        with self.console.path.open("rb") as file:
            file.seek(self.at)
            read = file.read(AT_ONCE)
        self.at += len(read)
        if self.at > LIMIT:
            self.console.empty()
            self.at = 0
        *lines, self.rest = (self.rest + read).split(b"\n")
        return [line.decode(errors="replace") for line in lines]
