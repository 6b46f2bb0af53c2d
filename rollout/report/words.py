"""Numbers, times and verdicts as people read them."""

from __future__ import annotations

from datetime import UTC, datetime

SIGNS = {"Successful": "✓", "Inconclusive": "…", "Error": "!", "Failed": "✗"}
"""A verdict without its colour."""

NOTHING = "\N{EN DASH}"
"""What stands where nothing was measured."""

_ORDER = ("Failed", "Error", "Inconclusive", "Successful")


def rank(verdict: str) -> int:
    """Return where a verdict stands: 0 is the worst."""
    return _ORDER.index(verdict) if verdict in _ORDER else 0


def number(value: float | None, unit: str = "") -> str:
    """Return a value with its unit: `3.2 %`, `12.3 ms`; a dash for no measurement."""
    if value is None:
        return NOTHING
    if unit == "share":
        return f"{value * 100:.3g} %"
    return f"{_figures(value)} {unit}".rstrip()


def points(value: float | None) -> str:
    """Return percentage points: `1.47 pp`."""
    return NOTHING if value is None else f"{value:.3g} pp"


def count(value: float | None) -> str:
    """Return a count: `12 345`."""
    return NOTHING if value is None else f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")


def share(part: int, whole: int) -> str:
    """Return how many of how many, and what share that is."""
    return f"{count(part)} of {count(whole)}" + (f", {number(part / whole, 'share')}" if whole else "")


def share_of_traffic(traffic: int, mirror: int) -> str:
    """Return a rung of the ladder: `10 %`, or `20 % mirrored`."""
    return f"{mirror} % mirrored" if mirror else f"{traffic} %"


def clock(instant: str) -> str:
    """Return the time of day of an instant: `10:04:00`."""
    return f"{parse(instant):%H:%M:%S}"


def moment(instant: str) -> str:
    """Return an instant: `2026-11-21 10:04:00 UTC`."""
    return f"{parse(instant):%Y-%m-%d %H:%M:%S} UTC"


def parse(instant: str) -> datetime:
    """Return the instant of an ISO 8601 text with a zone."""
    return datetime.fromisoformat(instant).astimezone(UTC)


def _figures(value: float) -> str:
    if value and (abs(value) < 1e-3 or abs(value) >= 1e6):  # noqa: PLR2004 - beyond these, digits say nothing
        return f"{value:.3g}"
    return f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"  # noqa: PLR2004
