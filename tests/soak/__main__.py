"""The long run: kills, races, histories and faults, with what came of them in docs/reliability.md.

python -m tests.soak              all of it, shown
python -m tests.soak --write      and written into the page
python -m tests.soak kills races histories faults     some of it
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from tests.soak import faults
from tests.soak.histories import side_by_side
from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.page import put_into_page
from tests.soak.phases import Life
from tests.soak.place import Place, place
from tests.soak.two import race
from tests.soak.ways_out import everywhere

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType

PARTS = ("kills", "races", "out", "histories", "faults")


@dataclass(frozen=True)
class Size:
    """How much of each."""

    kills: int
    races: int
    histories: int
    steps: int


WHOLE = Size(kills=100, races=20, histories=200, steps=60)


class BrokenLawError(Exception):
    """A history broke a law; it was printed when it did."""


def kills(where: Place, size: Size, seed: int) -> str:
    """Kill, and return what came of it."""
    rollout = where.stack("kills")
    rollout.healthy()
    with Load(rollout) as load:
        found = kill_at_random(Life(rollout), load, size.kills, seed, each_write=True, tell=True)
    phases = ", ".join(f"{phase} {count}" for phase, count in sorted(found.by_phase.items()))
    ways = ", ".join(f"{way} {count}" for way, count in sorted(found.by_way.items()))
    return (
        f"{found.count} kills ({ways}; {found.at_writes} at a write by its name) in {found.seconds / 60:.0f}"
        f" minutes, while {load.requests} requests were sent: {len(load.failed)} failed. Each next `up` was"
        f" clean. By what was due: {phases}."
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
    began = time.monotonic()
    found = side_by_side(size.histories, size.steps, seed, jobs)
    took = time.monotonic() - began
    if found.broken:
        raise BrokenLawError(f"{len(found.broken)} of {found.histories} histories broke a law")
    steps = ", ".join(f"{step or 'none told'} {count}" for step, count in found.said.most_common())
    return (
        f"{found.histories} histories ({found.adopted} of an endpoint that was taken over), {found.steps}"
        f" steps, {found.ups} `pulumi up`s, {found.killed} of them killed, {found.raced} times two at"
        f" once, in {took / 60:.0f} minutes, while {found.requests} requests were sent: none failed, and no"
        f" law was broken. What the `up`s did: {steps}."
    )


def ways_out(where: Place, size: Size, seed: int) -> str:
    """Abort and tear down in every phase, and return what came of it."""
    del size, seed
    return everywhere(where)


def alone(part: Callable[[Place, Size, int], str], size: Size, seed: int) -> str:
    """Run a part in a place of its own, and return what came of it."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, place(Path(folder)) as where:
        return part(where, size, seed)


def version() -> str:
    """Return the commit that runs, and whether something in it is changed."""
    told = subprocess.run(
        ["git", "describe", "--always", "--dirty"], capture_output=True, text=True, check=True
    )
    return told.stdout.strip()


def main() -> int:
    """Run it; a part that finds harm writes nothing, and the others go on. 1: one did."""
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all by default")
    parser.add_argument("--write", action="store_true", help="into docs/reliability.md")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--jobs", type=int, default=2, help="histories side by side")
    for name in ("kills", "races", "histories", "steps"):
        parser.add_argument(f"--{name}", type=int, help="how many, in place of the usual number")
    options = parser.parse_args()
    if unknown := set(options.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    size = Size(**{name: getattr(options, name) or number for name, number in asdict(WHOLE).items()})
    runs: dict[str, Callable[[], str]] = {
        "kills": partial(alone, kills, size, options.seed),
        "races": partial(alone, races, size, options.seed),
        "out": partial(alone, ways_out, size, options.seed),
        "histories": partial(machine, size, options.seed, options.jobs),
        "faults": faults.suffer_all,
    }
    signal.signal(signal.SIGTERM, _leave)
    harm: list[str] = []
    for part in options.parts or PARTS:
        print(f"{part}, seed {options.seed}", flush=True)
        try:
            text = f"{time.strftime('%Y-%m-%d')}, version {version()}, seed {options.seed}: {runs[part]()}"
        except Exception as error:  # noqa: BLE001 - the other parts go on
            if not isinstance(error, BrokenLawError):
                traceback.print_exc()
            harm.append(f"{part}: {error}".splitlines()[0])
            continue
        print(f"{part}: {text}", flush=True)
        if options.write:
            put_into_page(part, text)
    for each in harm:
        print(f"HARM in {each}", flush=True)
    return 1 if harm else 0


def _leave(_number: int, _frame: FrameType | None) -> None:
    sys.exit(1)


if __name__ == "__main__":
    sys.exit(main())
