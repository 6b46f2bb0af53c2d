"""Single values: each decoder returns the typed value or raises `NotAllowedError` with what is allowed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, TypeVar

from rollout.core import times
from rollout.core.assets import AssetKind, AssetRef, allowed
from rollout.core.config.problems import NotAllowedError

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta
    from enum import StrEnum

E = TypeVar("E", bound="StrEnum")


def text(pattern: str, allowed: str) -> Callable[[Any], str]:
    """Return a decoder of text that matches the pattern as a whole."""
    compiled = re.compile(pattern)

    def decode(value: Any) -> str:
        if not isinstance(value, str) or not compiled.fullmatch(value):
            raise NotAllowedError(allowed)
        return value

    return decode


def whole(low: int, high: int | None = None) -> Callable[[Any], int]:
    """Return a decoder of whole numbers in these bounds, both inclusive; Pulumi gives scalars as text."""
    allowed = (
        f"a whole number from {low} to {high}" if high is not None else f"a whole number, at least {low}"
    )

    def decode(value: Any) -> int:
        number = int(value) if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value) else value
        if isinstance(number, bool) or not isinstance(number, int):
            raise NotAllowedError(allowed)
        if number < low or (high is not None and number > high):
            raise NotAllowedError(allowed)
        return number

    return decode


def flag(value: Any) -> bool:
    """Decode true or false."""
    decoded = {"true": True, "false": False}.get(value, value) if isinstance(value, str) else value
    if not isinstance(decoded, bool):
        raise NotAllowedError("true or false")
    return decoded


def duration(low: timedelta, high: timedelta | None = None) -> Callable[[Any], timedelta]:
    """Return a decoder of durations in these bounds, both inclusive."""
    bounds = f"at least {times.show_duration(low)}"
    if high is not None:
        bounds = f"{times.show_duration(low)} to {times.show_duration(high)}"
    allowed = f"a duration such as 90s, 15m or 1h30m, {bounds}"

    def decode(value: Any) -> timedelta:
        try:
            decoded = times.parse_duration(value if isinstance(value, str) else "")
        except (ValueError, OverflowError):
            raise NotAllowedError(allowed) from None
        if decoded < low or (high is not None and decoded > high):
            raise NotAllowedError(allowed)
        return decoded

    return decode


def percent(low: float, high: float) -> Callable[[Any], float]:
    """Return a decoder of shares written as `5%`, in these bounds of percent, both inclusive; 5 % is 0.05."""
    return _share("%", f"percent such as 5%, {low:g}% to {high:g}%", low, high)


def percentage_points(low: float, high: float) -> Callable[[Any], float]:
    """Return a decoder of differences between shares, written as `1pp`, in these bounds; `1pp` is 0.01."""
    return _share("pp", f"percentage points such as 1pp or 2.5pp, {low:g}pp to {high:g}pp", low, high)


def _share(unit: str, allowed: str, low: float, high: float) -> Callable[[Any], float]:
    pattern = re.compile(rf"(\d{{1,9}}(?:\.\d{{1,9}})?)\s?{unit}")

    def decode(value: Any) -> float:
        found = pattern.fullmatch(value.strip()) if isinstance(value, str) else None
        if found is None or not low <= float(found[1]) <= high:
            raise NotAllowedError(allowed)
        return float(found[1]) / 100

    return decode


def choice(kind: type[E]) -> Callable[[Any], E]:
    """Return a decoder of the members of an enumeration."""

    def decode(value: Any) -> E:
        try:
            return kind(value)
        except ValueError:
            *others, last = [str(member) for member in kind]
            raise NotAllowedError(f"{', '.join(others)} or {last}") from None

    return decode


def asset(kind: AssetKind) -> Callable[[Any], AssetRef]:
    """Return a decoder of references to models or environments."""

    def decode(value: Any) -> AssetRef:
        if not isinstance(value, str):
            raise NotAllowedError(allowed(kind))
        return AssetRef.parse(value, kind)

    return decode


_LABEL = r"(?=.{3,32}\Z)[A-Za-z](?:-?[A-Za-z0-9])*"
_RELATIVE = r"(?!.*(?:^|/)\.\.?(?:/|$))[^/\\\s:*?\"<>|][^\\:*?\"<>|\x00-\x1f]*(?<!/)"

resource_group = text(
    r"[\w.()-]{0,89}[\w()-]", "1 to 90 letters, digits and _ - . ( ), no dot at the end (Azure's rule)"
)
workspace = text(
    r"[A-Za-z0-9][A-Za-z0-9_-]{2,32}",
    "3 to 33 letters, digits, - and _, a letter or digit first (Azure's rule)",
)
label = text(
    _LABEL,
    "3 to 32 letters, digits and single dashes, a letter first, best all lower case (Azure's rule for "
    "endpoints and deployments)",
)
log_analytics = text(
    r"(?i)/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.OperationalInsights/workspaces/[^/]+",
    "the ARM id of a Log Analytics workspace: /subscriptions/S/resourceGroups/G/providers/"
    "Microsoft.OperationalInsights/workspaces/W",
)
folder = text(_RELATIVE, "a folder inside the project, such as ml/serving")
script = text(_RELATIVE + r"\.py", "a Python file inside the code folder, such as score.py")
file = text(_RELATIVE, "a file inside the project, such as ml/serving/sample-request.json")
instance_type = text(r"[A-Za-z][A-Za-z0-9_]{2,63}", "a virtual machine size, such as Standard_DS3_v2")
url_path = text(r"/[\w./~%-]*", "a path below the endpoint's address, such as /score")
mount_path = text(r"/[\w./-]+", "an absolute path in the container, such as /var/models")
metric = text(r"[A-Za-z][A-Za-z0-9_ /.%-]*", "the name of an Azure Monitor metric, such as RequestsPerMinute")
KQL = "a KQL query that returns one number"
kql = text(r"(?s)(?=.*\S).{1,10000}", KQL + ", at most 10000 characters")
gate_name = text(
    r"[A-Za-z0-9][A-Za-z0-9_.-]{0,39}", "1 to 40 letters, digits and - _ . , a letter or digit first"
)
