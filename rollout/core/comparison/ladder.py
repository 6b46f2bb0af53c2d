"""Which ladder suits a rate of requests: stages that can be decided while people are willing to wait."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.timing import time_to_clear, time_to_fail
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings

SHARES = (5, 10, 25, 50)
"""What a first stage may have, in percent; the last compared stage has the greatest."""

_LEAST_BAKE = timedelta(minutes=15)
_LAST_BAKE = timedelta(minutes=30)
_STEP = timedelta(minutes=5)
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Rung:
    """A proposed stage."""

    traffic: int
    bake: timedelta
    cleared: timedelta | None
    """About when all gates are Successful for a candidate as good as prod; None at 100 %, or never."""
    failed: timedelta | None
    """About when each gate has Failed for one worse by twice its margin; None at 100 %, or never."""

    def within(self, max_wait: timedelta) -> bool:
        """Return whether both kinds of candidates are told by then."""
        return all(each is not None and each <= max_wait for each in (self.cleared, self.failed))


@dataclass(frozen=True)
class Ladder:
    """A proposal, and what is wrong with it where the traffic is too low."""

    rungs: tuple[Rung, ...]
    warning: str | None


def propose(
    gates: Sequence[ComparativeGate],
    settings: ComparisonSettings,
    baseline: Baseline,
    per_minute: float,
    max_wait: timedelta,
) -> Ladder:
    """Return a ladder for so many requests a minute to the endpoint.

    It begins at the least share at which all gates can tell within `max_wait`, so that few requests meet a
    bad candidate, and compares once more at 50 %. Where not even that can tell in time, it says so. Of the
    baseline only what prod usually does counts: the ladder has one or two compared stages of its own.
    """
    usual = replace(baseline, stages=2, gates=len(gates))
    rungs = [_rung(gates, settings, usual, per_minute, share) for share in SHARES]
    in_time = [rung for rung in rungs if rung.within(max_wait)]
    first, last = (in_time or rungs[-1:])[0], rungs[-1]
    chosen = [first] if first is last else [first, last]
    baked = [replace(rung, bake=_bake(rung.cleared, max_wait)) for rung in chosen]
    whole = Rung(WHOLE, _LAST_BAKE, None, None)
    return Ladder((*baked, whole), None if in_time else _warning(per_minute, last, max_wait))


def _rung(
    gates: Sequence[ComparativeGate],
    settings: ComparisonSettings,
    baseline: Baseline,
    per_minute: float,
    share: int,
) -> Rung:
    rates = per_minute * share / WHOLE, per_minute * (WHOLE - share) / WHOLE
    cleared = [time_to_clear(gate, settings, baseline, rates) for gate in gates]
    failed = [time_to_fail(gate, settings, baseline, rates) for gate in gates]
    return Rung(share, _LEAST_BAKE, _latest(cleared), _latest(failed))


def _latest(times: Sequence[timedelta | None]) -> timedelta | None:
    known = [each for each in times if each is not None]
    return max(known) if known and len(known) == len(times) else None


def _bake(cleared: timedelta | None, max_wait: timedelta) -> timedelta:
    """Return a bake that leaves time to tell, in steps of five minutes."""
    if cleared is None:
        return max(_LEAST_BAKE, max_wait)
    return max(_LEAST_BAKE, min(max_wait, math.ceil(cleared / _STEP) * _STEP))


def _warning(per_minute: float, last: Rung, max_wait: timedelta) -> str:
    told = None if last.cleared is None or last.failed is None else max(last.cleared, last.failed)
    when = "never" if told is None else f"after about {told // _MINUTE} minutes"
    return (
        f"at {per_minute:g} requests a minute not even a stage of {last.traffic} % can tell within "
        f"{max_wait // _MINUTE} minutes ({when}): raise maxWait or the margins, or let a person accept what "
        "is proved"
    )
