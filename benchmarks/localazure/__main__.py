"""Measures the local Azure: it has one core, the load the other.

python -m benchmarks.localazure            # a table; exit code 1 where a limit isn't held
python -m benchmarks.localazure --quick    # the same with short turns
python -m benchmarks.localazure --write    # and into docs/benchmark.md
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.localazure import planes
from benchmarks.localazure.figures import PAGE, Figure, Run, concluded, table
from benchmarks.localazure.processor import resident
from benchmarks.localazure.router import added, at_most, ways
from benchmarks.localazure.site import Site, site

MARK = "figures of the local Azure"
STARTS = 3
SERVERS = {"trivial": "a trivial model server", "real": "azmlinfsrv"}


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localazure")
    parser.add_argument("--quick", action="store_true", help="short turns, to see that it works")
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE.name} too")
    parser.add_argument("--json", metavar="FILE", help="write the figures there too")
    arguments = parser.parse_args()
    if len(os.sched_getaffinity(0)) < 2:
        raise SystemExit("two cores are needed: one for the local Azure, one for the load")
    run = Run()
    found, rates = measure(quick=arguments.quick)
    under = run.conditions()
    text = "\n\n".join(
        [
            f"Measured {run.told(under)}",
            table(["figure", "limit", "measured", ""], [each.line() for each in found]),
            "Requests a second of so many connections, each with one request at a time:",
            _rates(rates),
        ]
    )
    return concluded(found, {"run": under, "rates": rates}, MARK, text, arguments)


def measure(*, quick: bool) -> tuple[list[Figure], list[dict[str, Any]]]:
    """All figures, and the requests a second of each number of connections."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        found = starts(Path(folder), 1 if quick else STARTS)
        home = Path(folder) / "site"
        home.mkdir(mode=0o700)
        with site(home) as here:
            customer = here.prepare()
            for name in SERVERS:
                here.endpoint(name, {})
                here.deployment(name, "blue", name)
                here.endpoint(name, {"blue": 100})
            found.append(Figure("memory beside two model servers, at rest", resident(here.pid), "MB", 300))
            routed, rates = asyncio.run(_routed(here, quick=quick))
            found += routed
            found += asyncio.run(planes.arm(here, 1 if quick else 4))
            found.append(Figure("memory after that load", resident(here.pid), "MB", 300))
            found += planes.measured(here, customer, here.endpoint("busy", {}))
            found.append(Figure("memory after the queries", resident(here.pid), "MB", 300))
    return found, rates


async def _routed(here: Site, *, quick: bool) -> tuple[list[Figure], list[dict[str, Any]]]:
    found: list[Figure] = []
    rates: list[dict[str, Any]] = []
    for name, words in SERVERS.items():
        both = ways(here, name)
        found += await added(here, words, both, seconds=1 if quick else 5, turns=1 if quick else 3)
        rates += await at_most(here, words, both, 1 if quick else 4)
    return found, rates


def starts(folder: Path, times: int) -> list[Figure]:
    """Seconds until `localazure up` has an answer: in an empty folder, and in one with its state."""
    first: list[float] = []
    again: list[float] = []
    for number in range(times):
        home = folder / f"start-{number}"
        for took in (first, again):
            words = ["localazure", "up", "--home", str(home)]
            began = time.perf_counter()
            subprocess.run([*words, "--port", "0"], check=True, stdout=subprocess.DEVNULL)
            took.append(time.perf_counter() - began)
            down = ["localazure", "down", "--home", str(home)]
            subprocess.run(down, check=True, stdout=subprocess.DEVNULL)
    return [
        Figure("start, in an empty folder", statistics.median(first), "s", 2),
        Figure("start, with its state", statistics.median(again), "s", 2),
    ]


def _rates(rates: list[dict[str, Any]]) -> str:
    head = [
        "model server",
        "connections",
        "itself",
        "routed",
        "p50, p99 routed",
        "cores busy: router, server, load",
    ]
    return table(
        head,
        [
            [
                each["server"],
                str(each["connections"]),
                f"{each['direct']['rate']:.0f}/s",
                f"{each['routed']['rate']:.0f}/s",
                f"{each['routed']['p50']:.1f}, {each['routed']['p99']:.1f} ms",
                ", ".join(f"{each['routed'][who]:.2f}" for who in ("router", "server", "generator")),
            ]
            for each in rates
        ],
    )


if __name__ == "__main__":
    sys.exit(main())
