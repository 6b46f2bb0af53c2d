"""How long it takes to tell, for a rate of requests."""

from __future__ import annotations

import math
from datetime import timedelta

from rollout.core.comparison.failing import ODDS
from rollout.core.comparison.logspace import log_average
from rollout.core.comparison.signs import log_tilts

LEAST_BLOCKS = 3
"""The cap on what a block may say makes any verdict take so many."""


def eta(
    rate_candidate: float,
    rate_prod: float,
    base_share: float,
    worse_by: float,
    alpha: float,
    *,
    block: timedelta = timedelta(minutes=1),
) -> timedelta | None:
    """Return about how long it takes to tell a candidate whose share of events is that much greater.

    Rates are requests a minute, `alpha` the part of the error rate that the gate has at that stage. The
    expected gain per minute at the best odds ratio, in Hoeffding's bound of the evidence; whole minutes.
    None where there is no traffic to tell anything from.
    """
    total = rate_candidate + rate_prod
    if not (rate_candidate > 0 and rate_prod > 0 and worse_by > 0):
        return None
    share = rate_candidate / total
    events_candidate = rate_candidate * min(1.0, base_share + worse_by)
    events = events_candidate + rate_prod * base_share
    gain = max(events_candidate * math.log(psi) - events * math.log(1 - share + share * psi) for psi in ODDS)
    if gain <= 0:
        return None
    minutes = round((math.log(1 / alpha) + math.log(len(ODDS))) / gain)
    return max(LEAST_BLOCKS * block, timedelta(minutes=minutes))


def sign_eta(alpha: float, block: timedelta = timedelta(minutes=1)) -> timedelta:
    """Return how long the metrics tier takes to tell one whose P50 and P95 are the greater in every block."""
    tilts, count = log_tilts(0.5, happened=True), LEAST_BLOCKS
    while log_average([count * each for each in tilts]) < math.log(1 / alpha):
        count += 1
    return count * block
