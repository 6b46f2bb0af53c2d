"""How the evidence of all gates and stages makes one number with one bound."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core.comparison.logspace import NOTHING, even, log_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.comparison.blocks import Baseline

FIRST = 0.9
"""The first stage's part where there are several: its count is the one that goes on through all of them.

Where bad minutes of one arm add up by chance it is mostly in a later stage with a greater share.
"""

_CULPRIT = math.log(0.5)


class Weights:
    """Parts for the stages and gates that were known when the rollout's baseline was frozen.

    Gates have equal ones, and so have the stages after the first. They never make more than 1 in all,
    whatever config says since: what came later has none. What has a part and isn't there (a stage not begun,
    a gate taken out) counts as evidence 1, as all begins.
    """

    def __init__(self, baseline: Baseline) -> None:
        self.stages = max(1, baseline.stages)
        self.gates = max(1, baseline.gates)
        self._stages = (first_part(baseline), *even(self.stages - 1, (1 - FIRST)))

    def of_gate(self, logs: Sequence[float]) -> float:
        """Return the logarithm of a gate's part, from its evidence since each stage that began."""
        begun = self._stages[: len(logs)]
        rest = math.fsum(self._stages[len(logs) :])
        known = [math.log(part) + log for part, log in zip(begun, logs, strict=True)]
        return log_sum([*known, math.log(rest) if rest > 0 else NOTHING]) - math.log(self.gates)

    def of_guard(self, log: float) -> float:
        """Return the logarithm of a gate's part at 100 %, where the error rate is the guard's own."""
        return log - math.log(self.gates)

    def total(self, parts: Sequence[float]) -> float:
        """Return the logarithm of all evidence, from the parts of at most as many gates as have a weight."""
        absent = self.gates - len(parts)
        return log_sum([*parts, math.log(absent / self.gates) if absent > 0 else NOTHING])


def first_part(baseline: Baseline) -> float:
    """Return the first compared stage's part of the error rate."""
    return FIRST if baseline.stages > 1 else 1.0


def culprits(parts: Sequence[float], bound: float) -> list[bool]:
    """Return which gates convict, where all together reach the bound: logarithms, as all evidence.

    Those with at least half of the greatest part, and those that would convict alone.
    """
    least = min(max(parts, default=NOTHING) + _CULPRIT, bound)
    return [part >= least for part in parts]
