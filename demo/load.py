"""The client: requests to the endpoint at a fixed rate, whatever becomes of them, each counted.

python -m demo.load --endpoint ARM-ID --rate 40 --folder DIR     (in the environment of `localazure env`)
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import sys
import time
from collections import Counter, deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.openloop import Sample, percentile, run
from demo.arm import Arm
from demo.client import COUNTS, hold
from demo.tally import NOBODY, Served, Tally
from ml.traffic import requests

if TYPE_CHECKING:
    from collections.abc import Sequence

FAILURES = "failures.jsonl"
LONGEST = 3600.0
EVERY = 0.5
"""Seconds between two writings of the counts."""
RECENT = 200
"""Requests of a deployment that its latency is told of."""
SILENCE = 10.0
"""Seconds without any answer after which nothing is there any more, and the client ends."""
OK = 200


@dataclass
class Counts:
    """Counts requests, and notes each that failed."""

    folder: Path
    requests: Counter[str] = field(default_factory=Counter[str])
    failures: Counter[str] = field(default_factory=Counter[str])
    statuses: Counter[str] = field(default_factory=Counter[str])
    recent: dict[str, deque[float]] = field(default_factory=dict[str, "deque[float]"])
    answered: float = field(default_factory=time.monotonic)

    def count(self, sample: Sample) -> None:
        """Count one; whatever isn't a 200 is a failure."""
        name = sample.deployment or NOBODY
        self.requests[name] += 1
        self.statuses[str(sample.status or sample.error.partition(":")[0])] += 1
        self.recent.setdefault(name, deque(maxlen=RECENT)).append(sample.latency_ms)
        if sample.status:
            self.answered = time.monotonic()
        if sample.status != OK:
            self.failures[name] += 1
            with (self.folder / FAILURES).open("a") as file:
                file.write(json.dumps({"at": time.time(), **sample._asdict()}) + "\n")

    def tally(self) -> Tally:
        """Return the counts so far."""
        return Tally(
            {name: Served(count, self.failures[name]) for name, count in self.requests.items()},
            dict(self.statuses),
            {name: percentile(sorted(values), 90) or 0.0 for name, values in self.recent.items()},
        )


async def send(arm: Arm, rate: float, folder: Path, *, stays: bool) -> None:
    """Send until told to stop, until nobody answers, or until the parent has gone where `stays` is false."""
    address, key = arm.scoring()
    stop, counter, parent = asyncio.Event(), Counts(folder), os.getppid()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    async def report() -> None:
        while not stop.is_set():
            await asyncio.sleep(EVERY)
            counter.tally().save(folder / COUNTS)
            orphaned = not stays and os.getppid() != parent
            if orphaned or time.monotonic() - counter.answered > SILENCE:
                stop.set()

    reporting = asyncio.create_task(report())
    await run(
        address,
        rate=rate,
        seconds=LONGEST,
        bodies=requests(),
        headers={"Authorization": f"Bearer {key}"},
        context=arm.trust(),
        stop=stop,
        on_sample=counter.count,
    )
    stop.set()
    await reporting
    counter.tally().save(folder / COUNTS)


def main(arguments: Sequence[str] | None = None) -> int:
    """The command; 1 where the endpoint can't be asked for its key."""
    parser = argparse.ArgumentParser(prog="python -m demo.load", description=__doc__)
    parser.add_argument("--endpoint", required=True, metavar="ARM-ID")
    parser.add_argument("--rate", type=float, required=True, help="requests a second")
    parser.add_argument("--folder", type=Path, required=True, help="where the counts are written")
    parser.add_argument("--stays", action="store_true", help="outlive the process that started it")
    options = parser.parse_args(arguments)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal's Ctrl-C is the story's, which then ends this
    arm = Arm(os.environ, options.endpoint)
    try:
        with hold(options.folder):
            asyncio.run(send(arm, options.rate, options.folder, stays=options.stays))
    except OSError as error:
        print(f"load: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
