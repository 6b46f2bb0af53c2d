"""How long it takes to tell, for a rate of requests."""

from __future__ import annotations

import math
from datetime import timedelta

from rollout.core.comparison.counts import Counts
from rollout.core.comparison.failing import ODDS
from rollout.core.comparison.logspace import log_average
from rollout.core.comparison.passing import log_clearance, needed
from rollout.core.comparison.signs import log_tilts

LEAST_BLOCKS = 3
"""The cap on what a block may say makes any verdict take so many."""

_MINUTE = timedelta(minutes=1)


def eta(
    rate_candidate: float,
    rate_prod: float,
    base_share: float,
    worse_by: float,
    alpha: float,
    *,
    block: timedelta = _MINUTE,
) -> timedelta | None:
    """Return about how long it takes to fail a candidate whose share of events is that much greater.

    Rates are requests a minute, `alpha` the part of the error rate that the gate has at that stage. By the
    expected gain per minute, in Hoeffding's bound of the evidence, at the odds ratio that is there first;
    whole minutes. None where there is no traffic to tell anything from.
    """
    total = rate_candidate + rate_prod
    if not (rate_candidate > 0 and rate_prod > 0 and worse_by > 0):
        return None
    share = rate_candidate / total
    events_candidate = rate_candidate * min(1.0, base_share + worse_by)
    events = events_candidate + rate_prod * base_share
    gains = {
        psi: events_candidate * math.log(psi) - events * math.log(1 - share + share * psi) for psi in ODDS
    }
    times = [math.log(1 / (alpha * ODDS[psi])) / gain for psi, gain in gains.items() if gain > 0]
    return _after(min(times), block) if times else None


def clear_eta(
    rate_candidate: float,
    rate_prod: float,
    base_share: float,
    margin: float,
    beta: float,
    *,
    block: timedelta = _MINUTE,
) -> timedelta | None:
    """Return about how long it takes to prove that a candidate as good as prod isn't worse by the margin.

    Rates are requests a minute. The expected gain per minute of the evidence that passes. None where there
    is no traffic to tell anything from.
    """
    if not (rate_candidate > 0 and rate_prod > 0 and margin > 0):
        return None
    scale = 1e6
    requests = round(rate_candidate * scale), round(rate_prod * scale)
    events = [round(each * base_share) for each in requests]
    minute = Counts(events[0], requests[0], events[1], requests[1])
    gain = log_clearance(minute, margin, max(base_share, 1 / scale)) / scale
    return _after(needed(beta) / gain, block) if gain > 0 else None


def sign_eta(odds_for: float, block: timedelta = _MINUTE, chance: float = 0.5) -> timedelta:
    """Return how long the metrics tier takes at least to reach evidence of so much to 1, by one-sided blocks.

    `chance` is how often a block falls that way where the candidate is just as bad as the null has it.
    """
    tilts, count = log_tilts(chance, happened=True), LEAST_BLOCKS
    while log_average([count * each for each in tilts]) < math.log(odds_for):
        count += 1
    return count * block


def _after(minutes: float, block: timedelta) -> timedelta:
    return max(LEAST_BLOCKS * block, round(minutes) * _MINUTE)
