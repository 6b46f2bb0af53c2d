"""`kill -9` of `pulumi up` at random instants, in every phase, under live load.

Half of the instants are times, half are requests: the moment at which the engine has sent its n-th. The long
run kills at each write, too, in each phase that has it. A kill hits the engine alone, which leaves the
program and the provider behind as orphans, or the whole process group, as when a runner dies. After each:
`pulumi cancel --yes`, as the docs say, and one `up`, which must be clean: exit code 0, or 1 where it takes a
bad release back. No state is edited.
"""

from __future__ import annotations

import random
import re
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from tests.soak.crash import WRITES, up_killed
from tests.soak.phases import LIFE, Life, show
from tests.soak.watch import Watch

if TYPE_CHECKING:
    from tests.engine.project import Run
    from tests.soak.load import Load

LIVES = ("good", "10", "good", "50", "good", "100")
"""Releases in turn: good ones, and ones that get bad at that share."""
BAD = ("abort at 10", "abort at 50", "abort at 100")
TYPICAL = 2.5
"""Seconds that an `up` takes, until one was measured."""
ORPHANS_END = 45.0
"""Seconds in which what a killed engine leaves behind has to end by itself."""
MOST = 16
"""`up`s within which a release that is killed all the time comes to its end, without the killed ones."""
REQUESTS = 24
"""An engine is killed at its n-th request, n up to this: an `up` that writes sends about so many."""
HALF = 0.5
HARM = re.compile(
    r"^\s*(?:error: )?Traceback|panic:|already exists|cannot be deleted|protected|would be replaced",
    re.MULTILINE,
)
"""What no `up` may say. A model's own traceback may be quoted, from its console."""


@dataclass
class Kills:
    """Counts of kills, by phase."""

    seed: int
    by_phase: Counter[str] = field(default_factory=Counter[str])
    by_way: Counter[str] = field(default_factory=Counter[str])
    at_writes: int = 0
    """Those at a write by its name."""
    steps_after: Counter[str] = field(default_factory=Counter[str])
    pending: int = 0
    """`up`s after a kill that warned of pending operations."""
    seconds: float = 0.0

    @property
    def count(self) -> int:
        """How many engines were killed while they ran."""
        return sum(self.by_phase.values())


def kill_at_random(
    life: Life, load: Load, wanted: int, seed: int, *, each_write: bool = False, tell: bool = False
) -> Kills:
    """Kill so many engines, over release after release. Raises `AssertionError` at the first harm.

    `each_write`: and no fewer than it takes to have tried each of `WRITES` in each phase.
    """
    chance, kills, watch = random.Random(seed), Kills(seed), Watch(life.rollout)  # noqa: S311 - no secret
    untried = {phase: list(WRITES) for phase in (*LIFE, *BAD)} if each_write else {}
    started, took = time.monotonic(), {}
    watch.begin()
    while kills.count < wanted or any(untried.values()):
        stands = life.prepare()
        if stands == "none":
            life.release(LIVES[len(life.lives) % len(LIVES)])
            stands = life.prepare()
        typical = took.get(stands, TYPICAL)
        writes = untried.get(stands)
        when = writes.pop() if writes else _instant(chance, typical)
        group = chance.random() < HALF
        killed = up_killed(life.rollout, when, group=group) is None
        watch.look()
        if killed:
            kills.by_phase[stands] += 1
            kills.by_way["the process group" if group else "the engine alone"] += 1
            kills.at_writes += isinstance(when, str)
        began = time.monotonic()
        run = life.rollout.project.up(check=False)
        took[stands] = (typical + time.monotonic() - began) / 2
        _clean(run, f"after a kill in {stands}" if killed else f"in {stands}", life)
        kills.steps_after[run.step] += 1
        kills.pending += "pending" in run.out.lower()
        watch.look()
        assert not load.failed, f"after a kill in {stands}: {load.failed[:5]}"
        life.ups += 1
        assert life.ups <= MOST, f"{life.ups} ups, and the release is at {life.standing()}"
        if tell:
            at = f"at {when:.1f} s" if isinstance(when, float) else f"at {when}"
            live = show(life.rollout.traffic())
            print(f"{kills.count:4} {stands:16} {at:22} then {run.step:8} {live}", flush=True)
    _end_well(life, watch)
    assert not load.failed, load.failed[:5]
    kills.seconds = time.monotonic() - started
    return kills


def _instant(chance: random.Random, typical: float) -> float | int:
    """Return after how many seconds to kill, or at which request."""
    instant = chance.uniform(0.02, 1.05) * typical
    request = chance.randint(1, REQUESTS)
    return request if chance.random() < HALF else instant


def _clean(run: Run, where: str, life: Life) -> None:
    taken_back = run.step == "abort" and run.code == 1 and life.bad_at != "good"
    assert run.code == 0 or taken_back, f"{where}: {run.code}\n{run.out}"
    assert not HARM.search(run.out), f"{where}:\n{run.out}"
    assert run.step, f"{where}, no step was told:\n{run.out}"


def _end_well(life: Life, watch: Watch) -> None:
    """Let the last release come to its end: what is published is what is live, and nothing is left behind."""
    for _ in range(MOST):
        if life.prepare() == "none":
            break
        run = life.rollout.project.up(check=False)
        _clean(run, "at the end", life)
        watch.look()
    rollout = life.rollout
    for _ in range(3):
        if (run := rollout.up()).step == "none":
            break
    assert run.step == "none", run.out
    watch.look()
    watch.begin()
    assert rollout.up("--expect-no-changes").step == "none"
    watch.look(writes=False)
    tags, record = rollout.project.tags(), rollout.endpoint()["tags"]
    lagging = {key for key, value in record.items() if key.startswith("ROLLOUT_") or "_DEPLOYMENT" in key}
    assert all(tags.get(key) == record[key] for key in lagging), (tags, record)
    assert sum(rollout.traffic().values()) == 100
    until = time.monotonic() + ORPHANS_END
    while left := _inside(rollout.project.folder):
        assert time.monotonic() < until, f"left behind: {left}"
        time.sleep(0.5)


def _inside(folder: Path) -> list[str]:
    """Return the processes that run in that folder."""
    found: list[str] = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if (process / "cwd").resolve() == folder.resolve():
                found.append((process / "cmdline").read_text().replace("\0", " "))
    return found
