"""The Mann-Whitney test's interval for how far one sample lies above another, as Kayenta takes it.

(spinnaker/kayenta, kayenta-mannwhitney: the normal approximation with correction for ties and continuity, as
R's wilcox.test with exact=FALSE, solved by R's zeroin with a tolerance of 1e-4.) Written from the formulas;
it gives the numbers of spinnaker/spinnaker#6278 to 14 digits and more, which is a test.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from benchmarks.gates.arms import Floats

__all__ = ["AllTiedError", "Shift", "shift"]

TOLERANCE = 1e-4
EPSILON = 2.220446049250313e-16
MOST_STEPS = 1000


class AllTiedError(ArithmeticError):
    """Every value is the same somewhere in the search, so there is no interval."""


@dataclass(frozen=True)
class Shift:
    """How much greater the first sample's values are than the second's."""

    low: float
    high: float
    estimate: float
    """Hodges and Lehmann's."""


def shift(first: Floats, second: Floats, confidence: float) -> Shift:
    """Return the two-sided interval and the estimate.

    Raises:
        AllTiedError: There is none.
    """
    least, most = float(first.min() - second.max()), float(first.max() - second.min())
    quantile = NormalDist().inv_cdf((1 - confidence) / 2)

    def root(level: float) -> float:
        below, above = _excess(least, level, first, second), _excess(most, level, first, second)
        if below <= 0:
            return least
        if above >= 0:
            return most
        return _zero(least, most, below, above, lambda mu: _excess(mu, level, first, second))

    low, high = root(-quantile), root(quantile)
    below, above = _excess(least, 0, first, second), _excess(most, 0, first, second)
    estimate = _zero(least, most, below, above, lambda mu: _excess(mu, 0, first, second))
    return Shift(low, high, estimate)


def _excess(mu: float, level: float, first: Floats, second: Floats) -> float:
    """How far the standardised rank sum of `first - mu` is above a level."""
    n, m = len(first), len(second)
    _, place, ties = np.unique(np.concatenate((first - mu, second)), return_inverse=True, return_counts=True)
    ranks = ties.cumsum() - (ties - 1) / 2
    above = float(ranks[place[:n]].sum()) - n * (n + 1) / 2 - n * m / 2
    tied = float((ties.astype(float) ** 3 - ties).sum())
    spread = math.sqrt((n * m / 12) * ((n + m + 1) - tied / ((n + m) * (n + m - 1))))
    if spread == 0:
        raise AllTiedError
    return (above - math.copysign(0.5, above) * (above != 0)) / spread - level


def _zero(a: float, b: float, fa: float, fb: float, function: Callable[[float], float]) -> float:
    """Brent's root finder, step by step as R's zeroin: what it returns depends on its path."""
    if fa == 0:
        return a
    if fb == 0:
        return b
    c, fc = a, fa
    for _ in range(MOST_STEPS):
        before = b - a
        if abs(fc) < abs(fb):
            a, b, c = b, c, b
            fa, fb, fc = fb, fc, fb
        least = 2 * EPSILON * abs(b) + TOLERANCE / 2
        step = (c - b) / 2
        if abs(step) <= least or fb == 0:
            return b
        if abs(before) >= least and abs(fa) > abs(fb):
            step = _interpolated((a, b, c), (fa, fb, fc), before, least, step)
        if abs(step) < least:
            step = math.copysign(least, step)
        a, fa = b, fb
        b += step
        fb = function(b)
        if fb * fc > 0:
            c, fc = a, fa
    return b


def _interpolated(
    at: tuple[float, float, float],
    value: tuple[float, float, float],
    before: float,
    least: float,
    halved: float,
) -> float:
    """The step by interpolation, or the halving step where that would lead too far."""
    (a, b, c), (fa, fb, fc) = at, value
    gap = c - b
    if a == c:
        ratio = fb / fa
        p, q = gap * ratio, 1 - ratio
    else:
        q, ratio, other = fa / fc, fb / fc, fb / fa
        p = other * (gap * q * (q - ratio) - (b - a) * (ratio - 1))
        q = (q - 1) * (ratio - 1) * (other - 1)
    if p > 0:
        q = -q
    else:
        p = -p
    if p < 0.75 * gap * q - abs(least * q) / 2 and p < abs(before * q / 2):
        return p / q
    return halved
