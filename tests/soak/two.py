"""Two `pulumi up`s of one stack at once: one takes its step, the other ends at the lock, writing nothing."""

from __future__ import annotations

import random
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.engine.project import Run
from tests.soak.watch import Watch

if TYPE_CHECKING:
    from tests.engine.project import Project
    from tests.soak.phases import Life

LOCKED = "the stack is currently locked"
APART = 1.0
"""Seconds between the two at most: less than the shortest step takes."""
PUTS = {
    "start": 1,
    "advance": 1,
    "promote": 1,
    "retire": 1,
    "finish": 1,
    "abort": 1,
    "repair": 0,
    "hold": 0,
    "none": 0,
}


@dataclass
class Races:
    """How so many races ended."""

    ran: int = 0
    one_step: int = 0
    """One took a step with its one endpoint PUT, the other ended non-zero at the lock."""
    neither: int = 0
    """Both saw the other's lock: nobody wrote. The next `up` took the step."""
    steps: list[str] = field(default_factory=list[str])


def race(life: Life, times: int, seed: int) -> Races:
    """Run so many races, a due step each. Raises `AssertionError` where both wrote, or the loser wrote."""
    chance, races, watch = random.Random(seed), Races(), Watch(life.rollout)  # noqa: S311 - no secret
    for _ in range(times):
        if life.prepare() == "none":
            life.release("10" if len(life.lives) % 3 == 2 else "good")
            life.prepare()
        watch.begin()
        runs = both(life.rollout.project, chance.uniform(0, APART))
        puts = watch.look()
        lost = [run for run in runs if LOCKED in run.out]
        won = [run for run in runs if LOCKED not in run.out]
        races.ran += 1
        for run in lost:
            assert run.code != 0, run.out
            assert not run.step, f"the loser took a step:\n{run.out}"
        if len(lost) == len(runs):
            assert not puts
            races.neither += 1
            continue
        assert len(won) == 1, "\n\n".join(run.out for run in runs)
        step = won[0].step
        assert won[0].code == (1 if step == "abort" else 0), won[0].out
        assert len(puts) == PUTS[step], f"{step} with {len(puts)} PUTs"
        races.one_step += 1
        races.steps.append(step)
        print(f"{races.ran:4} of {times}: {step}", flush=True)
    return races


def both(project: Project, apart: float) -> list[Run]:
    """Start two `up`s, so many seconds apart; returns what each came to."""
    arguments = ("up", "--yes", "--skip-preview", "--non-interactive")
    first = project.start(*arguments)
    time.sleep(apart)
    second = project.start(*arguments)
    outs = [each.communicate(timeout=300)[0] for each in (first, second)]
    return [Run(each.returncode, out) for each, out in zip((first, second), outs, strict=True)]
