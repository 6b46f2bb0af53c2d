"""Parts of an alert rule's body that both kinds of rule have, read and refused as Azure does."""

from __future__ import annotations

import operator
from typing import TYPE_CHECKING, Any, cast

from localazure.arm.errors import bad_request
from localazure.duration import read_duration

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import timedelta

    from localazure.arm.body import JSON
    from localazure.arm.errors import ArmError

__all__ = ["OPERATORS", "duration", "items", "missing", "number", "one_of", "refused", "severity"]

LEAST_SEVERE = 4

OPERATORS: Mapping[str, Callable[[float, float], bool]] = {
    "Equals": operator.eq,
    "GreaterThan": operator.gt,
    "GreaterThanOrEqual": operator.ge,
    "LessThan": operator.lt,
    "LessThanOrEqual": operator.le,
}


def refused(text: str) -> ArmError:
    """400: what is wrong with a rule."""
    return bad_request(text, "BadRequest")


def missing(name: str) -> ArmError:
    """400: a rule lacks something."""
    return refused(f"The required property {name} is missing.")


def duration(properties: JSON, name: str, allowed: Iterable[timedelta]) -> timedelta:
    """A length of time, one of those that Azure allows."""
    text = properties.get(name)
    if text is None:
        raise missing(f"properties.{name}")
    known = sorted(allowed)
    try:
        return known[known.index(read_duration(text))]
    except ValueError:
        supported = ", ".join(iso(each) for each in known)
        raise refused(f"The value '{text}' of {name} isn't supported; supported are: {supported}.") from None


def iso(length: timedelta) -> str:
    """A length of whole minutes as Azure writes it."""
    minutes = int(length.total_seconds()) // 60
    if minutes % (24 * 60) == 0:
        return f"P{minutes // (24 * 60)}D"
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"


def severity(properties: JSON) -> int:
    """How bad it is: 0, critical, to 4, verbose."""
    value = properties.get("severity")
    if value is None:
        raise missing("properties.severity")
    if isinstance(value, bool) or not isinstance(value, int | float) or value not in range(LEAST_SEVERE + 1):
        raise refused(f"The severity '{value}' isn't valid; valid are 0, 1, 2, 3 and 4.")
    return int(value)


def number(owner: JSON, name: str, where: str) -> float:
    """A number that must be there."""
    value = owner.get(name)
    if value is None:
        raise missing(f"{where}.{name}")
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise refused(f"The value '{value}' of {where}.{name} is no number.")
    return float(value)


def one_of(owner: JSON, name: str, allowed: Iterable[str], where: str) -> str:
    """One of Azure's words, as Azure spells it."""
    value = owner.get(name)
    if value is None:
        raise missing(f"{where}.{name}")
    known = {each.lower(): each for each in allowed}
    if str(value).lower() not in known:
        raise refused(
            f"The value '{value}' of {where}.{name} isn't valid; valid are: {', '.join(known.values())}."
        )
    return known[str(value).lower()]


def items(owner: JSON, name: str, where: str, *, most: int) -> list[Any]:
    """A list that has something in it, and not too much."""
    value: Any = owner.get(name)
    if not isinstance(value, list) or not value:
        raise missing(f"{where}.{name}")
    found = cast("list[Any]", value)
    if len(found) > most:
        raise refused(f"{where}.{name} has {len(found)} entries; at most {most} are supported.")
    return found
