"""An open-loop load generator: requests go out on schedule, whatever became of the ones before.

A latency counts from the time a request was due, so a server that stalls is charged for the wait of those
behind it. It sends to this machine only, for a bounded time.

    python -m benchmarks.openloop --url https://localhost:8443/endpoints/e.eastus/score \
        --rate 50 --seconds 20 --body-file request.json --key-env ENDPOINT_KEY --json
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import ssl
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlsplit

import aiohttp

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

__all__ = ["Report", "Sample", "percentile", "run"]

LOOPBACK = {"localhost", "127.0.0.1", "::1"}
LONGEST = 3600.0
MOST = 1_000_000
MOST_IN_FLIGHT = 5000
PERCENTS = (50, 90, 95, 99)


class Sample(NamedTuple):
    """One request: when it was due, in seconds from the start, and what became of it.

    `status` is 0 where no answer came; `error` then says why.
    """

    due: float
    late_ms: float
    latency_ms: float
    status: int
    deployment: str
    error: str


@dataclass
class Report:
    """All requests of a run."""

    rate: float
    seconds: float = 0.0
    samples: list[Sample] = field(default_factory=list[Sample])

    @property
    def lost(self) -> int:
        """Requests without an answer."""
        return sum(not each.status for each in self.samples)

    @property
    def failed(self) -> int:
        """Requests without a 2xx, the lost ones included."""
        return sum(not 200 <= each.status < 300 for each in self.samples)

    def summary(self) -> dict[str, Any]:
        """The run in figures."""
        latencies = sorted(each.latency_ms for each in self.samples)
        late = sorted(each.late_ms for each in self.samples)
        return {
            "rate": self.rate,
            "seconds": round(self.seconds, 2),
            "sent": len(self.samples),
            "failed": self.failed,
            "lost": self.lost,
            "statuses": _counts(str(each.status) for each in self.samples if each.status),
            "deployments": _counts(each.deployment for each in self.samples if each.deployment),
            "errors": _counts(each.error for each in self.samples if each.error),
            "latency_ms": {
                **{f"p{percent}": percentile(latencies, percent) for percent in PERCENTS},
                "max": percentile(latencies, 100),
            },
            "sent_late_ms": {"p99": percentile(late, 99), "max": percentile(late, 100)},
        }


def percentile(ordered: Sequence[float], percent: float) -> float | None:
    """The nearest-rank percentile of ordered values; None of none.

    >>> percentile([1, 2, 3, 4], 50)
    2
    """
    if not ordered:
        return None
    rank = max(1, -int(-len(ordered) * percent // 100))
    return round(ordered[rank - 1], 3)


async def run(
    url: str,
    *,
    rate: float,
    seconds: float,
    bodies: Iterable[bytes],
    headers: Mapping[str, str] | None = None,
    context: ssl.SSLContext | None = None,
    timeout: float = 30.0,  # noqa: ASYNC109 - of a request, not of the run
    stop: asyncio.Event | None = None,
    on_sample: Callable[[Sample], None] | None = None,
) -> Report:
    """Send `rate` requests a second for a time, then wait for the answers.

    Args:
        url: An address on this machine.
        rate: Requests a second, at equal distances.
        seconds: How long; at most an hour, and a million requests.
        bodies: What is posted, in turn, over and over.
        headers: Sent with each; content type JSON by default.
        context: How the server is trusted.
        timeout: Seconds after which a request without an answer is lost.
        stop: Ends the sending early.
        on_sample: Told of each request when it is answered or lost.

    Raises:
        ValueError: The address is another machine's, or the run is unbounded.
    """
    if urlsplit(url).hostname not in LOOPBACK:
        raise ValueError(f"{url}: load goes to this machine only; give a localhost address")
    if not 0 < seconds <= LONGEST or not 0 < rate * seconds <= MOST:
        raise ValueError(f"{rate}/s for {seconds} s: at most {LONGEST:.0f} s and {MOST} requests")
    report = Report(rate)
    running: set[asyncio.Task[None]] = set()
    stop = stop or asyncio.Event()
    connector = aiohttp.TCPConnector(limit=0, ssl=context if context is not None else True)
    given = {"Content-Type": "application/json"} | dict(headers or {})
    async with aiohttp.ClientSession(
        connector=connector, headers=given, timeout=aiohttp.ClientTimeout(timeout)
    ) as client:
        started = time.perf_counter()

        async def send(due: float, body: bytes) -> None:
            sample = await _send(client, url, body, started, due)
            report.samples.append(sample)
            if on_sample is not None:
                on_sample(sample)

        turns = itertools.cycle(bodies)
        for number in range(int(rate * seconds)):
            due = number / rate
            await _until(started + due, stop)
            if stop.is_set():
                break
            if len(running) >= MOST_IN_FLIGHT:
                report.samples.append(Sample(due, 0.0, 0.0, 0, "", f"{MOST_IN_FLIGHT} in flight already"))
                continue
            task = asyncio.create_task(send(due, next(turns)))
            running.add(task)
            task.add_done_callback(running.discard)
        report.seconds = time.perf_counter() - started
        await asyncio.gather(*running)
    return report


async def _send(client: aiohttp.ClientSession, url: str, body: bytes, started: float, due: float) -> Sample:
    late = time.perf_counter() - started - due
    try:
        async with client.post(url, data=body) as answer:
            await answer.read()
            status, deployment, error = answer.status, answer.headers.get("azureml-model-deployment", ""), ""
    except (aiohttp.ClientError, TimeoutError, OSError) as failure:
        status, deployment, error = 0, "", f"{type(failure).__name__}: {failure}"
    return Sample(due, late * 1000, (time.perf_counter() - started - due) * 1000, status, deployment, error)


async def _until(at: float, stop: asyncio.Event) -> None:
    left = at - time.perf_counter()
    if left <= 0:
        await asyncio.sleep(0)
    elif left > 0.5:
        try:
            await asyncio.wait_for(stop.wait(), left)
        except TimeoutError:
            return
    else:
        await asyncio.sleep(left)


def _counts(values: Iterable[str]) -> dict[str, int]:
    return dict(sorted(Counter(values).items()))


def _headers(arguments: argparse.Namespace) -> dict[str, str]:
    headers: dict[str, str] = {}
    if arguments.header_file:
        for line in Path(arguments.header_file).read_text().splitlines():
            name, _, value = line.partition(":")
            if value:
                headers[name.strip()] = value.strip()
    if arguments.key_env:
        headers["Authorization"] = f"Bearer {os.environ[arguments.key_env]}"
    return headers


def main() -> int:
    """The command; exits 1 where a request failed."""
    parser = argparse.ArgumentParser(description="Open-loop load on a server of this machine.")
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, default=50, help="requests a second")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--body-file", action="append", default=[], help="repeat to send several in turn")
    parser.add_argument("--key-env", help="variable that holds the endpoint's key or token")
    parser.add_argument("--header-file", help="'Name: value' lines")
    parser.add_argument("--timeout", type=float, default=30)
    parser.add_argument("--json", action="store_true")
    arguments = parser.parse_args()
    bodies = [Path(each).read_bytes() for each in arguments.body_file] or [b"{}"]
    authority = os.environ.get("SSL_CERT_FILE")
    context = ssl.create_default_context(cafile=authority) if arguments.url.startswith("https") else None
    try:
        work = run(
            arguments.url,
            rate=arguments.rate,
            seconds=arguments.seconds,
            bodies=bodies,
            headers=_headers(arguments),
            context=context,
            timeout=arguments.timeout,
        )
        report = asyncio.run(work)
    except (ValueError, KeyError) as error:
        print(f"openloop: {error}", file=sys.stderr)
        return 2
    summary = report.summary()
    if arguments.json:
        print(json.dumps(summary, indent=1))
    else:
        for name, value in summary.items():
            print(f"{name:>14}  {value}")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())
