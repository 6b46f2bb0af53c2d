"""A model server that does next to nothing, so that what a router costs shows and not what a model does.

It takes the place of an environment's Python: `trivial.py -P LAUNCHER PARENT LISTENER ...`, as `localazure`
starts a model server. It answers every request with 200 and a few bytes at once, unless the header `x-answer`
asks for something else: a status, `wait` (two seconds first) or `cut` (the connection is closed).
"""

import asyncio
import ctypes
import http
import signal
import socket
import sys

PR_SET_PDEATHSIG = 1
WAIT = 2.0
BODY = b'{"sum": 190}'


class Answering(asyncio.Protocol):
    """One connection; requests come one after the other, with a content length."""

    def __init__(self) -> None:
        self._read = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None

    def data_received(self, data: bytes) -> None:
        self._read += data
        while (end := self._read.find(b"\r\n\r\n")) >= 0:
            head = self._read[:end].lower()
            at = head.find(b"\r\ncontent-length:")
            length = int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
            if len(self._read) < end + 4 + length:
                return
            self._read = self._read[end + 4 + length :]
            at = head.find(b"\r\nx-answer:")
            self._answer(head[at + 11 :].split(b"\r\n", 1)[0].strip() if at >= 0 else b"200")

    def _answer(self, wanted: bytes) -> None:
        if self._transport is None:
            return
        if wanted == b"cut":
            self._transport.abort()
        elif wanted == b"wait":
            asyncio.get_running_loop().call_later(WAIT, self._answer, b"200")
        else:
            status = http.HTTPStatus(int(wanted))
            head = f"HTTP/1.1 {status.value} {status.phrase}\r\nContent-Length: {len(BODY)}\r\n"
            self._transport.write(head.encode() + b"Content-Type: application/json\r\n\r\n" + BODY)


async def main() -> None:
    listener = int(sys.argv[4])
    server = await asyncio.get_running_loop().create_server(Answering, sock=socket.socket(fileno=listener))
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    async with server:
        await ended.wait()


if __name__ == "__main__":
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)  # ends with the local Azure that started it
    asyncio.run(main())
