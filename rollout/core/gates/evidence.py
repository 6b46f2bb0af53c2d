"""What gates ask of Azure Monitor, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from rollout.core.window import Window


@dataclass(frozen=True)
class Query:
    """One call: a filter applies to every metric in it."""

    metrics: tuple[str, ...]
    filter: str
    aggregation: str
    """As Azure spells it: Average, Minimum, Maximum, Total or Count."""
    interval: timedelta
    window: Window


@dataclass(frozen=True)
class Point:
    """One interval of a series; None is no measurement, which is not zero."""

    at: datetime
    value: float | None


@dataclass(frozen=True)
class Series:
    """One metric for one combination of the dimensions that the filter names."""

    metric: str
    unit: str
    dimensions: tuple[tuple[str, str], ...]
    """Sorted pairs of dimension and value."""
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Answer:
    """What Azure Monitor answered to one query; no series at all is an answer too."""

    series: tuple[Series, ...]


@dataclass(frozen=True)
class Unreadable:
    """The query wasn't answered; says why in one sentence."""

    why: str


Evidence = Mapping[Query, Answer | Unreadable]
