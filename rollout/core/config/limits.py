"""The limits of a gate: a number, a duration, or one of these a stage."""

from __future__ import annotations

import math
import re
from datetime import timedelta
from types import MappingProxyType
from typing import Any, cast

from rollout.core import times
from rollout.core.config.problems import NotAllowedError
from rollout.core.gates.fixed import Limit

_STAGE = re.compile(r"[0-9]{1,3}")
_LIMIT = (
    "a number, a duration such as 50ms for metrics in milliseconds, or one of these per stage: {10: 1, 50: 0}"
)


def limit(value: Any) -> Limit:
    """Decode a limit, for all stages or by stage; stages with no live traffic have the key 0."""
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
