"""The key `gates`: each entry is a fixed threshold, or a comparison with prod."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from rollout.core import times
from rollout.core.config import values
from rollout.core.config.comparison import comparative
from rollout.core.config.filters import metric_filter
from rollout.core.config.limits import limit
from rollout.core.config.problems import NotAllowedError
from rollout.core.gates.fixed import Empty, FixedGate, Limit

if TYPE_CHECKING:
    from rollout.core.config.comparison import Source
    from rollout.core.config.keys import Keys
    from rollout.core.config.settings import Gate

REQUIRED = "a list of at least one gate; without gates nothing would ever be promoted"

_MINUTE = timedelta(minutes=1)
_GRAINS = {m * _MINUTE: times.show_duration(m * _MINUTE) for m in (1, 5, 15, 30, 60, 360, 720, 1440)}


class FixedSource(StrEnum):
    """Where the measurements of a gate with a fixed threshold come from."""

    METRICS = "metrics"
    LOGS = "logs"


class Aggregation(StrEnum):
    """Azure Monitor's ways to make one value of the samples of an interval."""

    AVERAGE = "Average"
    MINIMUM = "Minimum"
    MAXIMUM = "Maximum"
    TOTAL = "Total"
    COUNT = "Count"


def gate(keys: Keys) -> tuple[Gate, Source | None]:
    """Read one gate, and of one that compares its source too."""
    if keys.has("compare"):
        return comparative(keys)
    return _fixed(keys), None


def _fixed(keys: Keys) -> FixedGate:
    source = keys.take("source", values.choice(FixedSource), FixedSource.METRICS)
    name = keys.take("name", values.gate_name, "", required="a name for the gate, such as errors")
    asked = _of_metrics(keys, name) if source is FixedSource.METRICS else _of_logs(keys, name)
    read = replace(
        asked,
        max=keys.take("max", limit, Limit()),
        min=keys.take("min", limit, Limit()),
        empty=keys.take("empty", values.choice(Empty), Empty.HOLD),
        dry_run=keys.take("dryRun", values.flag, default=False),
    )
    keys.know("compare")
    keys.finish()
    return read


def _of_metrics(keys: Keys, name: str) -> FixedGate:
    return FixedGate(
        name,
        keys.take(
            "metric",
            values.metric,
            "",
            required="an Azure Monitor metric, such as RequestsPerMinute, or compare: prod",
        ),
        filter=keys.take("filter", metric_filter, None),
        aggregation=keys.take("aggregation", values.choice(Aggregation), Aggregation.AVERAGE).value,
        interval=keys.take("interval", _interval, _MINUTE),
        points=keys.take("points", values.whole(1, 1000), 5),
        failure_limit=keys.take("failureLimit", values.whole(0, 999), 0),
        inconclusive_limit=keys.take("inconclusiveLimit", values.whole(0, 999), 0),
        consecutive_error_limit=keys.take("consecutiveErrorLimit", values.whole(0, 999), 0),
        consecutive_success_limit=keys.take("consecutiveSuccessLimit", values.whole(0, 1000), 0),
    )


def _of_logs(keys: Keys, name: str) -> FixedGate:
    return FixedGate(name, kql=keys.take("query", values.kql, "", required=values.KQL))


def _interval(value: Any) -> timedelta:
    try:
        found = times.parse_duration(value if isinstance(value, str) else "")
    except (ValueError, OverflowError):
        found = timedelta(0)
    if found not in _GRAINS:
        raise NotAllowedError(f"one of Azure Monitor's intervals: {', '.join(_GRAINS.values())}")
    return found
