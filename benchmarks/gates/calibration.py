"""How often the error rates that the gates promise are reached, on errors alone and many more repetitions.

`back`: false rollbacks of a candidate that is prod's equal, with private blips and without. `boundary`:
false promotions of one that is worse by exactly the margin. `certify`: how long an equal one waits. `guard`:
what is taken back at 100 %, where there is no control, after half an hour at 50 % in which all was well. The
seeds have the keys (100 + case, rpm, percent, rep).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.gates.ours import GATES, SETTINGS, STAGES
from benchmarks.gates.peers.looks import gavi_interval, z_worse
from benchmarks.gates.scenarios import HIGH, LOW, MEDIUM, Scenario, scenario
from benchmarks.gates.series import BEGIN
from benchmarks.gates.traces import HISTORY, World, generator
from rollout.core.comparison.blocks import Arm, Baseline, Block, Tier
from rollout.core.comparison.compare import Comparer
from rollout.core.traffic import WHOLE
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np

__all__ = ["CASES", "Case", "Found", "judge", "summary"]

LOOKS, BLIP_LOOKS = 120, 60
MARGIN = GATES[0].margin
LEVEL = 0.025
"""Of the methods beside ours: ours has this too, as one of two stages with one gate."""
FIRST = 100
HALF, HALF_MINUTES = 50, 30
"""The stage before 100 %, in percent, and how long it was."""


@dataclass(frozen=True)
class Case:
    """One setting of the calibration."""

    kind: str
    """`back`, `boundary`, `certify` or `guard`."""
    world: Scenario
    rpm: int
    traffic: int
    looks: int

    @property
    def promised(self) -> bool:
        """Whether one of the promises rests on it."""
        return self.kind == "boundary" or self.world.blips

    @property
    def name(self) -> str:
        return f"{self.world.name}, {self.rpm} rpm, {self.traffic} %"


class Found(NamedTuple):
    """When each method decided; None where it never did."""

    ours: int | None
    z: int | None = None
    gavi: int | None = None


def _worlds() -> dict[str, Scenario]:
    quiet = scenario("AA quiet")
    return {
        "quiet": replace(quiet, name="quiet"),
        "bursts": replace(quiet, name="bursts", bursts=True),
        "5 %": replace(quiet, name="5 %", errors=0.05),
        "0.05 %": replace(quiet, name="0.05 %", errors=0.0005),
        "zero": replace(quiet, name="zero", errors=0.0),
    }


def _cases() -> tuple[Case, ...]:
    worlds = _worlds()
    blips = [
        Case("back", replace(scenario("AA blips"), name="blips"), rpm, 10, BLIP_LOOKS)
        for rpm in (MEDIUM, HIGH)
    ]
    back = [
        Case("back", worlds[name], rpm, 10, LOOKS)
        for name in ("quiet", "bursts", "5 %", "0.05 %")
        for rpm in (LOW, MEDIUM, HIGH)
    ]
    boundary = [
        Case("boundary", replace(worlds[name], more_errors=MARGIN), rpm, traffic, LOOKS)
        for name in ("zero", "quiet", "5 %", "bursts")
        for rpm in (LOW, MEDIUM)
        for traffic in (10, 50)
    ]
    certify = [
        Case("certify", worlds["quiet"], rpm, traffic, LOOKS) for rpm in (LOW, MEDIUM) for traffic in (10, 50)
    ]
    guarded = (
        *(worlds[name] for name in ("quiet", "bursts", "zero")),
        replace(worlds["quiet"], name="worse by 2 points", more_errors=2 * MARGIN),
        replace(worlds["quiet"], name="worse by 5 points", more_errors=5 * MARGIN),
    )
    guard = [Case("guard", world, rpm, WHOLE, LOOKS) for world in guarded for rpm in (LOW, MEDIUM)]
    return (*blips, *back, *boundary, *certify, *guard)


CASES = _cases()


def judge(number: int, reps: Sequence[int], seed: int) -> list[Found]:
    """Run a case, by its place in `CASES`."""
    return [_judge(CASES[number], number, rep, seed) for rep in reps]


def summary(case: Case, found: Sequence[Found]) -> dict[str, Any]:
    """How often each method decided, in percent, and ours' median minute where it did more often than not."""
    shares = {
        method: round(100 * sum(getattr(each, method) is not None for each in found) / len(found), 2)
        for method in (Found._fields if case.kind == "back" else Found._fields[:1])
    }
    minutes = [case.looks + 1 if each.ours is None else each.ours for each in found]
    middle = median(minutes)
    return {"reps": len(found), **shares, "minute": middle if middle <= case.looks else None}


def _judge(case: Case, number: int, rep: int, seed: int) -> Found:
    numbers = generator(seed, FIRST + number, case.rpm, case.traffic, rep)
    before = World(case.world, case.rpm, HISTORY, numbers)
    requests, errors, _ = before.counts(1.0, candidate=False, live=False)
    usual = Baseline(
        tier=Tier.METRICS,
        requests=int(requests.sum()),
        error_share=float(errors.sum() / requests.sum()),
        slow_ms=None,
        stages=STAGES,
        gates=1,
    )
    comparer = Comparer(GATES[:1], SETTINGS, usual)
    if case.kind == "guard":
        _half(comparer, case, numbers)
    comparer.open(case.traffic)
    world = World(case.world, case.rpm, case.looks, numbers)
    candidate = world.counts(case.traffic / 100, candidate=True, live=True)
    prod = world.counts(1 - case.traffic / 100, candidate=False, live=True)
    columns = (candidate[0].tolist(), candidate[1].tolist(), prod[0].tolist(), prod[1].tolist())
    wanted = Verdict.FAILED if case.kind in {"back", "guard"} else Verdict.SUCCESSFUL
    found: dict[str, int | None] = dict.fromkeys(Found._fields)
    n_c = e_c = n_p = e_p = 0
    for minute, (n, e, of, usually) in enumerate(zip(*columns, strict=True), 1):
        if found["ours"] is None:
            comparer.add(Block(BEGIN + timedelta(minutes=HALF_MINUTES + minute), Arm(n, e), Arm(of, usually)))
            if comparer.standing()[0] is wanted:
                found["ours"] = minute
        if case.kind != "back":
            continue
        n_c, e_c, n_p, e_p = n_c + n, e_c + e, n_p + of, e_p + usually
        if found["z"] is None and z_worse(e_c, n_c, e_p, n_p):
            found["z"] = minute
        if found["gavi"] is None:
            interval = gavi_interval((e_c, n_c), (e_p, n_p), 2 * LEVEL)
            found["gavi"] = minute if interval is not None and interval[0] > 0 else None
    return Found(**found)


def _half(comparer: Comparer, case: Case, numbers: np.random.Generator) -> None:
    """Feed the stage before the whole traffic, in which the candidate is prod's equal."""
    comparer.open(HALF)
    world = World(case.world, case.rpm, HALF_MINUTES, numbers)
    arms = [world.counts(HALF / 100, candidate=False, live=True) for _ in range(2)]
    columns = (each.tolist() for requests, errors, _ in arms for each in (requests, errors))
    for minute, (n, e, of, usually) in enumerate(zip(*columns, strict=True)):
        comparer.add(Block(BEGIN + timedelta(minutes=minute), Arm(n, e), Arm(of, usually)))
