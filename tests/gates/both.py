"""Evidence of both deployments: rows of a traffic log, as either tier would show them."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.evidence import (
    Answer,
    Evidence,
    LogQuery,
    Point,
    Query,
    Series,
    Table,
    Unreadable,
)
from rollout.core.gates.queries import comparison
from rollout.core.judging import Question
from rollout.core.plan import Stage
from rollout.core.window import Window
from tests.gates.evidence import MINUTE, START

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

HALF_HOUR = Window(START, START + 30 * MINUTE)
BASELINE = Baseline(Tier.METRICS, 5400, 0.005, (80.0, 200.0, 350.0), 2, 2)
BY_LOGS = Baseline(Tier.LOGS, 5400, 0.005, (80.0, 200.0, 350.0), 2, 2)
ERRORS = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
LATENCY = ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.025)
SETTINGS = ComparisonSettings()
STAGE = Stage(10, 30 * MINUTE)


@dataclass(frozen=True)
class Row:
    """So many alike requests of one minute."""

    at: datetime
    deployment: str
    count: int
    code: str = "200"
    ms: float = 100.0

    @property
    def bad(self) -> bool:
        return self.code != "200"


def question(
    baseline: Baseline | None = BASELINE, window: Window = HALF_HOUR, stage: Stage = STAGE
) -> Question:
    return Question("green", stage, window, "blue", baseline)


def traffic(
    minutes: int = 30,
    *,
    green: Sequence[tuple[int, str]] = ((60, "200"),),
    blue: Sequence[tuple[int, str]] = ((540, "200"),),
    green_ms: float = 100.0,
    first: datetime = START,
) -> list[Row]:
    """Alike minutes: counts and status codes of each deployment."""
    return [
        Row(first + number * MINUTE, name, count, code, green_ms if name == "green" else 100.0)
        for number in range(minutes)
        for name, parts in (("green", green), ("blue", blue))
        for count, code in parts
    ]


def shown(
    asked: Iterable[Query | LogQuery], rows: Sequence[Row], *, sums: bool = True
) -> dict[Query | LogQuery, Answer | Table | Unreadable]:
    """What both services answer; Azure merges what isn't split by adding up, or by averaging."""
    return {
        query: _metrics(query, rows, sums=sums) if isinstance(query, Query) else _table(rows)
        for query in asked
    }


def evidence(asked: Question, rows: Sequence[Row], *gates: ComparativeGate, sums: bool = True) -> Evidence:
    return shown(comparison(gates or (ERRORS, LATENCY), asked, SETTINGS, None), rows, sums=sums)


def _metrics(query: Query, rows: Sequence[Row], *, sums: bool) -> Answer:
    """Series of one-minute points; a minute without rows has a point without a value."""
    found: list[Series] = []
    for metric in query.metrics:
        counted = metric == "RequestsPerMinute"
        names = [
            name for name in ("deployment", "modelStatusCode", "statusCode") if f"{name} eq" in query.filter
        ]
        labels = {row: tuple((name, _label(row, name)) for name in names) for row in rows}
        for label in sorted(set(labels.values())):
            own = [row for row in rows if labels[row] == label and _wanted(row, query)]
            if not own:
                continue
            points: list[Point] = []
            at = query.window.start
            while at < query.window.end:
                minute = [row for row in own if row.at <= at < row.at + MINUTE]
                # Azure takes one sample for each combination of dimensions in a minute.
                samples = [
                    sum(row.count for row in same) for _, same in groupby(minute, lambda row: row.code)
                ]
                value = sum(samples) if sums else sum(samples) / (len(samples) or 1)
                slow = max((row.ms for row in minute if not row.bad), default=None)
                points.append(Point(at, (float(value) if minute else None) if counted else slow))
                at += MINUTE
            found.append(Series(metric, "Count" if counted else "Milliseconds", label, tuple(points)))
    return Answer(tuple(found))


def _wanted(row: Row, query: Query) -> bool:
    return "deployment eq '*'" in query.filter or f"'{row.deployment}'" in query.filter


def _label(row: Row, name: str) -> str:
    return row.deployment if name == "deployment" else row.code


def _table(rows: Sequence[Row]) -> Table:
    """One row a minute and deployment, as the query for blocks makes them with the baseline above."""
    columns = (
        "block",
        "DeploymentName",
        "requests",
        "errors",
        "slow50",
        "slow95",
        "slow99",
        "untimed",
    )
    cells: list[tuple[object, ...]] = []
    for at, name in sorted({(row.at, row.deployment) for row in rows}):
        own = [row for row in rows if (row.at, row.deployment) == (at, name)]
        slack = 1.1 if name == "green" else 1.0
        slow = [
            sum(row.count for row in own if not row.bad and row.ms > limit * slack)
            for limit in (80.0, 200.0, 350.0)
        ]
        counts = sum(row.count for row in own), sum(row.count for row in own if row.bad)
        cells.append((at, name, *counts, *slow, 0))
    return Table(columns, tuple(cells))
