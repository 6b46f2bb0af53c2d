"""A trace as the gates see it: blocks of both tiers, and the baseline that the hour before gives."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gates.series import BEGIN
from rollout.core.comparison.blocks import Arm, Baseline, Block, Tier

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.gates.arms import Floats, Minutes
    from benchmarks.gates.traces import StageTrace, Trace

__all__ = ["baseline", "blocks"]


def baseline(trace: Trace, tier: Tier, *, stages: int, gates: int = 2) -> Baseline:
    """What a rollout would freeze at its begin."""
    p50, p95, p99 = trace.usual
    if tier is Tier.METRICS:
        p50, p95 = (float(np.nanmedian(values)) for values in (trace.history.p50, trace.history.p95))
        p99 = p95
    return Baseline(
        tier=tier,
        requests=int(trace.history.requests.sum()),
        error_share=_digits(trace.usual_errors),
        slow_ms=(_digits(p50), _digits(p95), _digits(p99)),
        stages=stages,
        gates=gates,
    )


def blocks(
    stage: StageTrace, tier: Tier, usual: Sequence[float], *, slack: float, begin: int = 0
) -> tuple[Block, ...]:
    """A stage's blocks; `begin` is the minute after the first stage's begin at which it starts."""
    if tier is Tier.LOGS:
        candidate = _logged(stage.candidate, [each * (1 + slack) for each in usual])
        prod = _logged(stage.prod, usual)
    else:
        candidate, prod = _metered(stage.candidate), _metered(stage.prod)
    times = (BEGIN + timedelta(minutes=begin + minute) for minute in range(len(stage)))
    return tuple(Block(*each) for each in zip(times, candidate, prod, strict=True))


def _logged(arm: Minutes, thresholds: Sequence[float]) -> list[Arm]:
    slow = zip(*(arm.slow(each).tolist() for each in thresholds), strict=True)
    counts = zip(arm.requests.tolist(), arm.errors.tolist(), slow, strict=True)
    return [Arm(requests, errors, (j50, j95, j99)) for requests, errors, (j50, j95, j99) in counts]


def _metered(arm: Minutes) -> list[Arm]:
    columns = (arm.requests.tolist(), arm.errors.tolist(), _values(arm.p50), _values(arm.p95))
    return [
        Arm(requests, errors, p50=p50, p95=p95) for requests, errors, p50, p95 in zip(*columns, strict=True)
    ]


def _digits(number: float) -> float:
    """As many as a rollout's record keeps."""
    return float(f"{number:.6g}")


def _values(values: Floats) -> list[float | None]:
    return [None if value != value else value for value in values.tolist()]  # noqa: PLR0124 - nan
