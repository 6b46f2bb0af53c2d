"""How long a gate takes at the traffic that its stage has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.counts import LEVELS
from rollout.core.comparison.eta import eta, sign_eta
from rollout.core.gates.comparative import Measure

if TYPE_CHECKING:
    from rollout.core.comparison.comparer import Stage
    from rollout.core.comparison.watch import Watch
    from rollout.core.comparison.weights import Weights
    from rollout.core.gates.comparative import ComparisonSettings

_HISTORY_WEIGHT = 200
_MINUTE = timedelta(minutes=1)


def time_to_tell(
    watch: Watch, stage: Stage, settings: ComparisonSettings, weights: Weights, share: float | None = None
) -> timedelta | None:
    """Return about how long a stage with this one's traffic takes to tell a candidate worse by the margin.

    `share` asks the same for another share of it. None at 100 %, and where there is no traffic.
    """
    if stage.whole or not stage.blocks or watch.blind is not None:
        return None
    alpha = settings.alpha / (weights.stages * weights.gates)
    if watch.by_signs:
        return sign_eta(alpha, settings.block)
    if watch.gate.measure is Measure.LATENCY:
        alpha /= len(LEVELS)
    minutes = stage.blocks * settings.block / _MINUTE
    rate_c, rate_p = stage.n_c / minutes, stage.n_p / minutes
    if share is not None:
        rate_c, rate_p = (rate_c + rate_p) * share, (rate_c + rate_p) * (1 - share)
    base = (_HISTORY_WEIGHT * watch.usual + watch.total.y_p) / (_HISTORY_WEIGHT + watch.total.n_p)
    return eta(rate_c, rate_p, base, watch.allowed, alpha, block=settings.block)
