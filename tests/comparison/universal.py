"""Another published way to clear a candidate, which proves less: what ours is held against.

Universal inference (Wasserman, Ramdas, Balakrishnan, arXiv 1912.11436) on counts of two arms with constant
shares: a beta mixture around prod's usual share, over the greatest likelihood that the null allows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from rollout.core.comparison.logspace import log_beta

if TYPE_CHECKING:
    from rollout.core.comparison.counts import Counts


def log_universal(counts: Counts, margin: float, usual: float) -> float:
    y_c, n_c, y_p, n_p = counts
    usual = max(usual, 1e-4)
    a, b = 200 * usual + 0.5, 200 * (1 - usual) + 0.5
    y, n = y_c + y_p, n_c + n_p
    mixed = log_beta(a + y, b + n - y) - log_beta(a, b)
    if counts.candidate_share >= counts.prod_share + margin:
        return mixed - _log_likelihood(counts, counts.candidate_share, counts.prod_share)
    low, high = 0.0, 1 - margin
    for _ in range(60):
        p = (low + high) / 2
        up = (y_p / p if y_p else 0) + (y_c / (p + margin) if y_c else 0)
        if up > (n_p - y_p) / (1 - p) + (n_c - y_c) / (1 - p - margin):
            low = p
        else:
            high = p
    return mixed - _log_likelihood(counts, low + margin, low)


def _log_likelihood(counts: Counts, p_c: float, p_p: float) -> float:
    y_c, n_c, y_p, n_p = counts
    parts = ((y_c, p_c), (n_c - y_c, 1 - p_c), (y_p, p_p), (n_p - y_p, 1 - p_p))
    return sum(count * math.log(share) if share > 0 else -math.inf for count, share in parts if count)
