"""Of a routed request nothing is kept: after many of each kind there are no more objects than before."""

from __future__ import annotations

import asyncio
import gc
import os
from typing import TYPE_CHECKING

from benchmarks.localazure.serve import TrivialToo
from benchmarks.localazure.site import Site, free_port
from benchmarks.localazure.traffic import KINDS, Traffic
from localazure.env import prepare
from localazure.server import Server
from localazure.serving.pool import Serving
from localazure.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

REQUESTS = 500
SLOWEST = 2.5  # seconds: a model server that answers late has answered then
FEW = 100  # objects more or less of everything else in this process


def make(site: Site) -> str:
    """An endpoint of two trivial model servers; its key."""
    site.prepare()
    site.endpoint("bench", {})
    for name in ("green", "shadow"):
        site.deployment("bench", name, "trivial", timeout="PT1S")
    site.endpoint("bench", {"green": 100}, {"shadow": 20})
    return site.key("bench")


async def at_rest(server: Server):
    """The number of objects when every request has ended and every row is written."""
    await asyncio.sleep(SLOWEST)
    assert not server.azure.serving.mirrors
    await server.azure.rows.query("SELECT 1")
    gc.collect()
    return len(gc.get_objects())


async def rounds(home: Path):
    settings = Settings(home=home, port=free_port())
    server = Server.make(settings, serving=lambda azure: Serving(azure, TrivialToo(home)))
    prepare(settings)
    await server.start()
    try:
        site = Site(settings, os.getpid())
        key = await asyncio.to_thread(make, site)
        traffic = Traffic(site.scoring("bench"), key, site.context, 1, 0)
        found: list[int] = []
        for _ in range(3):
            traffic.left = REQUESTS
            await traffic.run(8)
            found.append(await at_rest(server))
        site.http.close()
    finally:
        await server.stop()
    return traffic, found


def test_nothing_of_a_request_is_kept(tmp_path: Path):
    traffic, (_, before, after) = asyncio.run(rounds(tmp_path))
    assert traffic.sent == 3 * REQUESTS
    assert {kind for kind, _ in traffic.done} >= set(KINDS) - {"too slow"}
    assert ("good", "200") in traffic.done
    assert not any(how == "lost" for _, how in traffic.done)
    assert after - before < FEW
