"""How the evidence of all gates and stages makes one number with one bound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core.comparison.logspace import NOTHING, log_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.comparison.blocks import Baseline

_CULPRIT = math.log(0.5)


class Weights:
    """Equal parts for the stages and gates that were known when the rollout's baseline was frozen.

    They never make more than 1 in all, whatever config says since: what came later has none. What has
    a weight and isn't there (a stage not begun, a gate taken out) counts as evidence 1, as all begins.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.stages = max(1, baseline.stages)
        self.gates = max(1, baseline.gates)

    def of_gate(self, logs: Sequence[float]) -> float:
        """Return the logarithm of a gate's part, from its evidence since each stage that began."""
        waiting = self.stages - len(logs)
        rest = math.log(waiting) if waiting > 0 else NOTHING
        return log_sum([*logs, rest]) - math.log(self.stages * self.gates)

    def of_guard(self, log: float) -> float:
        """Return the logarithm of a gate's part at 100 %, where the error rate is the guard's own."""
        return log - math.log(self.gates)

    def total(self, parts: Sequence[float]) -> float:
        """Return the logarithm of all evidence, from the parts of at most as many gates as have a weight."""
        absent = self.gates - len(parts)
        return log_sum([*parts, math.log(absent / self.gates) if absent > 0 else NOTHING])


def culprits(parts: Sequence[float]) -> list[bool]:
    """Return which gates convict, where all together do: those with at least half of the greatest part."""
    top = max(parts, default=NOTHING)
    return [part >= top + _CULPRIT for part in parts]
