"""Taking the keys of an object one by one; what is left over is unknown."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar, cast

from rollout.core.config.problems import MISSING, Report, nearest, parsed

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

T = TypeVar("T")

_INDEX = re.compile(r"\[\d+\]")


class Keys:
    """The keys of one object of config; with None for values, of what should have been an object.

    A value that can't be read is reported and its default stands in for it: the reading goes on to find what
    else is wrong, and its result is never used.
    """

    def __init__(self, report: Report, path: str, values: Mapping[str, object] | None) -> None:
        self.report = report
        self.path = path
        self._unreadable = values is None
        self._values = values or {}
        self._taken: list[str] = []

    def at(self, name: str) -> str:
        """Return the path of one of the keys."""
        return f"{self.path}.{name}" if self.path else name

    def has(self, name: str) -> bool:
        """Return whether the key is there; it is still to be taken."""
        return name in self._values

    def know(self, name: str) -> None:
        """Count a key that isn't there as one that could be."""
        self._taken.append(name)

    def take(self, name: str, decode: Callable[[Any], T], default: T, *, required: str | None = None) -> T:
        """Return the decoded value of a key, or the default.

        `decode` raises `ValueError` with what is allowed. `required` says what to write where the key must be
        there; the default is only a stand-in then.
        """
        value = self._find(name)
        if value is MISSING:
            if required is not None and not self._unreadable:
                self.report.refuse(self.at(name), MISSING, required)
            return default
        try:
            return decode(value)
        except ValueError as error:
            self.report.refuse(self.at(name), value, str(error))
            return default

    def object(self, name: str) -> Keys:
        """Return the keys of an object; of an absent one, none."""
        value = self._find(name)
        if value is MISSING:
            return Keys(self.report, self.at(name), {})
        found = value if self.path else parsed(value)
        if not isinstance(found, dict):
            self.report.refuse(self.at(name), value, "an object of keys and values")
            found = None
        return Keys(self.report, self.at(name), cast("dict[str, object] | None", found))

    def objects(self, name: str, required: str) -> list[Keys]:
        """Return the keys of each object in a list that must not be empty; `required` says what it holds."""
        value = self._find(name)
        found = value if self.path else parsed(value)
        if not isinstance(found, list) or not found:
            if not self._unreadable:
                self.report.refuse(self.at(name), value, required)
            found = []
        elements: list[Keys] = []
        for index, element in enumerate(cast("list[object]", found)):
            path = f"{self.at(name)}[{index}]"
            if isinstance(element, dict):
                elements.append(Keys(self.report, path, cast("dict[str, object]", element)))
            else:
                self.report.refuse(path, element, "an object of keys and values")
                elements.append(Keys(self.report, path, None))
        return elements

    def items(self) -> list[tuple[str, object]]:
        """Return all keys and values: for an object whose keys are anybody's choice."""
        self._taken.extend(self._values)
        return list(self._values.items())

    def finish(self) -> None:
        """Report every key that nobody took."""
        for name, value in self._values.items():
            if name not in self._taken:
                self.report.refuse(self.at(name), value, nearest(name, self._taken))

    def _find(self, name: str) -> object:
        self._taken.append(name)
        self.report.known[_INDEX.sub("[]", self.at(name))] = None
        return self._values.get(name, MISSING)
