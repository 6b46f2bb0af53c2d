"""What people type: durations, instants, limits. `ArgumentTypeError` says what would be right."""

from __future__ import annotations

import math
import re
from argparse import ArgumentTypeError
from datetime import UTC, datetime, timedelta

from rollout.core import times

_ISO = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?")
_SECONDS = re.compile(r"\d+(?:\.\d+)?", re.ASCII)
_YEAR = timedelta(days=365)
KEPT = 93 * 24 * 60
"""How many intervals a check may ask for: as many minutes as Azure Monitor keeps."""
_YEARS = (1970, 9998)
_AMERICAN = ("%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M", "%m-%d-%Y")
_RUNG = re.compile(r"\d{1,3}(?:m\d{1,2})?")
_POINTS = 100
"""Percentage points in a whole."""
_GRAINS = {
    timedelta(minutes=minutes): text
    for minutes, text in (
        (1, "1m"),
        (5, "5m"),
        (15, "15m"),
        (30, "30m"),
        (60, "1h"),
        (360, "6h"),
        (720, "12h"),
        (1440, "1d"),
    )
}


def duration(text: str) -> timedelta:
    """Return the duration that `15m` or ISO 8601's `PT15M` says."""
    iso = _ISO.fullmatch(text.strip().upper())
    try:
        if iso and any(iso.groups()):
            days, hours, minutes, seconds = (int(part or 0) for part in iso.groups())
            return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)
        return times.parse_duration(text)
    except (ValueError, OverflowError):
        raise ArgumentTypeError(f"{text!r} is no duration: one such as 15m, 2h or PT15M") from None


def wait(text: str) -> timedelta:
    """Return the time that `30s`, `1m`, or `30` for seconds, says: more than none, at most a year."""
    try:
        found = timedelta(seconds=float(text)) if _SECONDS.fullmatch(text.strip()) else duration(text)
    except (ArgumentTypeError, OverflowError):
        found = timedelta(0)
    if not timedelta(0) < found <= _YEAR:
        raise ArgumentTypeError(
            f"{text!r} is no time to wait: one such as 30s, 1m or 2h, or seconds; at most 365d"
        )
    return found


def lag(text: str) -> timedelta:
    """Return the duration, at most a year."""
    found = duration(text)
    if found > _YEAR:
        raise ArgumentTypeError(f"{text!r} is too long: at most 365d")
    return found


def interval(text: str) -> timedelta:
    """Return one of the intervals that Azure Monitor has."""
    found = duration(text)
    if found not in _GRAINS:
        allowed = ", ".join(_GRAINS.values())
        raise ArgumentTypeError(
            f"{text!r} is none of Azure Monitor's intervals: {allowed}, or PT1M and so on"
        )
    return found


def instant(text: str) -> datetime:
    """Return the instant of an ISO 8601 text, or of `02-21-2021 21:14:00`; UTC where no zone is named."""
    plain = text.strip()
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        found = next((at for form in _AMERICAN if (at := _parsed(plain, form))), None)
    if found is None:
        raise ArgumentTypeError(
            f"{text!r} is no instant: one such as 2026-11-21T10:00:00Z, or 11-21-2026 10:00:00 (UTC)"
        )
    try:
        found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    except OverflowError:
        found = datetime.min.replace(tzinfo=UTC)
    if not _YEARS[0] <= found.year <= _YEARS[1]:
        raise ArgumentTypeError(
            f"{text!r} is beyond all measurements: an instant of the years {_YEARS[0]} to {_YEARS[1]}"
        )
    return found


def limit(text: str) -> float:
    """Return a limit in the metric's unit; a duration is in milliseconds, as Azure's latencies are."""
    try:
        found = float(text)
    except ValueError:
        try:
            found = times.parse_duration(text) / timedelta(milliseconds=1)
        except (ValueError, OverflowError):
            raise ArgumentTypeError(f"{text!r} is no limit: a number, or a duration such as 50ms") from None
    if not math.isfinite(found):
        raise ArgumentTypeError(f"{text!r} is no limit: a finite number")
    return found


def margin(text: str) -> float:
    """Return the share from 0 to 1 that `2.1pp` says: percentage points."""
    try:
        found = float(text.strip().removesuffix("pp"))
    except ValueError:
        found = math.nan
    if not 0 < found <= _POINTS:
        raise ArgumentTypeError(f"{text!r} is no margin: percentage points such as 2.1pp, at most 100")
    return round(found / _POINTS, 8)


def rung(text: str) -> str:
    """Return a rung of the ladder as tags have it: `10` of `10` or `10%`, `0m20` of one that is mirrored."""
    found = text.replace("%", "").strip()
    if not _RUNG.fullmatch(found):
        raise ArgumentTypeError(
            f"{text!r} is no stage: its share such as 10, or 0m20 where 20 % are mirrored"
        )
    return found


def count(text: str) -> int:
    """Return a whole number, at least 1."""
    return _whole(text, 1)


def points(text: str) -> int:
    """Return a number of intervals, at least 1 and at most `KEPT`."""
    found = _whole(text, 1)
    if found > KEPT:
        raise ArgumentTypeError(f"{text!r} are too many: at most {KEPT}, as many minutes as Azure keeps")
    return found


def allowance(text: str) -> int:
    """Return a whole number, at least 0."""
    return _whole(text, 0)


def _whole(text: str, least: int) -> int:
    if not text.strip().isdecimal() or int(text) < least:
        raise ArgumentTypeError(f"{text!r} is no whole number, at least {least}")
    return int(text)


def _parsed(text: str, form: str) -> datetime | None:
    try:
        return datetime.strptime(text, form).replace(tzinfo=UTC)
    except ValueError:
        return None
