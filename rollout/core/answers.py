"""Answers of a model as JSON: read strictly, and the places in them.

A path names places: keys after dots, items in brackets, from 0. `[*]` is each item of a list, `*` each key
of an object: `probabilities[*]`, `scores.*`, `[0].label`.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

Place = tuple[str | int, ...]
"""The keys and indices that lead to one value."""

_WHOLE = re.compile(r"(?:[^.\[\]]+|\[(?:\d{1,9}|\*)\])(?:\.[^.\[\]]+|\[(?:\d{1,9}|\*)\])*")
_STEP = re.compile(r"([^.\[\]]+)|\[(\d+|\*)\]")
_SHOWN = 60


class NoNumberError(ValueError):
    """JSON with a number that is none: NaN, Infinity, or one beyond what a float holds."""


class Absent(Enum):
    """Stands for a value that isn't there."""

    ABSENT = "nothing"


ABSENT = Absent.ABSENT


class Each(Enum):
    """A step of a path that goes to more than one value."""

    ITEM = "[*]"
    KEY = "*"


@dataclass(frozen=True)
class Path:
    """A pattern of places."""

    steps: tuple[str | int | Each, ...]

    @classmethod
    def parse(cls, text: str) -> Path:
        """Return the path of that text. Raises `ValueError` with what a path is."""
        if not _WHOLE.fullmatch(text):
            raise ValueError("a path in the answer, such as probabilities[*], scores.good or [0].label")
        return cls(tuple(_step(name, index) for name, index in _STEP.findall(text)))

    def __str__(self) -> str:
        """The text that `parse` takes."""
        return _join(self.steps)

    def find(self, value: object) -> Iterator[tuple[Place, object]]:
        """Yield each place that the path leads to and its value: `ABSENT` where the answer has none there."""
        yield from _find(self.steps, (), value)

    def covers(self, place: Place) -> bool:
        """Return whether the path leads to that place, or to what it is a part of."""
        return len(self.steps) <= len(place) and all(
            step is (Each.ITEM if isinstance(at, int) else Each.KEY) or step == at
            for step, at in zip(self.steps, place, strict=False)
        )


def read(body: bytes) -> object:
    """Return the value of a JSON document. All its numbers are finite.

    Raises:
        NoNumberError: With what is no number.
        ValueError: If it isn't JSON.
    """
    none: list[str] = []

    def decimal(text: str) -> float:
        value = float(text)
        if not math.isfinite(value):
            none.append(shorten(text))
        return value

    def integer(text: str) -> float:
        return int(text) if math.isfinite(decimal(text)) else math.inf

    try:
        value: object = json.loads(body, parse_constant=decimal, parse_float=decimal, parse_int=integer)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if none:
        raise NoNumberError(none[0])
    return value


def leaves(value: object) -> dict[Place, object]:
    """Return every value that holds no other, by its place; empty lists and objects are among them."""
    found: dict[Place, object] = {}
    waiting: list[tuple[Place, object]] = [((), value)]
    while waiting:
        place, each = waiting.pop()
        inner = _parts(each)
        waiting += [((*place, step), part) for step, part in reversed(inner)]
        if not inner:
            found[place] = each
    return found


def number(value: object) -> float | int | None:
    """Return a value that is a number, else None: true and false are none."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def show_place(place: Place, root: str = "the answer") -> str:
    """Return a place as a path; of the whole answer, `root`."""
    return _join(place) if place else root


def show(value: object) -> str:
    """Return a value as JSON in one line, cut where it is long."""
    return shorten(value.value if isinstance(value, Absent) else json.dumps(value))


def shorten(text: str) -> str:
    """Return a text in one line, cut where it is long."""
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."


def _step(name: str, index: str) -> str | int | Each:
    if index:
        return Each.ITEM if index == "*" else int(index)
    return Each.KEY if name == "*" else name


def _join(steps: tuple[str | int | Each, ...]) -> str:
    parts = [
        f"[{step}]" if isinstance(step, int) else step.value if isinstance(step, Each) else step
        for step in steps
    ]
    return "".join(part if n == 0 or part.startswith("[") else f".{part}" for n, part in enumerate(parts))


def _find(steps: tuple[str | int | Each, ...], at: Place, value: object) -> Iterator[tuple[Place, object]]:
    if not steps:
        yield at, value
        return
    step, rest = steps[0], steps[1:]
    inner = _parts(value)
    if step is not (Each.ITEM if isinstance(value, list) else Each.KEY):
        inner = [(name, part) for name, part in inner if name == step]
    if not inner:
        yield at if isinstance(step, Each) else (*at, step), ABSENT
    for name, part in inner:
        yield from _find(rest, (*at, name), part)


def _parts(value: object) -> list[tuple[str | int, object]]:
    if isinstance(value, dict):
        return list(cast("dict[str | int, object]", value).items())
    return list(enumerate(cast("list[object]", value))) if isinstance(value, list) else []
