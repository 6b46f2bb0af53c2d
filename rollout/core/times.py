"""Instants and durations as text: ISO 8601 in UTC to the second, and `15m`, `2h`, `90s`, `500ms`."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400}
_PART = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h|d)")
_WHOLE = re.compile(r"(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+")


def parse_duration(text: str) -> timedelta:
    """Return the duration that `1h30m`, `15m`, `90s` or `500ms` says. Raises `ValueError` for other text."""
    if not _WHOLE.fullmatch(text.strip()):
        raise ValueError("a duration such as 15m, 2h, 90s, 500ms or 1h30m")
    return timedelta(seconds=sum(float(n) * _UNITS[unit] for n, unit in _PART.findall(text)))


def show_duration(duration: timedelta) -> str:
    """Return the duration in its two largest units: `1h30m`, `45s`, `500ms`, `0s`."""
    seconds = duration.total_seconds()
    if 0 < abs(seconds) < 1:
        return f"{seconds * 1000:g}ms"
    sign, left = ("-" if seconds < 0 else ""), round(abs(seconds))
    parts: list[str] = []
    for unit in ("d", "h", "m", "s"):
        count, left = divmod(left, int(_UNITS[unit]))
        if count:
            parts.append(f"{count}{unit}")
    return sign + "".join(parts[:2]) if parts else "0s"


def parse_instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text. Raises `ValueError` if it isn't one or names no zone."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None:
        raise ValueError(f"{text!r} names no time zone")
    return instant.astimezone(UTC)


def show_instant(instant: datetime) -> str:
    """Return the instant as `2026-11-21T10:00:00Z`."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
