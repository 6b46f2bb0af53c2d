"""What gates ask of Azure Monitor's metrics and of Log Analytics, and what these answer."""

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
class LogQuery:
    """One query on the Log Analytics workspace that the endpoint's traffic log goes to.

    Whoever sends it puts `kql.names` of the endpoint in front: the queries know no place.
    """

    kql: str
    window: Window
    """Rows whose `TimeGenerated` is outside are no part of the answer."""


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
class Table:
    """What Log Analytics answered to one query: numbers, text, instants in UTC, or None."""

    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...]


@dataclass(frozen=True)
class Unreadable:
    """The query wasn't answered; says why in one sentence."""

    why: str


Evidence = Mapping[Query | LogQuery, Answer | Table | Unreadable]


def answer_to(query: Query | None, evidence: Evidence) -> Answer | Unreadable | None:
    """Return what Azure Monitor answered; None where it wasn't asked."""
    found = evidence.get(query) if query is not None else None
    return None if isinstance(found, Table) else found


def table_of(query: LogQuery | None, evidence: Evidence) -> Table | Unreadable | None:
    """Return what Log Analytics answered; None where it wasn't asked."""
    found = evidence.get(query) if query is not None else None
    return None if isinstance(found, Answer) else found
