"""Histories in several processes, one after the other in each, with what came of all of them."""

from __future__ import annotations

import queue
import signal
import sys
import tempfile
import time
import traceback
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.soak.machine import Histories, Stage, Tally
from tests.soak.place import place

if TYPE_CHECKING:
    from multiprocessing.queues import Queue
    from types import FrameType


def history(stage: Stage, steps: int, seed: int) -> Tally:
    """Live through one history of so many steps; the same seed makes the same choices."""
    tally = Tally()

    class Here(Histories):
        pass

    Here.stage, Here.tally = stage, tally
    Here._hypothesis_internal_use_seed = seed  # what hypothesis.seed() sets
    profile = settings(
        max_examples=1,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    try:
        run_state_machine_as_test(Here, settings=profile, _min_steps=steps)
    except Exception:  # noqa: BLE001 - told with the history; Hypothesis can't live it again
        if not tally.broken:
            tally.histories = 1
            tally.broken.append(traceback.format_exc())
            stage.leave()
    return tally


def side_by_side(count: int, steps: int, seed: int, jobs: int) -> Tally:
    """Live through so many histories in so many processes, each with a local Azure of its own; their sum.

    Each is told as it ends. One that breaks a law is printed, and the others go on. Raises where a process
    ends early.
    """
    began, total = time.monotonic(), Tally()
    spawn = get_context("spawn")
    ended: Queue[tuple[int, Tally]] = spawn.Queue()
    workers = [
        spawn.Process(target=_some, args=(range(seed + first, seed + count, jobs), steps, ended), daemon=True)
        for first in range(min(jobs, count))
    ]
    for worker in workers:
        worker.start()
    try:
        while total.histories < count:
            try:
                number, one = ended.get(timeout=5)
            except queue.Empty:
                if any(worker.exitcode not in (None, 0) for worker in workers):
                    raise RuntimeError(f"a process ended early, after {total.histories} histories") from None
                continue
            total.add(one)
            _tell(number, one, total, count, time.monotonic() - began)
    finally:
        for worker in workers:
            if total.histories < count and worker.is_alive():
                worker.terminate()
            worker.join(60)
    return total


def _some(seeds: range, steps: int, ended: Queue[tuple[int, Tally]]) -> None:
    """Live through the histories of these seeds; whatever ends this process, its local Azure ends too."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _leave)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder, place(Path(folder)) as where:
        stage = Stage(where)
        for seed in seeds:
            ended.put((seed, history(stage, steps, seed)))
        stage.leave()


def _leave(_number: int, _frame: FrameType | None) -> None:
    Histories.leaving = True
    sys.exit(1)


def _tell(seed: int, one: Tally, total: Tally, count: int, seconds: float) -> None:
    state = "BROKE A LAW" if one.broken else "held"
    print(
        f"{total.histories:4} of {count}, seed {seed}: {state}; {one.steps} steps, {one.ups} ups in"
        f" {one.in_ups:.0f} s; {seconds / 60:.1f} minutes",
        flush=True,
    )
    for story in one.broken:
        print(story, flush=True)
