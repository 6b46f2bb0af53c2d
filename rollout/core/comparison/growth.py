"""How evidence grows block by block, for what was wrong from the start and for what goes wrong later."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core.comparison.logspace import NOTHING, log_sum

if TYPE_CHECKING:
    from collections.abc import Sequence

LATER = 0.05
"""The part of the evidence that is set aside for a candidate that turns bad after a while."""


class Growth:
    """The product of factors since the start, averaged over alternatives and over when they began to hold.

    A good candidate's product shrinks without end, and each block can add little: hours later, no regression
    would ever be seen. So a part of the evidence starts afresh at every block, the k-th with a weight of
    1/(k (k + 1)); the weights make 1 in all. What has not started yet counts as 1. A weighted mean of
    supermartingales is one. A change at block k costs ln(k (k + 1) / 0.05) more evidence, some blocks; a
    candidate that is bad from the start ln(1 / 0.95).
    """

    def __init__(self, parts: Sequence[float], later: float = LATER) -> None:
        self._parts = [math.log(part) for part in parts]
        self._whole = list(self._parts)
        self._fresh = [NOTHING] * len(self._parts)
        self._later = later
        self._blocks = 0

    def add(self, factors: Sequence[float]) -> None:
        """Multiply by a block's factors, given as natural logarithms, one an alternative."""
        self._blocks += 1
        start = -math.log(self._blocks * (self._blocks + 1))
        self._whole = [old + new for old, new in zip(self._whole, factors, strict=True)]
        each = zip(self._fresh, self._parts, factors, strict=True)
        self._fresh = [_either(old, part + start) + new for old, part, new in each]

    def log(self) -> float:
        """Return the natural logarithm of the evidence so far."""
        whole = log_sum(self._whole)
        if not self._later:
            return whole
        later = log_sum([*self._fresh, -math.log(self._blocks + 1)])
        return log_sum([math.log1p(-self._later) + whole, math.log(self._later) + later])


def _either(one: float, other: float) -> float:
    high, low = (one, other) if one > other else (other, one)
    return high + math.log1p(math.exp(low - high))
