"""How long a gate takes at the traffic that its stage has."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.counts import P95
from rollout.core.comparison.eta import clear_eta, sign_eta
from rollout.core.comparison.passing import HISTORY_WEIGHT
from rollout.core.comparison.signs import chance_above

if TYPE_CHECKING:
    from rollout.core.comparison.comparer import Stage
    from rollout.core.comparison.watch import Watch
    from rollout.core.gates.comparative import ComparisonSettings

_MINUTE = timedelta(minutes=1)


def time_to_clear(
    watch: Watch, stage: Stage, settings: ComparisonSettings, share: float | None = None
) -> timedelta | None:
    """Return about how long a stage with this one's traffic takes to clear a candidate as good as prod.

    `share` asks the same for another share of that traffic. None at 100 %, and where there is no traffic.
    """
    if stage.whole or watch.blind is not None or not (stage.n_c and stage.n_p):
        return None
    each, total = stage.share if share is None else share, stage.n_c + stage.n_p
    if share is None:
        each = stage.n_c / total
    least = max(settings.min_blocks, round(settings.min_requests / (total * each) * stage.blocks))
    proof = _proof(watch, stage, settings, (total * each, total * (1 - each)))
    return None if proof is None else max(proof, least * settings.block)


def _proof(
    watch: Watch, stage: Stage, settings: ComparisonSettings, requests: tuple[float, float]
) -> timedelta | None:
    """Return how long the proof itself takes, with so many requests to both arms in as long as the stage."""
    if watch.by_signs:
        n_c, n_p = (max(1, round(each / stage.blocks)) for each in requests)
        chance = max(0.5, 1 - chance_above(n_c, n_p, P95))
        return sign_eta(1 / settings.beta, settings.block, chance)
    minutes = stage.blocks * settings.block / _MINUTE
    base = (HISTORY_WEIGHT * watch.usual + watch.total.y_p) / (HISTORY_WEIGHT + watch.total.n_p)
    rate_c, rate_p = (each / minutes for each in requests)
    return clear_eta(rate_c, rate_p, base, watch.allowed, settings.beta, block=settings.block)
