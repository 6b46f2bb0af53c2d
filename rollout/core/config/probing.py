"""The key `probe`: what a candidate must answer before it gets any traffic."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

from rollout.core.agreement import Agree
from rollout.core.answers import Path
from rollout.core.config import values
from rollout.core.config.problems import NotAllowedError
from rollout.core.config.serving import LONGEST_REQUEST
from rollout.core.config.settings import ProbeSettings
from rollout.core.expected import Range

if TYPE_CHECKING:
    from rollout.core.config.keys import Keys

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_LIMITS = "the least and the most, such as [0, 1], or null for no limit: [0, null]"
_ALL_TEXT = "a list of paths in the answer, such as [probabilities]"


def probe(keys: Keys) -> ProbeSettings:
    """Read the keys of `probe`."""
    default = ProbeSettings("")
    agree = keys.object("agree")
    read = ProbeSettings(
        file=keys.take("file", values.file, "", required="the file with the body of the probe's requests"),
        path=keys.take("path", values.url_path, default.path),
        expect=keys.take("expect", _sample, None),
        max_latency=keys.take(
            "maxLatency", values.duration(timedelta(milliseconds=1), LONGEST_REQUEST), default.max_latency
        ),
        requests=keys.take("requests", values.whole(1, 100), default.requests),
        ranges=_ranges(keys.object("ranges")),
        slow=keys.take("slow", values.percent(0, 50), default.slow),
        budget=keys.take("budget", values.duration(_SECOND, _HOUR), default.budget),
        agree=_agree(agree) if keys.has("agree") else None,
    )
    keys.finish()
    return read


def _agree(keys: Keys) -> Agree:
    default = Agree(0)
    read = Agree(
        tolerance=keys.take(
            "tolerance",
            _tolerance,
            default.tolerance,
            required="how far numbers may be from prod's, in their own unit, such as 0.1",
        ),
        relative=keys.take("relative", values.percent(0, 100), default.relative),
        at_most=keys.take("atMost", values.percent(0, 99), default.at_most),
        only=keys.take("only", _paths, default.only),
    )
    keys.finish()
    return read


def _ranges(keys: Keys) -> tuple[Range, ...]:
    read: list[Range] = []
    for name, value in keys.items():
        try:
            read.append(Range(Path.parse(name), *_limits(value)))
        except ValueError as error:
            keys.report.refuse(keys.at(name), value, str(error))
    return tuple(read)


def _limits(value: object) -> tuple[float | None, float | None]:
    if not isinstance(value, list) or len(cast("list[object]", value)) != 2:  # noqa: PLR2004 - least and most
        raise NotAllowedError(_LIMITS)
    low, high = cast("list[object]", value)
    found = (None if low is None else _finite(low, _LIMITS), None if high is None else _finite(high, _LIMITS))
    if found == (None, None) or (found[0] is not None and found[1] is not None and found[0] > found[1]):
        raise NotAllowedError(_LIMITS)
    return found


def _tolerance(value: Any) -> float:
    allowed = "a number, at least 0, such as 0.1"
    found = _finite(value, allowed)
    if found < 0:
        raise NotAllowedError(allowed)
    return found


def _finite(value: object, allowed: str) -> float:
    """Return a number, which `pulumi config set --path` may have written as text."""
    try:
        found = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        found = math.nan
    if isinstance(value, bool) or not math.isfinite(found):
        raise NotAllowedError(allowed)
    return found


def _paths(value: Any) -> tuple[Path, ...]:
    found = cast("list[object]", value) if isinstance(value, list) else []
    if not found or not all(isinstance(each, str) for each in found):
        raise NotAllowedError(_ALL_TEXT)
    return tuple(Path.parse(str(each)) for each in found)


def _sample(value: Any) -> object:
    if not isinstance(value, dict | list):
        raise NotAllowedError(
            "an object or a list that the JSON answer must resemble, such as {probabilities: [0.5]}"
        )
    return cast("object", value)
