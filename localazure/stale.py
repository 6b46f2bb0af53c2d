"""Reads that lag behind writes, as those of a store with replicas do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from aiohttp import web

if TYPE_CHECKING:
    import re
    from datetime import datetime, timedelta

__all__ = ["Shown", "StaleReads"]


@dataclass(frozen=True)
class Shown:
    """What a read was answered."""

    status: int
    body: bytes


@dataclass
class StaleReads:
    """For `lag` after a write, what it changed is read as it was read last before it.

    What was never read before the write is read as it is. A write to a resource ages what is above it too:
    the list that it is in.
    """

    path: re.Pattern[str]
    """Searched in path and query, of reads and of writes."""
    lag: timedelta
    _seen: dict[str, Shown] = field(default_factory=dict[str, Shown])
    _until: dict[str, datetime] = field(default_factory=dict[str, "datetime"])

    def instead(self, method: str, path: str, now: datetime) -> Shown | None:
        """Return the old answer to a read, where it is the time for one."""
        until = self._until.get(path)
        return self._seen.get(path) if method == "GET" and until is not None and now < until else None

    def note(self, method: str, path: str, now: datetime, answer: web.StreamResponse) -> None:
        """Take note of an answer that was given."""
        if self.path.search(path) is None or not isinstance(answer, web.Response):
            return
        if method == "GET":
            body = answer.body
            if isinstance(body, bytes | bytearray):
                self._seen[path] = Shown(answer.status, bytes(body))
        elif method in {"PUT", "PATCH", "DELETE"} and answer.status < web.HTTPBadRequest.status_code:
            written = urlsplit(path).path.lower()
            for read in self._seen:
                if written == (place := urlsplit(read).path.lower()) or written.startswith(place + "/"):
                    self._until[read] = now + self.lag
