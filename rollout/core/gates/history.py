"""What is usual of prod, measured before a rollout opens its first compared stage and frozen there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from statistics import median
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates import kql
from rollout.core.gates.evidence import LogQuery, Query, Unreadable
from rollout.core.gates.queries import AVERAGE, MINUTE, PERCENTILES, REQUESTS, aligned, filter_for, split
from rollout.core.gates.tallies import (
    NotReadError,
    answer_of,
    count_of,
    counts,
    latencies,
    named_rows,
    table_in,
)
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from rollout.core.gates.evidence import Evidence

SHORT, LONG = timedelta(minutes=60), timedelta(hours=24)
"""How far back is looked; the longer one where the shorter had fewer than `AMPLE` requests."""
AMPLE = 200
LEAST = 50
"""Fewer requests than that are no baseline."""


@dataclass(frozen=True)
class Thin:
    """Prod had too few requests for a baseline."""

    requests: int
    needed: int = LEAST
    over: timedelta = LONG

    def show(self) -> str:
        """Return why there is no baseline, as the end of a sentence."""
        return (
            f"prod had {self.requests} requests in the {times.show_duration(self.over)} before, "
            f"and a baseline needs {self.needed}"
        )


def history_queries(
    prod: str, end: datetime, tier: Tier, over: timedelta = SHORT
) -> tuple[Query | LogQuery, ...]:
    """Return what to ask for that long before `end`: one query of logs, or two of metrics."""
    window = aligned(Window(end - over, end), MINUTE)
    if tier is Tier.LOGS:
        return (LogQuery(kql.history(window, prod), window),)
    alone = filter_for(prod)
    return (
        Query((REQUESTS,), split(alone), AVERAGE, MINUTE, window),
        Query(PERCENTILES, alone, AVERAGE, MINUTE, window),
    )


def baseline_of(
    prod: str, asked: Sequence[Query | LogQuery], evidence: Evidence, *, stages: int, gates: int
) -> Baseline | Thin | Unreadable:
    """Return what is usual of prod, by the answers to `history_queries`.

    `stages` and `gates` are how many of the ladder compare. The numbers have six digits, so that the record
    keeps them as they are.
    """
    try:
        match asked:
            case (LogQuery() as query,):
                tier, usual = Tier.LOGS, _by_logs(query, evidence)
            case (Query() as counted, Query() as timed):
                tier, usual = Tier.METRICS, _by_metrics(prod, counted, timed, evidence)
            case _:
                return Unreadable(f"what is usual of {prod} was not asked for")
    except NotReadError as fault:
        return Unreadable(f"what is usual of {prod} can't be read: {fault}")
    requests, errors, slow_ms = usual
    if requests < LEAST:
        window = asked[0].window
        return Thin(requests, over=window.end - window.start)
    return Baseline(
        tier=tier,
        requests=requests,
        error_share=_digits(errors / requests),
        slow_ms=None if slow_ms is None else (_digits(slow_ms[0]), _digits(slow_ms[1]), _digits(slow_ms[2])),
        stages=stages,
        gates=gates,
        minutes=(asked[0].window.end - asked[0].window.start) // MINUTE,
    )


_Usual = tuple[int, int, tuple[float, float, float] | None]
"""Requests, errors among them, and what `Baseline.slow_ms` is."""


def _by_logs(query: LogQuery, evidence: Evidence) -> _Usual:
    known: dict[bool, tuple[int, dict[str, object]]] = {}
    for row in named_rows(table_in(query, evidence)):
        ok, requests = row.get("ok"), count_of(row.get("requests"))
        if not isinstance(ok, bool | int) or requests is None:
            raise NotReadError(f"{kql.TABLE} answered with {row!r:.200}, which is no count")
        known[bool(ok)] = requests, row
    good, row = known.get(True, (0, {}))
    bad, _ = known.get(False, (0, {}))
    slow = [row.get(name) for name in kql.QUANTILES]
    numbers = [float(each) for each in slow if isinstance(each, int | float) and math.isfinite(each)]
    if good and len(numbers) < len(slow):
        raise NotReadError(f"{kql.TABLE} has no durations of prod's {good} good answers")
    return good + bad, bad, (numbers[0], numbers[1], numbers[2]) if good else None


def _by_metrics(prod: str, counted: Query, timed: Query, evidence: Evidence) -> _Usual:
    minutes = counts(answer_of(counted, evidence), prod)
    answer = answer_of(timed, evidence)
    slow = [latencies(answer, name, prod) for name in PERCENTILES]
    usual = [median(values.values()) for values in slow if values]
    requests = sum(minute.requests for minute in minutes.values())
    errors = sum(minute.errors for minute in minutes.values())
    return requests, errors, (usual[0], usual[1], usual[1]) if len(usual) == len(slow) else None


def _digits(number: float) -> float:
    return float(f"{number:.6g}")
