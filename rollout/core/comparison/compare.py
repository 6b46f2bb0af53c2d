"""Comparing a candidate with prod: each gate's verdict from the blocks of all stages so far."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core.comparison.comparer import Comparer
from rollout.core.comparison.outcome import Comparison

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline, StageBlocks
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings

__all__ = ["Comparer", "Comparison", "compare"]


def compare(
    gates: Sequence[ComparativeGate],
    settings: ComparisonSettings,
    baseline: Baseline,
    stages: Sequence[StageBlocks],
    until: datetime | None = None,
) -> tuple[Comparison, ...]:
    """Return one comparison a gate, in order; the last of the stages is the present one.

    `until` is the end of the settled time: where the last ten blocks before it hold no request to an arm,
    there is no data. Without it, it is the end of the last block. Raises `ValueError` for impossible counts.
    """
    comparer = Comparer(gates, settings, baseline)
    for stage in stages:
        comparer.open(stage.traffic, stage.mirror)
        for block in stage.blocks:
            comparer.add(block)
    return comparer.verdicts(until)
