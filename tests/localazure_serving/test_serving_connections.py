"""What the gateway makes of a model server's connections: when its answer began; nothing is sent twice."""

from __future__ import annotations

import asyncio
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from tests.localazure_serving.conftest import Local

    Answers = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"


@pytest.fixture(scope="module")
def endpoint(local: Local) -> str:
    local.deploy("connections")
    local.route("connections", {"blue": 100})
    return "connections"


@asynccontextmanager
async def model(local: Local, endpoint: str, answers: Answers) -> AsyncIterator[None]:
    """A model server of the test's own, which keeps its connections, in the place of the real one."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                await answers(await reader.readexactly(length), writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            writer.close()

    replicas = local.azure.serving.deployment(local.endpoint_id(endpoint), "blue")
    assert replicas is not None
    (instance,) = replicas.instances
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port, instance.port = instance.port, server.sockets[0].getsockname()[1]
    try:
        yield
    finally:
        instance.port = port
        server.close()


def test_durations_count_from_the_requests_start(local: Local, endpoint: str):
    async def answers(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.2)
        writer.write(HEAD)
        await asyncio.sleep(0.3)
        writer.write(b"{}")

    async def scenario() -> list[int]:
        async with model(local, endpoint, answers):
            sent = await asyncio.gather(*(local.asend(endpoint) for _ in range(2)))
            return [status for status, *_ in sent]

    before = len(local.rows(endpoint))
    assert local.call(scenario()) == [200, 200]
    first, second = sorted(local.rows(endpoint)[before:], key=lambda row: row.TotalDurationMs)
    for row in (first, second):
        assert row.TotalDurationMs - row.ResponseDurationMs >= 290  # the body comes after
    assert first.ResponseDurationMs >= 190
    assert second.ResponseDurationMs >= 690  # it waited for the first


def test_a_request_that_ends_its_server_is_sent_once(local: Local, endpoint: str):
    seen: list[bytes] = []

    async def answers(body: bytes, writer: asyncio.StreamWriter) -> None:
        seen.append(body)
        if body == b"die":
            writer.close()
        else:
            writer.write(HEAD + b"{}")

    async def scenario() -> list[int]:
        async with model(local, endpoint, answers):
            return [(await local.asend(endpoint, body))[0] for body in ("live", "live", "die")]

    assert local.call(scenario()) == [200, 200, 424]
    assert seen == [b"live", b"live", b"die"]
    assert local.rows(endpoint)[-1].ModelStatusCode == 502
