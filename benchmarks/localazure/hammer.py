"""So many connections, each with one request after the other: what a server does at most.

It is plain asyncio over a socket and takes less of its core than a server of its own, so that it is the
server that is measured.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Coroutine, Mapping

__all__ = ["Done", "hammer", "request"]

ANSWERED = b"HTTP/1.1 "
MOST_LOST = 5  # connections without an answer, one after the other


@dataclass
class Done:
    """What a run came to; a latency is in milliseconds."""

    seconds: float = 0.0
    processor: float = 0.0
    """The share of a core that this side took."""
    statuses: Counter[int] = field(default_factory=Counter[int])
    latencies: list[float] = field(default_factory=list[float])

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds if self.seconds else 0.0


def request(method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> bytes:
    """A request's bytes."""
    split = urlsplit(url)
    path = split.path + (f"?{split.query}" if split.query else "")
    lines = [f"{method} {path} HTTP/1.1", f"Host: {split.netloc}", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


async def hammer(
    url: str,
    asked: Callable[[int], bytes],
    *,
    connections: int,
    seconds: float,
    context: ssl.SSLContext | None = None,
) -> Done:
    """Send requests over some connections for a time.

    Args:
        url: Scheme, host and port count.
        asked: The n-th request.
        connections: How many; each waits for its answer before it sends the next.
        seconds: How long.
        context: How the server is trusted.
    """
    split = urlsplit(url)
    loop = asyncio.get_running_loop()
    done = Done()
    until = time.perf_counter() + seconds

    async def connect(one: _Connection) -> None:
        secure = context if split.scheme == "https" else None
        await loop.create_connection(lambda: one, split.hostname or "", split.port or 0, ssl=secure)

    each = [_Connection(done, asked, until, connect, loop.create_future()) for _ in range(connections)]
    started, used = time.perf_counter(), time.process_time()
    for one in each:
        await connect(one)
    await asyncio.gather(*(one.over for one in each))
    done.seconds = time.perf_counter() - started
    done.processor = (time.process_time() - used) / done.seconds
    return done


class _Connection(asyncio.Protocol):
    """One request after the other; a server that ends the connection is called again."""

    def __init__(
        self,
        done: Done,
        asked: Callable[[int], bytes],
        until: float,
        connect: Callable[[_Connection], Coroutine[None, None, None]],
        over: asyncio.Future[None],
    ) -> None:
        self._done = done
        self._asked = asked
        self._until = until
        self._connect = connect
        self.over = over
        self._read = b""
        self._sent = 0.0
        self._lost = 0
        self._again: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._send()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.over.done():
            return
        self._lost += 1
        if self._lost > MOST_LOST:
            self.over.set_exception(exc or ConnectionResetError("the server closes every connection"))
            return
        self._read = b""
        self._again = asyncio.get_running_loop().create_task(self._connect(self))

    def data_received(self, data: bytes) -> None:
        self._read += data
        end = self._read.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._read[:end].lower()
        at = head.find(b"\r\ncontent-length:")
        length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._read) < end + 4 + length:
            return
        self._read = b""
        self._lost = 0
        now = time.perf_counter()
        self._done.latencies.append((now - self._sent) * 1000)
        self._done.statuses[int(head[len(ANSWERED) : len(ANSWERED) + 3])] += 1
        if now < self._until:
            if b"\r\nconnection: close" in head:
                self._transport.close()
            else:
                self._send()
        else:
            self.over.set_result(None)
            self._transport.close()

    def _send(self) -> None:
        self._sent = time.perf_counter()
        self._transport.write(self._asked(len(self._done.latencies)))
