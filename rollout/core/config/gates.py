"""The key `gates`: checks with a fixed threshold."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, cast

from rollout.core import times
from rollout.core.config import values
from rollout.core.config.filters import metric_filter
from rollout.core.config.problems import NotAllowedError
from rollout.core.gates.fixed import Empty, FixedGate, Limit

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys

REQUIRED = "a list of at least one gate; without gates nothing would ever be promoted"

_GRAINS = {
    timedelta(minutes=m): text for m, text in ((1, "1m"), (5, "5m"), (15, "15m"), (30, "30m"), (60, "1h"))
}
_STAGE = re.compile(r"[0-9]{1,3}")
_LIMIT = (
    "a number, a duration such as 50ms for metrics in milliseconds, or one of these per stage: {10: 1, 50: 0}"
)


class Source(StrEnum):
    """Where a gate's measurements come from."""

    METRICS = "metrics"


class Aggregation(StrEnum):
    """Azure Monitor's ways to make one value of the samples of an interval."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    TOTAL = "Total"
    COUNT = "Count"


def gate(keys: Keys) -> FixedGate:
    """Read one gate."""
    keys.take("source", values.choice(Source), Source.METRICS)
    read = FixedGate(
        name=keys.take("name", values.gate_name, "", required="a name for the gate, such as errors"),
        metric=keys.take(
            "metric", values.metric, "", required="an Azure Monitor metric, such as RequestsPerMinute"
        ),
        filter=keys.take("filter", metric_filter, None),
        aggregation=keys.take("aggregation", values.choice(Aggregation), Aggregation.AVERAGE).value,
        interval=keys.take("interval", _interval, timedelta(minutes=1)),
        points=keys.take("points", values.whole(1, 1000), 5),
        max=keys.take("max", _limit, Limit()),
        min=keys.take("min", _limit, Limit()),
        empty=keys.take("empty", values.choice(Empty), Empty.HOLD),
        failure_limit=keys.take("failureLimit", values.whole(0, 999), 0),
    )
    keys.finish()
    return read


def _interval(value: Any) -> timedelta:
    try:
        found = times.parse_duration(value if isinstance(value, str) else "")
    except (ValueError, OverflowError):
        found = timedelta(0)
    if found not in _GRAINS:
        raise NotAllowedError(f"one of Azure Monitor's intervals: {', '.join(_GRAINS.values())}")
    return found


def _limit(value: Any) -> Limit:
    if not isinstance(value, dict):
        return Limit(default=_bound(value))
    entries = cast("dict[str, object]", value)
    if not entries or not all(_STAGE.fullmatch(stage) for stage in entries):
        raise NotAllowedError(_LIMIT)
    return Limit(by_stage=MappingProxyType({int(stage): _bound(bound) for stage, bound in entries.items()}))


def _bound(value: object) -> float:
    """Return a limit in the metric's unit; a duration is in milliseconds, as Azure's latencies are."""
    if isinstance(value, str):
        try:
            return times.parse_duration(value) / timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            pass
        try:
            value = float(value)
        except ValueError:
            raise NotAllowedError(_LIMIT) from None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotAllowedError(_LIMIT)
    try:
        bound = float(value)
    except OverflowError:
        bound = math.inf
    if not math.isfinite(bound):
        raise NotAllowedError(_LIMIT)
    return bound
