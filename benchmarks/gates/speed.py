"""How long the judge takes, in a process of its own that has no numpy.

    python -m benchmarks.gates.speed < stage.json

The stage is 60 minutes at 6000 requests a minute; the time is the processor's for judging it all, from the
blocks to the sentences, the best of five: what else the machine does has no part in it.
"""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING, Any

from rollout.core.comparison.blocks import Arm, Baseline, Block, StageBlocks, Tier
from rollout.core.comparison.compare import compare
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["timed"]

TURNS = 5
ROOT = Path(__file__).parents[2]


def timed(blocks: Sequence[Block], baseline: Baseline) -> dict[str, Any]:
    """Judge a 10 % stage in another process: `ms`, and whether it has `numpy` in."""
    arms = [[block.at.isoformat(), *_plain(block.candidate), *_plain(block.prod)] for block in blocks]
    usual = [
        baseline.tier,
        baseline.requests,
        baseline.error_share,
        baseline.slow_ms,
        baseline.stages,
        baseline.gates,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.gates.speed"],
        input=json.dumps({"blocks": arms, "baseline": usual}),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    return json.loads(done.stdout)


def _plain(arm: Arm) -> list[Any]:
    return [arm.requests, arm.errors, arm.slow, arm.p50, arm.p95]


def main() -> int:
    """Read a stage, judge it, and print the time."""
    given = json.load(sys.stdin)
    tier, requests, share, slow, stages, gates = given["baseline"]
    baseline = Baseline(Tier(tier), requests, share, slow and tuple(slow), stages, gates)
    blocks = tuple(
        Block(
            datetime.fromisoformat(at),
            Arm(n, e, tuple(slow), p50, p95),
            Arm(of, usual, tuple(usually), q50, q95),
        )
        for at, n, e, slow, p50, p95, of, usual, usually, q50, q95 in given["blocks"]
    )
    stage = StageBlocks(10, 0, blocks)
    compared = (
        ComparativeGate("errors", Measure.ERRORS, margin=0.01),
        ComparativeGate("latency", Measure.LATENCY, margin=0.025),
    )
    best = float("inf")
    for _ in range(TURNS):
        begin = process_time()
        compare(compared, ComparisonSettings(), baseline, (stage,))
        best = min(best, process_time() - begin)
    print(json.dumps({"ms": round(1000 * best, 1), "numpy": "numpy" in sys.modules}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
