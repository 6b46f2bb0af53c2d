"""What a rollout freezes when it opens its first compared stage, as the text of a tag."""

from __future__ import annotations

import json
import math
from typing import cast

from rollout.core.comparison.blocks import Baseline, Tier

_PERCENTILES = 3


def show(baseline: Baseline) -> str:
    """Return the text of the tag `ROLLOUT_BASELINE`: JSON on one line, well below 256 characters."""
    return json.dumps(
        {
            "tier": baseline.tier.value,
            "requests": baseline.requests,
            "minutes": baseline.minutes,
            "errors": baseline.error_share,
            "slow": baseline.slow_ms,
            "stages": baseline.stages,
            "gates": baseline.gates,
        },
        separators=(",", ":"),
    )


def parse(text: str) -> Baseline:
    """Return the baseline of that text. Raises `ValueError` where it is none, or holds what is no number."""
    loaded: object = json.loads(text)
    if not isinstance(loaded, dict):
        raise ValueError(f"{text!r} is no object")  # noqa: TRY004  # a text that can't be read
    fields = cast("dict[str, object]", loaded)
    share = _number(fields.get("errors"))
    if share > 1:
        raise ValueError(f"a share of {share}")
    return Baseline(
        tier=Tier(fields.get("tier")),
        requests=_count(fields.get("requests")),
        minutes=_count(fields.get("minutes")),
        error_share=share,
        slow_ms=_slow(fields.get("slow")),
        stages=_count(fields.get("stages")),
        gates=_count(fields.get("gates")),
    )


def sound(baseline: Baseline) -> bool:
    """Return whether it can be written and read again: all its numbers are numbers."""
    try:
        return parse(show(baseline)) == baseline
    except ValueError:
        return False


def _slow(value: object) -> tuple[float, float, float] | None:
    if value is None:
        return None
    if not isinstance(value, list) or len(cast("list[object]", value)) != _PERCENTILES:
        raise ValueError(f"{value!r} isn't three percentiles")
    first, second, third = (_number(each) for each in cast("list[object]", value))
    return first, second, third


def _number(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{value!r} is no number")  # noqa: TRY004  # likewise
    if not math.isfinite(value) or value < 0:
        raise ValueError(f"{value!r} is out of range")
    return float(value)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise ValueError(f"{value!r} is no count")
    return value
