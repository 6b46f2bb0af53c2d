"""What a JSON answer must be like: a sample answer, and the ranges of its numbers.

Whoever has a sample answer can paste it, which can't be said of a schema language:

- an object: each of its keys is there, and its value is alike; further keys don't matter;
- a list of one item: at least one item, and each is alike; of several: as many, alike one by one; of none:
  any list;
- a number: a finite number; a text: a text; true or false: either; null: anything.

A sample says nothing of sizes. Ranges do, beside it, by path: what a path leads to is there and is a number
within both limits.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rollout.core.answers import ABSENT, number, show, show_place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollout.core.answers import Path


@dataclass(frozen=True)
class Range:
    """The least and the most that numbers of an answer may be, both inclusive; None: no limit."""

    path: Path
    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        """The limits in words."""
        if self.low is None or self.high is None:
            return f"at most {self.high:g}" if self.high is not None else f"at least {self.low:g}"
        return f"{self.low:g} to {self.high:g}"

    def broken(self, value: object) -> str | None:
        """Return where and how an answer is out of the range, or None."""
        for place, each in self.path.find(value):
            found = number(each)
            if each is ABSENT:
                return f"the answer has nothing at {show_place(place)}, not {self} at {self.path}"
            if found is None or not math.isfinite(found):
                return f"{show_place(place)} is {show(each)}, not a number"
            if (self.low is not None and found < self.low) or (self.high is not None and found > self.high):
                return f"{show_place(place)} is {show(each)}, not {self}"
        return None


@dataclass(frozen=True)
class Expected:
    """What is asked of an answer; of the default, nothing."""

    sample: object = None
    ranges: tuple[Range, ...] = ()

    def __bool__(self) -> bool:
        """Whether anything is asked."""
        return self.sample is not None or bool(self.ranges)

    def broken(self, value: object) -> str | None:
        """Return where and how an answer isn't as expected, or None."""
        difference = unlike(value, self.sample)
        if difference is not None:
            return difference
        found = (each.broken(value) for each in self.ranges)
        return next((broken for broken in found if broken is not None), None)


def unlike(value: object, sample: object, at: str = "the answer") -> str | None:
    """Return where and how a JSON value isn't like the sample, or None."""
    match sample:
        case None:
            return None
        case bool():
            return None if isinstance(value, bool) else f"{at} is {show(value)}, not true or false"
        case int() | float():
            found = number(value)
            return (
                None if found is not None and math.isfinite(found) else f"{at} is {show(value)}, not a number"
            )
        case str():
            return None if isinstance(value, str) else f"{at} is {show(value)}, not a text"
        case list():
            return _unlike_list(value, cast("list[object]", sample), at)
        case dict():
            return _unlike_object(value, cast("dict[str, object]", sample), at)
        case _:
            raise TypeError(f"{type(sample).__name__} is no JSON value")


def _unlike_object(value: object, sample: Mapping[str, object], at: str) -> str | None:
    if not isinstance(value, dict):
        return f"{at} is {show(value)}, not an object"
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
        return f"{at} is {show(value)}, not a list"
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
