"""A trace as Azure would hand it out: rows of the traffic log, series of Monitor, and when they arrive."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gates.traces import generator

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.gates.arms import Ints, Minutes
    from benchmarks.gates.traces import StageTrace, Trace

__all__ = ["BEGIN", "LAG", "Point", "arrivals", "log_rows", "metric_points"]

BEGIN = datetime(2026, 1, 5, 12, tzinfo=UTC)
"""When the first stage's first minute begins."""
LAG = {"metrics": 3, "logs": 5}
"""Minutes after its end by which a minute is complete."""
FAILED = 500
_ARRIVALS = 9


@dataclass(frozen=True)
class LogRow:
    """So many requests alike, in the columns of AmlOnlineEndpointTrafficLog that gates read."""

    at: datetime
    deployment: str
    status: int
    milliseconds: int
    count: int


@dataclass(frozen=True)
class Point:
    """A minute of one of Monitor's series; None is NULL: no sample, which isn't zero."""

    at: datetime
    metric: str
    deployment: str
    status: str
    """`2xx`, `5xx`; empty where the metric isn't split by it."""
    value: float | None


def log_rows(arm: Minutes, deployment: str, begin: datetime) -> Iterator[LogRow]:
    """The rows of one deployment's minutes."""
    for status, counts in ((200, arm.good), (FAILED, arm.bad)):
        for minute, milliseconds in np.argwhere(counts):
            yield LogRow(
                at=begin + timedelta(minutes=int(minute)),
                deployment=deployment,
                status=status,
                milliseconds=int(milliseconds),
                count=int(counts[minute, milliseconds]),
            )


def metric_points(stage: StageTrace, begin: datetime) -> Iterator[Point]:
    """The series of a stage: a status has a sample only in a minute that has such an answer."""
    for deployment, arm in (("candidate", stage.candidate), ("prod", stage.prod)):
        for minute in range(len(arm)):
            at = begin + timedelta(minutes=minute)
            for status, counts in (("2xx", arm.successes), ("5xx", arm.errors)):
                yield Point(at, "RequestsPerMinute", deployment, status, float(counts[minute]) or None)
            for metric, values in (("RequestLatency_P50", arm.p50), ("RequestLatency_P95", arm.p95)):
                value = float(values[minute])
                yield Point(at, metric, deployment, "", None if np.isnan(value) else value)


def arrivals(trace: Trace, tier: str, minutes: int, seed: int) -> Ints:
    """How many minutes after its end each minute can be read: from one to the tier's lag.

    (Azure Monitor on ingestion time: metrics in minutes, logs in 20 s to 3 minutes, resource logs later.)
    """
    key = (trace.scenario.number, trace.rpm, trace.rep, _ARRIVALS, len(tier))
    return generator(seed, *key).integers(1, LAG[tier] + 1, minutes)
