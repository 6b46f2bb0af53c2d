"""Requests of every kind that a router sees in a bad week: good ones, refused, failing, slow, given up."""

from __future__ import annotations

import asyncio
import itertools
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from benchmarks.localazure.hammer import request

if TYPE_CHECKING:
    import ssl

__all__ = ["APART", "KINDS", "Traffic"]

BODY = b'{"data": [1, 2, 3]}' * 20
APART = "shadow"
"""The deployment whose rows no client can count: mirrored copies, and requests that may not have come in."""
# Kinds with their shares, and the headers that make one.
KINDS: dict[str, tuple[float, dict[str, str]]] = {
    "good": (0.80, {}),
    "the model fails": (0.05, {"x-answer": "500"}),
    "the model refuses": (0.02, {"x-answer": "400"}),
    "the model closes the connection": (0.02, {"x-answer": "cut"}),
    "pinned": (0.03, {"azureml-model-deployment": "green"}),
    "pinned to what comes and goes": (0.02, {"azureml-model-deployment": "passing"}),
    "a wrong key": (0.03, {"Authorization": "Bearer wrong"}),
    "no such endpoint": (0.01, {}),
    "too slow": (0.001, {"x-answer": "wait"}),
    "given up by the client": (0.004, {"x-answer": "wait", "azureml-model-deployment": APART}),
    "a new connection": (0.015, {}),
}
GAVE_UP = 0.01  # seconds that a client waits which doesn't wait


@dataclass
class Traffic:
    """A number of requests over some connections.

    Attributes:
        url: The endpoint's scoring address.
        key: Its key.
        left: Requests still to be sent.
        done: How many were sent of each kind, with what came of them: a status, or `lost`.
    """

    url: str
    key: str
    context: ssl.SSLContext
    seed: int
    left: int
    passing: str = "passing"
    done: Counter[tuple[str, str]] = field(default_factory=Counter[tuple[str, str]])
    _known: dict[tuple[str, str], bytes] = field(default_factory=dict[tuple[str, str], bytes])

    @property
    def sent(self) -> int:
        """How many there were up to now."""
        return self.done.total()

    async def run(self, connections: int) -> None:
        """Send all of them."""
        await asyncio.gather(*(self._client(random.Random(f"{self.seed}/{n}")) for n in range(connections)))  # noqa: S311

    async def _client(self, draw: random.Random) -> None:
        kinds = list(KINDS)
        up_to = list(itertools.accumulate(share for share, _ in KINDS.values()))
        split = urlsplit(self.url)
        for _ in itertools.count():
            reader, writer = await asyncio.open_connection(split.hostname, split.port, ssl=self.context)
            while self.left > 0:
                self.left -= 1
                (kind,) = draw.choices(kinds, cum_weights=up_to)
                writer.write(self._request(kind))
                try:
                    if kind == "given up by the client":
                        await asyncio.sleep(GAVE_UP)
                        self.done[kind, "given up"] += 1
                        break
                    self.done[kind, await _status(reader)] += 1
                except (OSError, EOFError):
                    self.done[kind, "lost"] += 1
                    break
                if kind == "a new connection":
                    break
            writer.transport.abort()
            if self.left <= 0:
                return

    def _request(self, kind: str) -> bytes:
        known = self._known.get((kind, self.passing))
        if known is None:
            self._known = {key: each for key, each in self._known.items() if key[1] == self.passing}
            known = self._known[kind, self.passing] = self._made(kind)
        return known

    def _made(self, kind: str) -> bytes:
        headers = {"Authorization": f"Bearer {self.key}", "Content-Type": "application/json"} | KINDS[kind][1]
        if headers.get("azureml-model-deployment") == "passing":
            headers["azureml-model-deployment"] = self.passing
        url = self.url.replace("/endpoints/", "/endpoints/no-") if kind == "no such endpoint" else self.url
        return request("POST", url, headers, BODY)


async def _status(reader: asyncio.StreamReader) -> str:
    head = await reader.readuntil(b"\r\n\r\n")
    at = head.lower().find(b"\r\ncontent-length:")
    await reader.readexactly(int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0)
    return head[9:12].decode()
