from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web

from benchmarks.openloop import Report, Sample, percentile, run


async def against(handler: Any, **given: Any) -> Report:
    app = web.Application()
    app.router.add_post("/score", handler)
    runner = web.AppRunner(app, shutdown_timeout=0)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        url = f"http://127.0.0.1:{runner.addresses[0][1]}/score"
        return await run(url, **{"rate": 100, "seconds": 0.3, "bodies": [b"{}"]} | given)
    finally:
        await runner.cleanup()


def test_every_request_is_counted_with_who_answered():
    seen: list[bytes] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append(await request.read())
        assert request.headers["Authorization"] == "Bearer k"
        status = 424 if len(seen) == 3 else 200
        return web.Response(status=status, headers={"azureml-model-deployment": "blue"})

    told: list[Sample] = []
    headers = {"Authorization": "Bearer k"}
    report = asyncio.run(against(handler, bodies=[b"a", b"b"], headers=headers, on_sample=told.append))
    summary = report.summary()
    assert (summary["sent"], summary["failed"], summary["lost"]) == (30, 1, 0)
    assert summary["statuses"] == {"200": 29, "424": 1}
    assert summary["deployments"] == {"blue": 30}
    assert sorted(seen) == [b"a"] * 15 + [b"b"] * 15
    assert told == report.samples


def test_latency_counts_from_the_scheduled_time():
    """One stall is charged to everyone who was due meanwhile."""
    stalled = False

    async def handler(_: web.Request) -> web.Response:
        nonlocal stalled
        if not stalled:
            stalled = True
            time.sleep(0.2)  # noqa: ASYNC251 - the whole process stands, generator included
        return web.Response()

    report = asyncio.run(against(handler))
    slow = [each for each in report.samples if each.latency_ms > 50]
    assert len(slow) >= 10
    assert len(report.samples) == 30


def test_no_answer_is_lost():
    async def handler(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    report = asyncio.run(against(handler, seconds=0.05))
    assert (report.lost, report.failed) == (5, 5)
    assert all(each.error for each in report.samples)


def test_it_stops_when_told():
    async def scenario() -> Report:
        stop = asyncio.Event()

        async def handler(_: web.Request) -> web.Response:
            stop.set()
            return web.Response()

        return await against(handler, stop=stop, seconds=60)

    started = time.monotonic()
    report = asyncio.run(scenario())
    assert time.monotonic() - started < 10
    assert 0 < len(report.samples) < 100


@pytest.mark.parametrize(
    ("url", "given", "says"),
    [
        ("https://example.com/score", {}, "load goes to this machine only"),
        ("http://localhost.example.com/", {}, "this machine only"),
        ("http://localhost:1/", {"seconds": 3601}, "at most 3600 s"),
        ("http://localhost:1/", {"rate": 1e6, "seconds": 10}, "1000000 requests"),
        ("http://localhost:1/", {"rate": 0}, "0/s"),
    ],
)
def test_it_is_bounded_and_stays_here(url: str, given: dict[str, Any], says: str):
    with pytest.raises(ValueError, match=says):
        asyncio.run(run(url, **{"rate": 1, "seconds": 1, "bodies": [b""]} | given))


def test_percentiles_are_by_nearest_rank():
    assert [percentile([1, 2, 3, 4], percent) for percent in (1, 50, 75, 90, 100)] == [1, 2, 3, 4, 4]
    assert percentile([], 50) is None
