"""Tests of two shares on all requests of a stage so far: an ordinary one, and one made for many looks.

Two shares each: of failed requests, and of 2xx answers slower than prod's usual 95th percentile. Either rolls
back; a stage that ends without is passed.
"""

from __future__ import annotations

import math
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gates.outcomes import End, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from benchmarks.gates.traces import StageTrace, Trace

    Shares = tuple[int, int, int, int]

__all__ = ["gavi", "gavi_interval", "z_once", "z_peeking", "z_worse"]

FIRST = 5
ALPHA = 0.05
METRICS = 2
TUNING = 5000.0
CRITICAL = NormalDist().inv_cdf(1 - ALPHA / METRICS)


def z_peeking(trace: Trace, minutes: int) -> Outcome:
    """The two-proportion z-test at every minute from the fifth, each at 5 % over both shares."""
    return _looked(trace, minutes, range(FIRST, minutes + 1), z_worse)


def z_once(trace: Trace, minutes: int) -> Outcome:
    """The same test once, at the end of each stage."""
    return _looked(trace, minutes, (minutes,), z_worse)


def gavi(trace: Trace, minutes: int) -> Outcome:
    """The generalized always-valid interval at every minute from the fifth, at 5 % over both shares."""
    return _looked(trace, minutes, range(FIRST, minutes + 1), _gavi_worse)


def z_worse(slow: int, of: int, usual: int, of_usual: int) -> bool:
    """Whether the first share is greater, one-sided, by a pooled z-test."""
    if not of or not of_usual:
        return False
    pooled = (slow + usual) / (of + of_usual)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / of + 1 / of_usual))
    return spread > 0 and (slow / of - usual / of_usual) / spread > CRITICAL


def gavi_interval(
    candidate: tuple[int, int], prod: tuple[int, int], alpha: float, tuning: float = TUNING
) -> tuple[float, float] | None:
    """The asymptotic confidence sequence of a difference of shares, candidate's less prod's.

    (Waudby-Smith et al., arXiv 2103.06476v7, equations 9 and 161: GrowthBook's sequential testing. `tuning`
    is the number of requests that it is narrowest for.)

    Args:
        candidate: Its events, and its requests.
        prod: Likewise.
        alpha: The chance at most that the interval ever misses the difference.
        tuning: As above.

    Returns:
        None where prod has no event, or neither share varies: the published implementation then says nothing.
    """
    (event, of), (usual, of_usual) = candidate, prod
    if not of or not of_usual or not usual:
        return None
    share, base = event / of, usual / of_usual
    if not 0 < share < 1 or not 0 < base < 1:
        return None
    variance = share * (1 - share) / of + base * (1 - base) / of_usual
    both = of + of_usual
    rho2 = (-2 * math.log(alpha) + math.log(-2 * math.log(alpha) + 1)) / tuning
    inflated = both * rho2 + 1
    width = math.sqrt(
        variance * both * 2 * inflated * math.log(math.sqrt(inflated) / alpha) / (both**2 * rho2)
    )
    return share - base - width, share - base + width


def _gavi_worse(event: int, of: int, usual: int, of_usual: int) -> bool:
    # Two-sided at twice the level, of which only the one side rolls back.
    interval = gavi_interval((event, of), (usual, of_usual), 2 * ALPHA / METRICS)
    return interval is not None and interval[0] > 0


def _looked(
    trace: Trace, minutes: int, looks: Iterable[int], worse: Callable[[int, int, int, int], bool]
) -> Outcome:
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        seen = list(_shares(stage, trace.usual[1]))
        found = next((minute for minute in looks if any(worse(*each[minute - 1]) for each in seen)), None)
        if found is not None:
            return Outcome(End.ROLLED_BACK, (*spent, found))
        spent = (*spent, minutes)
    return Outcome(End.PROMOTED, spent)


def _shares(stage: StageTrace, p95: float) -> Iterator[list[Shares]]:
    """For both shares, minute by minute: the candidate's events and requests so far, and prod's."""
    candidate, prod = stage.candidate, stage.prod
    for columns in (
        (candidate.errors, candidate.requests, prod.errors, prod.requests),
        (candidate.slow(p95), candidate.successes, prod.slow(p95), prod.successes),
    ):
        running = np.stack(columns).cumsum(axis=1).T.tolist()
        yield [(row[0], row[1], row[2], row[3]) for row in running]
