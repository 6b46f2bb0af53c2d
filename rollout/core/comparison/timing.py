"""How long a gate takes at some traffic."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.blocks import Tier
from rollout.core.comparison.counts import P95
from rollout.core.comparison.eta import clear_eta, eta, sign_eta
from rollout.core.comparison.failing import LEVEL_PARTS
from rollout.core.comparison.growth import LATER
from rollout.core.comparison.passing import TAIL, USUALLY_IN_TAIL, USUALLY_SLOW, needed
from rollout.core.comparison.signs import chance_above
from rollout.core.comparison.weights import first_part
from rollout.core.gates.comparative import ComparativeGate, Measure

if TYPE_CHECKING:
    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparisonSettings

_MINUTE = timedelta(minutes=1)
_HALF = 0.5
_WORSE = 2


def time_to_clear(
    gate: ComparativeGate,
    settings: ComparisonSettings,
    baseline: Baseline,
    rates: tuple[float, float],
    usual: float | None = None,
) -> timedelta | None:
    """Return about how long a stage takes until the gate is Successful for a candidate as good as prod.

    `rates` are the candidate's and prod's requests a minute, `usual` is prod's share of events where more is
    known of it than the baseline. None where that is never.
    """
    rate_c, rate_p = rates
    if not (rate_c > 0 and rate_p > 0):
        return None
    if _by_signs(gate, baseline):
        proof = _signs_to_clear(settings, rates)
    else:
        share = _usual(gate, baseline) if usual is None else usual
        proof = clear_eta(rate_c, rate_p, share, gate.margin, settings.beta, block=settings.block)
        if gate.measure is Measure.LATENCY and proof is not None:
            margin = TAIL * gate.margin
            tail = clear_eta(rate_c, rate_p, USUALLY_IN_TAIL, margin, settings.beta, block=settings.block)
            proof = None if tail is None else max(proof, tail)
    if proof is None:
        return None
    enough = timedelta(minutes=math.ceil(settings.min_requests / rate_c))
    return max(proof, enough, settings.min_blocks * settings.block)


def time_to_fail(
    gate: ComparativeGate, settings: ComparisonSettings, baseline: Baseline, rates: tuple[float, float]
) -> timedelta | None:
    """Return about how long a stage takes until the gate has Failed, for one worse by twice the margin.

    In the metrics tier, for one whose P50 and P95 are the greater in every block. None where that is never.
    """
    rate_c, rate_p = rates
    alpha = settings.alpha * first_part(baseline) / max(1, baseline.gates)
    if _by_signs(gate, baseline):
        return sign_eta(1 / alpha / (1 - LATER), settings.block) if 0 < rate_c <= rate_p else None
    if gate.measure is Measure.LATENCY:
        alpha *= LEVEL_PARTS[P95]
    usual = _usual(gate, baseline)
    return eta(rate_c, rate_p, usual, _WORSE * gate.margin, alpha, block=settings.block)


def _signs_to_clear(settings: ComparisonSettings, rates: tuple[float, float]) -> timedelta | None:
    rate_c, rate_p = rates
    if rate_c > rate_p:
        return None
    minutes = settings.block / _MINUTE
    n_c, n_p = (max(1, round(rate * minutes)) for rate in rates)
    return sign_eta(
        math.exp(needed(settings.beta)), settings.block, max(_HALF, 1 - chance_above(n_c, n_p, P95))
    )


def _by_signs(gate: ComparativeGate, baseline: Baseline) -> bool:
    return gate.measure is Measure.LATENCY and baseline.tier is Tier.METRICS


def _usual(gate: ComparativeGate, baseline: Baseline) -> float:
    return baseline.error_share if gate.measure is Measure.ERRORS else USUALLY_SLOW
