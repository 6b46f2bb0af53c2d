"""How a block's events fall on the two arms, given how many there are: exact sums in log space.

Given the requests of both arms and the number of events, a model with the odds ratio psi says that the
candidate's events follow Fisher's noncentral hypergeometric distribution; psi = 1 is the usual one.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from rollout.core.comparison.logspace import log_choose

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.comparison.counts import Counts

_SMALL = 1e-9
"""Of the greatest term: what comes after is bounded from above, so evidence is never more than exactly."""


def log_ratios(counts: Counts, odds: Sequence[float]) -> list[float]:
    """Return, for each odds ratio psi, the logarithm of how much better it explains the split than psi = 1.

    That is ln(psi^y_c / M), M the mean of psi^x over the hypergeometric distribution, so its mean is 1
    where the labels of the arms are exchangeable, and less where the candidate's odds are lower than prod's.
    """
    if not counts.informs:
        return [0.0] * len(odds)
    draw = _Draw(counts.n_c, counts.n_p, counts.y_c + counts.y_p)
    return [counts.y_c * math.log(psi) - draw.log_mean(psi) for psi in odds]


def at_most(x: int, marked: int, others: int, drawn: int) -> float:
    """Return the chance of at most x marked ones among those drawn."""
    draw = _Draw(marked, others, drawn)
    if x < draw.low:
        return 0.0
    if x >= draw.high:
        return 1.0
    if x < draw.mode(1.0):
        return math.exp(draw.log_term(x)) * draw.downwards(x, 1.0)
    return 1.0 - math.exp(draw.log_term(x + 1)) * draw.upwards(x + 1, 1.0)


class _Draw(NamedTuple):
    """A number drawn without replacement from marked ones and others."""

    marked: int
    others: int
    drawn: int

    @property
    def low(self) -> int:
        return max(0, self.drawn - self.others)

    @property
    def high(self) -> int:
        return min(self.marked, self.drawn)

    def log_mean(self, psi: float) -> float:
        """Return the logarithm of the mean of psi^x: terms summed from the greatest outwards."""
        mode = self.mode(psi)
        terms = self.upwards(mode, psi) + self.downwards(mode, psi) - 1.0
        return self.log_term(mode) + mode * math.log(psi) + math.log(terms)

    def log_term(self, x: int) -> float:
        """Return the logarithm of the chance of x under psi = 1."""
        return (
            log_choose(self.marked, x)
            + log_choose(self.others, self.drawn - x)
            - log_choose(self.marked + self.others, self.drawn)
        )

    def mode(self, psi: float) -> int:
        """Return the likeliest value: where the ratio of neighbouring terms passes 1 (a quadratic in x)."""
        a = psi - 1.0
        b = self.drawn - self.others - (self.marked + self.drawn + 2) * psi
        c = (self.marked + 1) * (self.drawn + 1) * psi
        root = math.sqrt(max(b * b - 4 * a * c, 0.0))
        return min(max(int(-2 * c / (b - root)), self.low), self.high)

    def upwards(self, x: int, psi: float) -> float:
        """Return the sum of the terms from x up, in units of the term at x, which none of them exceeds."""
        marked, drawn, gap = self.marked, self.drawn, self.others - self.drawn
        total = term = 1.0
        for at in range(x, self.high):
            ratio = psi * (marked - at) * (drawn - at) / ((at + 1) * (gap + at + 1))
            term *= ratio
            total += term
            if term < _SMALL:
                return total + _rest(term, ratio)
        return total

    def downwards(self, x: int, psi: float) -> float:
        """Return the sum of the terms from x down, in units of the term at x, which none of them exceeds."""
        marked, drawn, gap = self.marked, self.drawn, self.others - self.drawn
        total = term = 1.0
        for at in range(x, self.low, -1):
            ratio = at * (gap + at) / (psi * (marked - at + 1) * (drawn - at + 1))
            term *= ratio
            total += term
            if term < _SMALL:
                return total + _rest(term, ratio)
        return total


def _rest(term: float, ratio: float) -> float:
    """Return at least the sum after a term: ratios only fall outwards, so that of a geometric series."""
    return term * ratio / (1.0 - ratio)
