"""What is wrong with config: every bad key at once, each with its file, its value and what is allowed."""

from __future__ import annotations

import difflib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from rollout.core.config.credentials import HIDDEN, looks_secret, redacted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

PREFIX = "rollout:"
MISSING = object()
"""Stands for the value of a key that isn't there."""

_SHOWN = 120


@dataclass(frozen=True)
class Problem:
    """One bad key."""

    file: str
    key: str
    """The path as people write it: `rollout:stages[1].bake`."""
    value: str | None
    """What is there, as JSON; None where the key is missing."""
    allowed: str

    def __str__(self) -> str:
        if self.value is None:
            return f"{self.file}: {self.key} is missing; write {self.allowed}"
        return f"{self.file}: {self.key} is {self.value}; allowed: {self.allowed}"


class NotAllowedError(ValueError):
    """A value that isn't allowed; the message says what is."""


class ConfigError(ValueError):
    """Config that can't be used. Nothing was read or changed on account of it."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        count = len(self.problems)
        head = "1 problem in the config:" if count == 1 else f"{count} problems in the config:"
        super().__init__("\n".join([head, *(f"  {problem}" for problem in self.problems)]))


class Report:
    """Collects problems while config is read, so that one doesn't hide the next."""

    def __init__(self, file_of: Callable[[str], str]) -> None:
        self._file_of = file_of
        self._refused: set[str] = set()
        self.refused: set[str] = set()
        """The first part of each path that was refused: the key of the stack's file."""
        self.problems: list[Problem] = []
        self.known: dict[str, None] = {}
        """Every key that was asked for, with `[]` for any index, in that order."""

    def refuse(self, path: str, value: object, allowed: str) -> None:
        """Add a problem with the key at this path."""
        self._refused.add(path)
        top = re.split(r"[.\[]", path, maxsplit=1)[0]
        self.refused.add(top)
        secret = looks_secret(path.rsplit(".", maxsplit=1)[-1], value)
        written = parsed(value) if path == top else value
        shown = None if value is MISSING else HIDDEN if secret else show(written)
        self.problems.append(Problem(self._file_of(top), PREFIX + path, shown, allowed))

    def sound(self, *paths: str) -> bool:
        """Return whether nothing was refused at, above or below any of the paths."""
        return not any(
            _within(path, refused) or _within(refused, path) for path in paths for refused in self._refused
        )


def _within(inner: str, outer: str) -> bool:
    return inner == outer or (inner.startswith(outer) and inner[len(outer)] in ".[")


def show(value: object) -> str:
    """Return a value for a message, as JSON, not too long and without credentials."""
    text = json.dumps(redacted(value), ensure_ascii=False, default=str)
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def parsed(value: object) -> object:
    """Return what was written for a key that Pulumi gives as JSON text, or the text where it is none."""
    try:
        return cast("object", json.loads(value)) if isinstance(value, str) else value
    except ValueError:
        return value


def nearest(name: str, known: Iterable[str]) -> str:
    """Return the known keys for a message, with the one that was probably meant."""
    names = list(known)
    folded = {key.casefold(): key for key in names}
    close = difflib.get_close_matches(name.casefold(), folded, n=1, cutoff=0.6)
    hint = f" (did you mean {folded[close[0]]}?)" if close else ""
    return f"only the keys {', '.join(names)}{hint}"
