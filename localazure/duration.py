"""ISO 8601 durations, as Azure writes and takes them."""

from __future__ import annotations

from datetime import timedelta

import isodate  # pyright: ignore[reportMissingTypeStubs] - it has none

__all__ = ["read_duration"]


def read_duration(text: object) -> timedelta:
    """The length of an ISO 8601 duration of weeks, days, hours, minutes and seconds, in any casing.

    >>> read_duration("PT1M0.5S").total_seconds()
    60.5

    Raises:
        ValueError: It is none, it is negative, or has years or months, whose length differs.
    """
    upper = str(text).upper()
    if not upper.startswith("P") or upper.endswith("T") or upper != upper.strip():
        raise ValueError(f"{text!r} is no ISO 8601 duration such as PT5S")
    try:
        found: object = isodate.parse_duration(upper)  # pyright: ignore[reportUnknownMemberType]
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is no ISO 8601 duration such as PT5S") from error
    if not isinstance(found, timedelta):
        raise ValueError(f"{text!r} has years or months, whose length differs")  # noqa: TRY004
    return found
