"""The key `stages`, and what goes with the ladder."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from rollout.core.config import ladder_rules, values
from rollout.core.config.problems import NotAllowedError, parsed
from rollout.core.config.settings import LadderSettings
from rollout.core.plan import OnInconclusive, OnNoData, Stage

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys

LOGS_LAG = timedelta(minutes=5)
"""How late the rows of a log may be, where config doesn't say."""

_ZERO = timedelta(0)
_DAY = timedelta(days=1)
_YEAR = timedelta(days=365)
_SLOTS = "a list of two or more deployment names, such as [blue, green]"


def ladder(keys: Keys, *, reads_logs: bool) -> LadderSettings:
    """Read the keys of the ladder; whether gates read logs decides how long `lag` is where it isn't said."""
    default = LadderSettings(())
    lag = LOGS_LAG if reads_logs else default.lag
    return LadderSettings(
        stages=tuple(_stage(each) for each in keys.objects("stages", ladder_rules.LADDER)),
        slots=keys.take("slots", _slots, default.slots),
        retire_after=keys.take("retireAfter", values.duration(_ZERO, _YEAR), default.retire_after),
        keep_failed=keys.take("keepFailed", values.flag, default.keep_failed),
        settle=keys.take("settle", values.duration(_ZERO, _DAY), default.settle),
        lag=keys.take("lag", values.duration(_ZERO, _DAY), lag),
        max_wait=keys.take("maxWait", values.duration(_ZERO, _YEAR), default.max_wait),
        on_inconclusive=keys.take("onInconclusive", values.choice(OnInconclusive), default.on_inconclusive),
        on_no_data=keys.take("onNoData", values.choice(OnNoData), default.on_no_data),
    )


def _stage(keys: Keys) -> Stage:
    read = Stage(
        traffic=keys.take("traffic", values.whole(0, 100), 0, required="the candidate's share in percent"),
        mirror=keys.take("mirror", values.whole(1, 50), 0),
        bake=keys.take("bake", values.duration(_ZERO, _YEAR), _ZERO, required="a duration, such as 30m"),
        min_requests=keys.take("minRequests", values.whole(1), 1),
        approval=keys.take("approval", values.flag, default=False),
        deadline=keys.take("deadline", values.duration(_ZERO, _YEAR), None),
    )
    keys.finish()
    return read


def _slots(value: Any) -> tuple[str, ...]:
    found = parsed(value)
    if not isinstance(found, list):
        raise NotAllowedError(_SLOTS)
    try:
        names = [values.label(name) for name in cast("list[object]", found)]
    except NotAllowedError as error:
        raise NotAllowedError(f"{_SLOTS}, each of {error}") from None
    if len(names) < 2 or len({name.casefold() for name in names}) < len(names):  # noqa: PLR2004 - blue and green
        raise NotAllowedError(_SLOTS + ", all different")
    return tuple(names)
