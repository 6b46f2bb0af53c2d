"""Reads what a client asks the query API."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from localazure.duration import read_duration
from localazure.logs.errors import bad_argument

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["Body", "Preferences", "read_body", "read_preferences"]

DEFAULT_WAIT = 180.0
LONGEST_WAIT = 600.0

Span = tuple[datetime | None, datetime | None]


@dataclass(frozen=True)
class Body:
    """A query, the time it looks at, and further workspaces."""

    query: str
    span: Span
    workspaces: tuple[str, ...] = ()


@dataclass(frozen=True)
class Preferences:
    """The `Prefer` header: seconds to wait, and what else the answer has."""

    wait: float = DEFAULT_WAIT
    statistics: bool = False
    render: bool = False


def read_body(given: Any, now: datetime) -> Body:
    """Read a body, as JSON or as text of it.

    Raises:
        LogsError: 400, what is wrong with it.
    """
    if isinstance(given, bytes | str):
        try:
            given = json.loads(given)
        except ValueError:
            raise bad_argument("The request body is not JSON") from None
    if not isinstance(given, dict):
        raise bad_argument("The request body must be a JSON object")
    body = cast("Mapping[str, Any]", given)
    query = body.get("query")
    if not isinstance(query, str):
        raise bad_argument("The request needs a 'query', a text")
    more = cast("object", body.get("workspaces") or [])
    if not isinstance(more, list):
        raise bad_argument("'workspaces' must be a list")
    names = tuple(map(str, cast("list[object]", more)))
    return Body(query, read_span(body.get("timespan"), now), names)


def read_span(text: Any, now: datetime) -> Span:
    """A timespan: a duration up to now, or two of start, end and duration joined by `/`; None is unbounded.

    Raises:
        LogsError: 400, it is none of these.
    """
    if text in (None, ""):
        return None, None
    first, slash, second = str(text).partition("/")
    try:
        return _between(_part(first, text), _part(second, text) if slash else None, now)
    except (TypeError, OverflowError):  # two durations, or beyond all time
        raise _no_span(text) from None


def read_preferences(header: str) -> Preferences:
    """The `Prefer` header; what it doesn't know is left alone."""
    wait, statistics, render = DEFAULT_WAIT, False, False
    for each in header.split(","):
        name, _, value = each.strip().partition("=")
        if name == "wait" and value.isdecimal():
            wait = min(float(value), LONGEST_WAIT)
        statistics |= (name, value) == ("include-statistics", "true")
        render |= (name, value) == ("include-render", "true")
    return Preferences(wait, statistics, render)


def _between(start: datetime | timedelta, end: datetime | timedelta | None, now: datetime) -> Span:
    if end is None:
        return (start, None) if isinstance(start, datetime) else (now - start, now)
    if isinstance(start, datetime):
        return start, start + end if isinstance(end, timedelta) else end
    if isinstance(end, timedelta):
        raise TypeError("two durations")
    return end - start, end


def _part(text: str, whole: object) -> datetime | timedelta:
    try:
        if text[:1] in {"P", "p"}:
            return read_duration(text)
        at = datetime.fromisoformat(text.strip().replace(" ", "+"))
    except ValueError:
        raise _no_span(whole) from None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _no_span(text: object) -> Exception:
    return bad_argument(f"The timespan '{text}' is no ISO 8601 duration or interval", "BadArgumentError")
