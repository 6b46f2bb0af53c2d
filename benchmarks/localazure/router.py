"""What the router adds to a call of a model server, and how many it takes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.localazure.figures import Figure
from benchmarks.localazure.hammer import hammer, request
from benchmarks.localazure.processor import Processor
from benchmarks.openloop import percentile, run

if TYPE_CHECKING:
    from benchmarks.localazure.site import Site
    from benchmarks.openloop import Sample

__all__ = ["Way", "added", "at_most", "ways"]

BODY = json.dumps({"data": list(range(20))}).encode()
RATE = 200.0
CONNECTIONS = (1, 8, 64)
ADDED_P50 = 2.0  # milliseconds at most
LATE = 10.0  # milliseconds of the generator from which its figures are about the machine


@dataclass(frozen=True)
class Way:
    """A way to a model server.

    Attributes:
        url: Where requests go.
        headers: Sent with each.
        pid: Whose processor is looked at.
    """

    url: str
    headers: dict[str, str]
    pid: int


def ways(site: Site, endpoint: str) -> tuple[Way, Way]:
    """To an endpoint's model server itself, and through the router."""
    headers = {"Authorization": f"Bearer {site.key(endpoint)}", "Content-Type": "application/json"}
    server, pid = site.server(endpoint)
    return Way(server, headers, pid), Way(site.scoring(endpoint), headers, site.pid)


async def added(site: Site, name: str, both: tuple[Way, Way], *, seconds: float, turns: int) -> list[Figure]:
    """Latencies of both ways at a fixed rate, in turns, each request timed from when it was due."""
    found: tuple[list[Sample], list[Sample]] = ([], [])
    for turn in range(turns + 1):
        for way, mine in zip(both, found, strict=True):
            report = await run(
                way.url,
                rate=RATE,
                seconds=seconds if turn else 1,
                bodies=[BODY],
                headers=way.headers,
                context=site.context if way.url.startswith("https") else None,
            )
            if report.failed:
                raise SystemExit(f"{way.url}: {report.summary()}")
            if turn:  # the first is for connections and caches
                mine.extend(report.samples)
    direct, routed = (sorted(each.latency_ms for each in samples) for samples in found)
    late = percentile(sorted(each.late_ms for samples in found for each in samples), 99) or 0.0
    figures: list[Figure] = []
    for percent in (50, 99):
        alone, through = percentile(direct, percent) or 0.0, percentile(routed, percent) or 0.0
        limit = ADDED_P50 if percent == 50 and late <= LATE else None
        figures += [
            Figure(f"{name} itself, p{percent} at {RATE:g}/s", alone, "ms"),
            Figure(f"the router adds to {name}, p{percent} at {RATE:g}/s", through - alone, "ms", limit),
        ]
    return [*figures, Figure("the generator sends late, p99", late, "ms")]


async def at_most(site: Site, name: str, both: tuple[Way, Way], seconds: float) -> list[dict[str, Any]]:
    """For each number of connections, answers a second of both ways, and who was busy with them.

    Ends the run where an answer isn't 200.
    """
    found: list[dict[str, Any]] = []
    for connections in CONNECTIONS:
        line: dict[str, Any] = {"server": name, "connections": connections}
        for which, way in zip(("direct", "routed"), both, strict=True):
            asked = request("POST", way.url, way.headers, BODY)
            await hammer(
                way.url,
                lambda _, asked=asked: asked,
                connections=connections,
                seconds=0.5,
                context=site.context,
            )
            used = Processor([site.pid, both[0].pid])
            done = await hammer(
                way.url,
                lambda _, asked=asked: asked,
                connections=connections,
                seconds=seconds,
                context=site.context,
            )
            router, server = used.shares()
            if failed := done.statuses.total() - done.statuses[200]:
                raise SystemExit(f"{way.url}, {connections} connections: {failed} answers weren't 200")
            ordered = sorted(done.latencies)
            line[which] = {
                "rate": round(done.rate, 1),
                "p50": percentile(ordered, 50),
                "p99": percentile(ordered, 99),
                "generator": round(done.processor, 2),
                "router": round(router, 2),
                "server": round(server, 2),
            }
        found.append(line)
    return found
