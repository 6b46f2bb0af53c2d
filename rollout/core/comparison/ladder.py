"""Which ladder suits a rate of requests: stages that can be decided while people are willing to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.eta import clear_eta, eta
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from rollout.core.gates.comparative import ComparisonSettings

SHARES = (5, 10, 25, 50)
"""What a first stage may have, in percent; the last compared stage has the greatest."""

_LEAST_BAKE = timedelta(minutes=15)
_STEP = timedelta(minutes=5)
_WORSE = 2
"""A candidate worse by twice the margin is to be told as soon as one as good as prod."""


@dataclass(frozen=True)
class Rung:
    """A proposed stage."""

    traffic: int
    bake: timedelta
    decided: timedelta | None
    """About when its gates can tell a candidate as good as prod from a bad one; None at 100 %, or never."""


@dataclass(frozen=True)
class Ladder:
    """A proposal, and what is wrong with it where the traffic is too low."""

    rungs: tuple[Rung, ...]
    warning: str | None


def propose(
    per_minute: float,
    base_share: float,
    margin: float,
    settings: ComparisonSettings,
    max_wait: timedelta,
    *,
    gates: int = 2,
) -> Ladder:
    """Return a ladder for so many requests a minute to the endpoint.

    It begins at the least share that is decided within `max_wait`, so that few requests meet a bad
    candidate, and compares once more at 50 %. Where not even that is decided in time, it says so.
    """
    found = {
        share: decided(per_minute, share, base_share, margin, settings, stages=2, gates=gates)
        for share in SHARES
    }
    in_time = [share for share, after in found.items() if after is not None and after <= max_wait]
    first = in_time[0] if in_time else SHARES[-1]
    shares = dict.fromkeys((first, SHARES[-1]))
    rungs = tuple(Rung(share, _bake(found[share], max_wait), found[share]) for share in shares)
    whole = Rung(WHOLE, _bake(None, max_wait), None)
    return Ladder((*rungs, whole), None if in_time else _warning(per_minute, margin, found[first], max_wait))


def decided(
    per_minute: float,
    share: int,
    base_share: float,
    margin: float,
    settings: ComparisonSettings,
    *,
    stages: int,
    gates: int,
) -> timedelta | None:
    """Return about when a stage clears a candidate as good as prod and fails one worse by twice the margin.

    `share` is in percent. The later of the two; at least `min_blocks` and `min_requests`. None where never.
    """
    rate_c, rate_p = per_minute * share / WHOLE, per_minute * (WHOLE - share) / WHOLE
    alpha = settings.alpha / (stages * gates)
    cleared = clear_eta(rate_c, rate_p, base_share, margin, settings.beta, block=settings.block)
    failed = eta(rate_c, rate_p, base_share, _WORSE * margin, alpha, block=settings.block)
    if cleared is None or failed is None:
        return None
    enough = timedelta(minutes=math.ceil(settings.min_requests / rate_c))
    return max(cleared, failed, enough, settings.min_blocks * settings.block)


def _bake(after: timedelta | None, max_wait: timedelta) -> timedelta:
    """Return a bake that leaves time to decide, in steps of five minutes."""
    if after is None:
        return max(_LEAST_BAKE, min(max_wait, 2 * _LEAST_BAKE))
    return max(_LEAST_BAKE, min(max_wait, math.ceil(after / _STEP) * _STEP))


def _warning(per_minute: float, margin: float, after: timedelta | None, max_wait: timedelta) -> str:
    told = "never" if after is None else f"after about {after // timedelta(minutes=1)} minutes"
    return (
        f"at {per_minute:g} requests a minute not even a stage of 50 % tells +{margin * 100:g} points within "
        f"{max_wait // timedelta(minutes=1)} minutes ({told}): raise maxWait or the margin, "
        "or let a person accept what is proved"
    )
