"""Diff: what changed between the inputs of two deployments, and whether that needs a new resource."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

from localazure.provider.check import API_VERSION, RANDOMLY_NAMED
from localazure.provider.values import as_list, as_object, plain

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from localazure.provider.shape import ResourceType

_STEP = re.compile(r"""\[(?:"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<index>\d+|\*))\]|\.?(?P<bare>[^.\[]+)""")
_BARE = re.compile(r"[A-Za-z_$][\w$]*")
_REGION = "location"


class Kind(Enum):
    """How one property differs."""

    ADD = "add"
    DELETE = "delete"
    UPDATE = "update"


@dataclass(frozen=True)
class Change:
    """One property that differs.

    Attributes:
        steps: the way to the property: names and list indexes.
        kind: whether it came, went or has another value.
        replaces: whether only a new resource can have the new value.
    """

    steps: tuple[str | int, ...]
    kind: Kind
    replaces: bool

    @property
    def path(self) -> str:
        """The way as the engine writes it: `tags["a.b"]`, `properties.traffic.blue`, `logs[0].enabled`."""
        text = ""
        for step in self.steps:
            if isinstance(step, int):
                text += f"[{step}]"
            elif _BARE.fullmatch(step):
                text += f".{step}" if text else step
            else:
                escaped = step.replace("\\", "\\\\").replace('"', '\\"')
                text += f'["{escaped}"]'
        return text


def changes(
    kind: ResourceType,
    old: Mapping[str, Any],
    new: Mapping[str, Any],
    ignored: Iterable[str] = (),
) -> list[Change]:
    """Give every property that differs between two sets of inputs, unknown counting as different.

    Args:
        kind: the resource type.
        old: the inputs of the last deployment.
        new: the checked inputs of this one.
        ignored: property paths, with `*` for any index or name, whose changes don't count.
    """
    before, after = plain(dict(old)), plain(dict(new))
    for internal in (RANDOMLY_NAMED, *([] if API_VERSION in before else [API_VERSION])):
        before.pop(internal, None)
        after.pop(internal, None)
    if _same_region(before.get(_REGION), after.get(_REGION)):
        after = {**after, _REGION: before[_REGION]}
    patterns = [_steps(path) for path in ignored]
    return [
        Change(steps, how, _replaces(kind, steps))
        for steps, how in _walk(before, after, ())
        if not any(_under(steps, pattern) for pattern in patterns)
    ]


def _walk(old: Any, new: Any, steps: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Kind]]:
    old_entries, new_entries = as_object(old), as_object(new)
    if old_entries is not None and new_entries is not None:
        for key in sorted({*old_entries, *new_entries}):
            yield from _walk_one(old_entries, new_entries, key, steps)
        return
    old_items, new_items = as_list(old), as_list(new)
    if old_items is not None and new_items is not None:
        before, after = dict(enumerate(old_items)), dict(enumerate(new_items))
        for index in range(max(len(old_items), len(new_items))):
            yield from _walk_one(before, after, index, steps)
        return
    if old != new or isinstance(old, bool) != isinstance(new, bool):
        yield steps, Kind.UPDATE


def _walk_one(
    old: Mapping[Any, Any], new: Mapping[Any, Any], key: str | int, steps: tuple[str | int, ...]
) -> Iterator[tuple[tuple[str | int, ...], Kind]]:
    if key not in old:
        yield (*steps, key), Kind.ADD
    elif key not in new:
        yield (*steps, key), Kind.DELETE
    else:
        yield from _walk(old[key], new[key], (*steps, key))


def _replaces(kind: ResourceType, steps: Sequence[str | int]) -> bool:
    names = [step for step in steps if isinstance(step, str)]
    return any(".".join(names[: length + 1]) in kind.replace_paths for length in range(len(names)))


def _same_region(old: Any, new: Any) -> bool:
    """Azure doesn't tell `West US 2` from `westus2`."""
    if not isinstance(old, str) or not isinstance(new, str):
        return False
    return old.replace(" ", "").lower() == new.replace(" ", "").lower()


def _steps(path: str) -> tuple[str | int, ...]:
    steps: list[str | int] = []
    for found in _STEP.finditer(path):
        if found["quoted"] is not None:
            steps.append(re.sub(r"\\(.)", r"\1", found["quoted"]))
        elif found["index"] is not None:
            steps.append("*" if found["index"] == "*" else int(found["index"]))
        else:
            steps.append(found["bare"])
    return tuple(steps)


def _under(steps: Sequence[str | int], pattern: Sequence[str | int]) -> bool:
    """Whether the change is at the ignored path, below it, or is the coming or going of what holds it."""
    return len(steps) >= len(pattern) and all(
        wanted in ("*", step) for step, wanted in zip(steps, pattern, strict=False)
    )
