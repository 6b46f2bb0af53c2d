"""Which arm's percentile was the greater, block by block: evidence where no counts can be had."""

from __future__ import annotations

import math

from rollout.core.comparison.counts import P50
from rollout.core.comparison.hypergeometric import at_most

ODDS = (1.5, 3.0, 9.0)
"""How much likelier an outcome may be than its null says; against an even chance: 60, 75 and 90 %."""


def chance_above(n_c: int, n_p: int, level: int) -> float:
    """Return how often the candidate's percentile is the greater where both arms' latencies are alike.

    A percentile is taken as the value at rank ceil(q n). The candidate's exceeds prod's exactly where among
    the ranks' sum less one of the least values of both arms fewer are the candidate's than its rank: a
    hypergeometric chance. It differs from a half where one arm has few requests.
    """
    rank_c, rank_p = _rank(n_c, level), _rank(n_p, level)
    return at_most(rank_c - 1, n_c, n_p, rank_c + rank_p - 1)


def log_tilts(chance: float, *, happened: bool) -> list[float]:
    """Return the logarithms of the evidence that something happens with greater odds than that chance says.

    For odds psi times as great the factor is psi^s / (1 + chance (psi - 1)), s whether it happened: its mean
    is 1 at that chance, and less below it.
    """
    return [(math.log(psi) if happened else 0.0) - math.log1p(chance * (psi - 1)) for psi in ODDS]


def _rank(n: int, level: int) -> int:
    percent = 50 if level == P50 else 95
    return -(-percent * n // 100)
