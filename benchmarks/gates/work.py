"""All that a run of the benchmark has to do, cut in pieces for several processes."""

from __future__ import annotations

import multiprocessing
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.gates import calibration, runs
from benchmarks.gates.blocks import baseline
from benchmarks.gates.calibration import CASES
from benchmarks.gates.cells import Sample, cell
from benchmarks.gates.looks import differing
from benchmarks.gates.ours import STAGES, stage_blocks
from benchmarks.gates.scenarios import HIGH, LOW, SCENARIOS, TRAFFIC, Scenario, scenario
from benchmarks.gates.speed import timed
from benchmarks.gates.traces import trace
from rollout.core.comparison.blocks import Tier

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FULL", "QUICK", "Size", "sized", "work"]

EACH = 10
"""Traces in a piece."""
SAID = 15.0
"""Seconds between lines of progress."""

Results = dict[str, Any]


@dataclass(frozen=True)
class Size:
    """How much is run: repetitions by table and rate."""

    single: dict[int, int]
    whole: dict[int, int]
    promised: int
    """Of the calibration's cases on which a promise rests."""
    calibration: int
    """Of its others."""
    looks: dict[int, int]
    peers: bool = True


FULL = Size(
    single={60: 300, 600: 300, 6000: 150},
    whole={60: 200, 600: 200, 6000: 100},
    promised=2000,
    calibration=600,
    looks={60: 300, 600: 300, 6000: 150},
)
QUICK = Size(
    single={60: 30, 600: 30},
    whole={60: 25, 600: 25},
    promised=40,
    calibration=0,
    looks={60: 3, 600: 2},
    peers=False,
)


def sized(reps: int) -> Size:
    """All of it with so many repetitions each."""
    each: dict[int, int] = dict.fromkeys(TRAFFIC, reps)
    return Size(single=each, whole=each, promised=reps, calibration=reps, looks=each)


@dataclass(frozen=True)
class Piece:
    """Some traces for one process: a chunk of a table, or repetitions of a case or a scenario."""

    table: str
    number: int
    rpm: int
    reps: range
    seed: int
    peers: bool = True


def work(size: Size, seed: int, processes: int) -> Results:
    """Run it.

    Returns:
        `single` and `whole`: cells by rate, scenario and method; `calibration`: by kind and case; `looks`:
        how many traces were looked at in several ways, and how many verdicts differed; `speed`.
    """
    pieces = sorted(_pieces(size, seed), key=_cost, reverse=True)
    samples: dict[tuple[str, int, int], dict[str, list[Any]]] = {}
    looked: dict[str, int] = {"traces": 0, "differing": 0}
    progress = _Progress(pieces)
    for piece, found in _done(pieces, processes):
        if piece.table == "looks":
            looked["traces"] += len(piece.reps)
            looked["differing"] += found
        else:
            into = samples.setdefault((piece.table, piece.rpm, piece.number), {})
            for method, each in found.items():
                into.setdefault(method, []).extend(each)
        progress.add(piece)
    return {
        "single": _table(samples, "single", size.single),
        "whole": _table(samples, "whole", size.whole),
        "calibration": _calibrated(samples),
        "looks": looked,
        "speed": _speed(seed),
    }


def _pieces(size: Size, seed: int) -> Iterator[Piece]:
    for table in ("single", "whole", "looks"):
        for rpm, reps in getattr(size, table).items():
            for each in _judged(rpm):
                for some in _cut(reps):
                    yield Piece(table, each.number, rpm, some, seed, size.peers)
    for number, case in enumerate(CASES):
        reps = size.promised if case.promised else size.calibration
        for some in _cut(reps if size.peers or case.rpm < HIGH else 0, 3 * EACH):
            yield Piece("calibration", number, case.rpm, some, seed)


def _judged(rpm: int) -> Iterable[Scenario]:
    """Without any traffic, one rate is as good as another."""
    return (each for each in SCENARIOS if rpm == LOW or not each.silent)


def _cut(reps: int, each: int = EACH) -> Iterator[range]:
    return (range(begin, min(begin + each, reps)) for begin in range(0, reps, each))


def _cost(piece: Piece) -> float:
    """Roughly, in seconds: what is longest is begun first."""
    one = {"single": 0.05, "whole": 0.1, "looks": 0.15 + piece.rpm / 30_000, "calibration": 0.012}
    return len(piece.reps) * one[piece.table]


def _done(pieces: list[Piece], processes: int) -> Iterator[tuple[Piece, Any]]:
    if processes == 1:
        yield from map(_do, pieces)
        return
    with multiprocessing.Pool(processes) as pool:
        yield from pool.imap_unordered(_do, pieces)


def _do(piece: Piece) -> tuple[Piece, Any]:
    if piece.table == "calibration":
        found = calibration.judge(piece.number, piece.reps, piece.seed)
        return piece, {"": found}
    if piece.table == "looks":
        each = SCENARIOS[piece.number]
        made = (trace(each, piece.rpm, rep, (10,), seed=piece.seed) for rep in piece.reps)
        return piece, sum(differing(one, piece.seed) for one in made)
    chunk = runs.Chunk(piece.table, piece.number, piece.rpm, piece.reps, piece.seed, piece.peers)
    return piece, runs.run(chunk)


def _table(
    samples: dict[tuple[str, int, int], dict[str, list[Sample]]], table: str, rates: Iterable[int]
) -> Results:
    return {
        str(rpm): {
            each.name: {
                method: vars(cell(found)) for method, found in samples[table, rpm, each.number].items()
            }
            for each in SCENARIOS
            if (table, rpm, each.number) in samples
        }
        for rpm in rates
    }


def _calibrated(samples: dict[tuple[str, int, int], dict[str, list[Any]]]) -> Results:
    found: Results = {}
    for number, case in enumerate(CASES):
        each = samples.get(("calibration", case.rpm, number), {}).get("")
        if each:
            found.setdefault(case.kind, {})[case.name] = calibration.summary(case, each)
    return found


def _speed(seed: int) -> Results:
    """The judge's time for an hour at the highest rate, the candidate being slower or not, by tier."""
    found: Results = {}
    for name in ("AA quiet", "latency x1.3"):
        made = trace(scenario(name), HIGH, 0, (10,), seed=seed)
        for tier in Tier:
            usual = baseline(made, tier, stages=STAGES)
            found[f"{name}, {tier}"] = timed(stage_blocks(made, tier, 0), usual)
    return found


class _Progress:
    """Says how far it is, on standard error."""

    def __init__(self, pieces: list[Piece]) -> None:
        self._all = sum(map(_cost, pieces))
        self._done = 0.0
        self._begin = self._said = time.monotonic()

    def add(self, piece: Piece) -> None:
        self._done += _cost(piece)
        now = time.monotonic()
        if now - self._said >= SAID:
            self._said = now
            took = now - self._begin
            left = took * (self._all / self._done - 1)
            done = self._done / self._all
            print(f"{done:4.0%} after {took:.0f} s, about {left:.0f} s to go", file=sys.stderr, flush=True)
