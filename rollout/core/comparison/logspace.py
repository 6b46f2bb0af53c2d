"""Sums of numbers that are known by their natural logarithm, and may be far too great for a float."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

NOTHING = -math.inf
"""The logarithm of zero."""


def log_sum(logs: Sequence[float]) -> float:
    """Return the logarithm of the sum; of none, that of zero."""
    top = max(logs, default=NOTHING)
    if top == NOTHING:
        return NOTHING
    return top + math.log(math.fsum(math.exp(each - top) for each in logs))


def log_average(logs: Sequence[float]) -> float:
    """Return the logarithm of the mean of at least one number."""
    return log_sum(logs) - math.log(len(logs))


def log_mean(parts: Sequence[float], logs: Sequence[float]) -> float:
    """Return the logarithm of the mean of numbers that have those parts of 1 in it."""
    return log_sum([math.log(part) + each for part, each in zip(parts, logs, strict=True)])


def even(count: int, whole: float = 1.0) -> tuple[float, ...]:
    """Return so many equal parts of a whole."""
    return (whole / count,) * count if count else ()


def log_choose(n: int, k: int) -> float:
    """Return the logarithm of the number of ways to choose k of n."""
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def log_beta(a: float, b: float) -> float:
    """Return the logarithm of the beta function."""
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)
