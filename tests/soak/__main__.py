"""The long run: kills, races, histories and faults, with what came of them in docs/reliability.md.

python -m tests.soak              all of it, shown
python -m tests.soak --write      and written into the page
python -m tests.soak --quick      a little of each, for a pipeline: minutes
python -m tests.soak kills races histories faults     some of it
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from tests.soak import faults
from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.machine import side_by_side
from tests.soak.page import put_into_page
from tests.soak.phases import Life
from tests.soak.place import Place, place
from tests.soak.two import race
from tests.soak.ways_out import everywhere

PARTS = ("kills", "races", "out", "histories", "faults")
IN_BRIEF = ("histories",)
"""What a quick run has: of the rest the everyday tests have a part."""


@dataclass(frozen=True)
class Size:
    """How much of each."""

    kills: int
    races: int
    histories: int
    steps: int


WHOLE = Size(kills=100, races=20, histories=200, steps=60)
QUICK = Size(kills=3, races=2, histories=6, steps=60)


def kills(where: Place, size: Size, seed: int) -> str:
    """Kill, and return what came of it."""
    rollout = where.stack("kills")
    rollout.healthy()
    with Load(rollout) as load:
        found = kill_at_random(Life(rollout), load, size.kills, seed, tell=True)
    phases = ", ".join(f"{phase} {count}" for phase, count in sorted(found.by_phase.items()))
    ways = ", ".join(f"{way} {count}" for way, count in sorted(found.by_way.items()))
    return (
        f"{found.count} kills ({ways}) in {found.seconds / 60:.0f} minutes, while {load.requests} requests"
        f" were sent: {len(load.failed)} failed. Each next `up` was clean. By what was due: {phases}."
    )


def races(where: Place, size: Size, seed: int) -> str:
    """Race, and return what came of it."""
    rollout = where.stack("races")
    rollout.healthy()
    found = race(Life(rollout), size.races, seed)
    neither = f" In {found.neither} both met the other's lock and nobody wrote." if found.neither else ""
    steps = ", ".join(dict.fromkeys(found.steps))
    return (
        f"{found.one_step} of {found.ran}: one `up` took its step ({steps}), the other ended non-zero at the"
        f" lock and wrote nothing.{neither}"
    )


def machine(size: Size, seed: int, jobs: int) -> str:
    """Live through histories, and return what came of them."""
    found = side_by_side(size.histories, size.steps, seed, jobs)
    steps = ", ".join(f"{step or 'none told'} {count}" for step, count in found.said.most_common())
    return (
        f"{found.histories} histories, {found.steps} steps, {found.ups} `pulumi up`s, {found.killed} of them"
        f" killed, in {found.seconds / 60:.0f} minutes, while {found.requests} requests were sent: none"
        f" failed, and no law was broken. What the `up`s did: {steps}."
    )


def ways_out(where: Place, size: Size, seed: int) -> str:
    """Abort and tear down in every phase, and return what came of it."""
    del size, seed
    return everywhere(where)


def main() -> int:
    """Run it; the first harm ends it with a traceback."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--jobs", type=int, default=2, help="histories side by side")
    options = parser.parse_args()
    size = QUICK if options.quick else WHOLE
    parts = options.parts or [each for each in PARTS if not options.quick or each in IN_BRIEF]

    def report(part: str, said: str) -> None:
        text = f"{time.strftime('%Y-%m-%d')}, seed {options.seed}: {said}"
        print(f"{part}: {text}", flush=True)
        if options.write:
            put_into_page(part, text)

    runs = {"kills": kills, "races": races, "out": ways_out}
    if any(part in runs for part in parts):
        with tempfile.TemporaryDirectory() as folder, place(Path(folder)) as where:
            for part in (each for each in parts if each in runs):
                report(part, runs[part](where, size, options.seed))
    if "histories" in parts:
        report("histories", machine(size, options.seed, options.jobs))
    return faults.suffer_all(write=options.write) if "faults" in parts else 0


if __name__ == "__main__":
    sys.exit(main())
