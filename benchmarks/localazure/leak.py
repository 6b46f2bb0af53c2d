"""Routes a million requests and looks at what they leave behind: memory, files, processes.

python -m benchmarks.localazure.leak                      # exit code 1 where something grows
python -m benchmarks.localazure.leak --requests 50000     # to see that it works
python -m benchmarks.localazure.leak --seed 2 --write     # and into docs/benchmark.md

Meanwhile deployments come and go under ever new names, weights change, one model server is killed now and
then, and metrics and logs are asked for.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.localazure.figures import PAGE, Figure, Run, concluded, table
from benchmarks.localazure.processor import below, files, resident
from benchmarks.localazure.site import site
from benchmarks.localazure.traffic import APART, KINDS, Traffic

if TYPE_CHECKING:
    from benchmarks.localazure.site import Site

MARK = "figures of the leak run"
ENDPOINT = "leak"
MILLION = 1_000_000
CONNECTIONS = 32
EVERY = 2.0  # seconds between two looks
CHANGE = 5.0  # seconds between two changes of what is deployed
WARM = 0.4  # the share of the run that caches may take to fill
PROBED = 12.0  # seconds until each model server has been probed
REST = 60.0  # seconds for kept connections to the model servers to end
MOST_GROWTH = 50.0  # MB a million requests
MOST_ROW = 200.0  # bytes of the rows' file for each row
# At a look each of the three model servers may be probed, while the last probe's connection isn't closed yet.
MOST_FILES = 3 * 2


@dataclass(frozen=True)
class Look:
    """What there is at a time: requests up to then, MB in memory, open files, processes below."""

    requests: int
    memory: float
    files: int
    processes: int


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.localazure.leak")
    parser.add_argument("--requests", type=int, default=MILLION)
    parser.add_argument("--minutes", type=float, default=60, help="stop after so many, whatever was sent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", action="store_true", help=f"into docs/{PAGE.name} too")
    parser.add_argument("--json", metavar="FILE", help="write every look there too")
    arguments = parser.parse_args()
    run = Run()
    with tempfile.TemporaryDirectory(prefix="leak-") as folder, site(Path(folder)) as here:
        here.prepare()
        began = here.local("GET", "clock")["now"]
        looks, traffic, seconds = asyncio.run(
            routed(here, arguments.requests, arguments.minutes, arguments.seed)
        )
        figures = judged(looks, traffic, rows(here, began), Path(folder))
    under = run.conditions() | {"seed": arguments.seed, "wanted": arguments.requests}
    text = told(under, figures, looks, traffic, seconds)
    whole = {"run": under, "looks": [asdict(each) for each in looks]}
    return concluded(figures, whole, MARK, text, arguments)


async def routed(here: Site, number: int, minutes: float, seed: int) -> tuple[list[Look], Traffic, float]:
    """Send the requests; the looks, of which the first and the last are at rest, and the seconds it took."""
    await asyncio.to_thread(_deploy, here)
    traffic = Traffic(here.scoring(ENDPOINT), here.key(ENDPOINT), here.context, seed, 0)
    looks = [_look(here, 0)]
    traffic.left = number
    began = time.perf_counter()
    sending = asyncio.create_task(traffic.run(CONNECTIONS))
    changing = asyncio.create_task(asyncio.to_thread(_change, here, traffic, random.Random(seed)))  # noqa: S311
    while not sending.done():
        await asyncio.wait({sending}, timeout=EVERY)
        looks.append(_look(here, traffic.sent))
        if time.perf_counter() - began > minutes * 60:
            traffic.left = 0
    seconds = time.perf_counter() - began
    await asyncio.gather(sending, changing)
    await asyncio.to_thread(_rest, here, looks[0])
    return [*looks, _look(here, traffic.sent)], traffic, seconds


def _deploy(here: Site) -> None:
    here.endpoint(ENDPOINT, {})
    for name in ("blue", "green", APART):
        here.deployment(ENDPOINT, name, "trivial", timeout="PT1S")
    here.endpoint(ENDPOINT, {"blue": 60, "green": 40}, {APART: 10})
    time.sleep(PROBED)
    here.server(ENDPOINT)  # so that the connection of this client is open at the first look


def _change(here: Site, traffic: Traffic, draw: random.Random) -> None:
    """Until all requests are sent: deployments, weights, a killed server, questions."""
    for number in itertools.count():
        name = f"passing-{number}"
        here.deployment(ENDPOINT, name, "trivial", timeout="PT1S")
        traffic.passing = name
        share = draw.randrange(1, 100)
        here.endpoint(ENDPOINT, {"blue": share, "green": 100 - share}, {APART: draw.randrange(0, 30)})
        time.sleep(CHANGE)
        if number % 10 == 9:
            os.kill(here.server(ENDPOINT)[1], signal.SIGKILL)
        here.http.get(
            f"{here.settings.base_url}{here.workspace}/onlineEndpoints/{ENDPOINT}/providers/microsoft.insights/metrics",
            params={"api-version": "2024-02-01", "metricnames": "RequestsPerMinute,RequestLatency_P95"},
            timeout=60,
        ).raise_for_status()
        here.remove(ENDPOINT, name)
        if traffic.left <= 0:
            return


def _rest(here: Site, first: Look) -> None:
    """Wait until connections that are kept for a while have ended."""
    until = time.monotonic() + REST
    while files(here.pid) > first.files + MOST_FILES and time.monotonic() < until:
        time.sleep(1)


def _look(here: Site, number: int) -> Look:
    return Look(number, resident(here.pid), files(here.pid), len(below(here.pid)))


def rows(here: Site, began: str) -> int:
    """How many rows the endpoint has since then, by the metric that counts them; without `APART`'s."""
    time.sleep(1)
    now = here.local("POST", "clock", {"advance": 180})["now"]
    answer = here.http.get(
        f"{here.settings.base_url}{here.workspace}/onlineEndpoints/{ENDPOINT}/providers/microsoft.insights/metrics",
        params={
            "api-version": "2024-02-01",
            "metricnames": "RequestsPerMinute",
            "interval": "FULL",
            "aggregation": "Total",
            "timespan": f"{began}/{now}",
            "$filter": f"deployment ne '{APART}'",
            "rollupby": "deployment",
        },
        timeout=60,
    )
    answer.raise_for_status()
    (series,) = answer.json()["value"][0]["timeseries"]
    return int(series["data"][0]["total"])


def judged(looks: list[Look], traffic: Traffic, counted: int, home: Path) -> list[Figure]:
    """What grew, against what may grow."""
    first, *under_load, last = looks
    warm = [each for each in under_load if each.requests >= WARM * traffic.sent]
    slope = statistics.linear_regression(
        [each.requests for each in warm], [each.memory for each in warm]
    ).slope
    unanswered = sum(
        number
        for (kind, how), number in traffic.done.items()
        if how == "lost" or (kind == "good" and how not in {"200", "424", "503"})
    )
    size = sum(each.stat().st_size for each in home.glob("rows.duckdb*"))
    log = sum(each.stat().st_size for each in home.glob("requests*.jsonl"))
    missing = sum(
        number
        for (kind, how), number in traffic.done.items()
        if how not in {"lost", "given up"} and kind != "no such endpoint"
    )
    return [
        Figure("memory grows, of a million requests", slope * MILLION, "MB", MOST_GROWTH),
        Figure("open files more than before, at rest", last.files - first.files, "", MOST_FILES),
        Figure("processes more than before, at rest", last.processes - first.processes, "", 0),
        Figure("requests without an answer, given-up ones apart", unanswered, "", 0),
        Figure("requests that are in no row", missing - counted, "", 0),
        Figure("the rows' file, of each row", size / max(1, counted), "bytes", MOST_ROW),
        Figure("the log of ARM requests", log / 1e6, "MB", 65),
    ]


def told(
    under: dict[str, Any], figures: list[Figure], looks: list[Look], traffic: Traffic, seconds: float
) -> str:
    """The run as text."""
    parts = [looks[0], *looks[1:-1][:: max(1, len(looks) // 10)], looks[-1]]
    cut = "" if traffic.sent >= under["wanted"] else f" of the {under['wanted']} wanted (the time was up)"
    sent = f"{traffic.sent} requests{cut}, {traffic.sent / seconds:.0f} a second"
    answers: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    for (kind, how), number in traffic.done.items():
        answers[kind][how] += number
    return "\n\n".join(
        [
            f"{sent}, seed {under['seed']}, {Run.told(under)}",
            table(["figure", "limit", "measured", ""], [each.line() for each in figures]),
            table(
                ["requests", "memory", "open files", "processes below"],
                [[str(x.requests), f"{x.memory:.0f} MB", str(x.files), str(x.processes)] for x in parts],
            ),
            table(
                ["kind of request", "answers"],
                [
                    [kind, ", ".join(f"{how}: {number}" for how, number in sorted(found.items()))]
                    for kind, found in answers.items()
                ],
            ),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
