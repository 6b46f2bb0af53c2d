"""What a candidate must answer at 0 %: the check of one reply to a probe request.

`expect` is a sample answer. Whoever has one can paste it, which can't be said of a schema language:

- an object: each of its keys is there, and its value is alike; further keys don't matter;
- a list of one item: at least one item, and each is alike; of several: as many, alike one by one; of none:
  any list;
- a number: a finite number; a text: a text; true or false: either; null: anything.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, cast

from rollout.core.times import show_duration
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

OK = 200
NOT_THE_MODELS_FAULT = {
    401: "the key or token isn't taken",
    403: "the identity may not score",
    404: "no such deployment answers there yet",
    429: "too many requests at once",
}
"""Statuses that say nothing about the model."""

_SHOWN = 60


@dataclass(frozen=True)
class ScoreAnswer:
    """An answer of the endpoint, whatever its status."""

    status: int
    body: bytes
    seconds: float
    """From sending the request to the last byte of the answer."""
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """By lower-case name."""


@dataclass(frozen=True)
class NoAnswer:
    """There was no answer."""

    why: str
    seconds: float
    timed_out: bool = False
    """The request was sent, and the time for its answer ran out."""


Reply = ScoreAnswer | NoAnswer


def check(reply: Reply, expect: object, max_latency: timedelta) -> tuple[Verdict, str]:
    """Return the verdict on one reply, and why: value and limit.

    Failed is the model's fault: wrong status, wrong shape, too slow. Error is anybody else's.
    """
    seconds = f"{reply.seconds * 1000:.0f} ms"
    limit = show_duration(max_latency)
    slow = reply.seconds > max_latency.total_seconds()
    if isinstance(reply, NoAnswer):
        if reply.timed_out and slow:
            return Verdict.FAILED, f"no answer within {seconds}; at most {limit} is allowed"
        return Verdict.ERROR, reply.why
    if reply.status in NOT_THE_MODELS_FAULT:
        return Verdict.ERROR, f"status {reply.status}: {NOT_THE_MODELS_FAULT[reply.status]}"
    if reply.status != OK:
        return Verdict.FAILED, f"status {reply.status} instead of 200{_model_status(reply)}{_said(reply)}"
    difference = None if expect is None else _unlike(reply, expect)
    if difference is not None:
        return Verdict.FAILED, difference
    if slow:
        return Verdict.FAILED, f"answered in {seconds}; at most {limit} is allowed"
    return Verdict.SUCCESSFUL, f"answered 200 in {seconds}; at most {limit} is allowed"


def unlike(value: object, sample: object, at: str = "the answer") -> str | None:
    """Return where and how a JSON value isn't like the sample, or None."""
    match sample:
        case None:
            return None
        case bool():
            return None if isinstance(value, bool) else f"{at} is {_show(value)}, not true or false"
        case int() | float():
            number = isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
            return None if number else f"{at} is {_show(value)}, not a number"
        case str():
            return None if isinstance(value, str) else f"{at} is {_show(value)}, not a text"
        case list():
            return _unlike_list(value, cast("list[object]", sample), at)
        case dict():
            return _unlike_object(value, cast("dict[str, object]", sample), at)
        case _:
            raise TypeError(f"{type(sample).__name__} is no JSON value")


def _unlike_object(value: object, sample: Mapping[str, object], at: str) -> str | None:
    if not isinstance(value, dict):
        return f"{at} is {_show(value)}, not an object"
    members = cast("dict[str, object]", value)
    for key, inner in sample.items():
        if key not in members:
            return f"{at} has no {key!r} but {', '.join(map(repr, members)) or 'nothing'}"
        difference = unlike(members[key], inner, f"{at}.{key}")
        if difference is not None:
            return difference
    return None


def _unlike_list(value: object, sample: Sequence[object], at: str) -> str | None:
    if not isinstance(value, list):
        return f"{at} is {_show(value)}, not a list"
    items = cast("list[object]", value)
    if not sample:
        return None
    if len(sample) == 1:
        if not items:
            return f"{at} is an empty list"
        sample = list(sample) * len(items)
    if len(items) != len(sample):
        return f"{at} has {len(items)} items, not {len(sample)}"
    found = (
        unlike(item, like, f"{at}[{n}]") for n, (item, like) in enumerate(zip(items, sample, strict=True))
    )
    return next((difference for difference in found if difference is not None), None)


def _unlike(reply: ScoreAnswer, expect: object) -> str | None:
    try:
        value = json.loads(reply.body)
    except ValueError:
        return f"the answer isn't JSON{_said(reply)}"
    return unlike(value, expect)


def _model_status(reply: ScoreAnswer) -> str:
    """What Azure ML's gateway says of the model's own answer, where the two differ."""
    status = reply.headers.get("ms-azureml-model-error-statuscode")
    return f" (the model itself answered {status})" if status else ""


def _said(reply: ScoreAnswer) -> str:
    text = reply.body[:200].decode(errors="replace").strip()
    return f": {_shorten(text)}" if text else ""


def _show(value: object) -> str:
    return _shorten(json.dumps(value))


def _shorten(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."
