"""Flagger, as its documentation's canary has it.

(flagger, docs/gitbook/tutorials/istio-progressive-delivery.md: every minute, request-success-rate at least
99 % and request-duration, the 99th percentile, at most 500 ms; `threshold: 5` failed checks, counted over the
whole analysis, roll back. A check without a value fails.) The 500 ms are read as 1.5 times the usual P99: a
fixed number would fit a service of another speed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.gates.outcomes import End, Outcome

if TYPE_CHECKING:
    from benchmarks.gates.traces import Trace

__all__ = ["flagger"]

LEAST_SUCCESSES = 0.99
MOST_SLOWER = 1.5
THRESHOLD = 5


def flagger(trace: Trace, minutes: int) -> Outcome:
    """A check a minute; each stage lasts its time, unless too many fail."""
    failed = 0
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        arm = stage.candidate
        for minute in range(minutes):
            requests = int(arm.requests[minute])
            good = requests > 0 and int(arm.successes[minute]) / requests >= LEAST_SUCCESSES
            failed += not (good and float(arm.p99[minute]) <= MOST_SLOWER * trace.usual[2])
            if failed >= THRESHOLD:
                return Outcome(End.ROLLED_BACK, (*spent, minute + 1))
        spent = (*spent, minutes)
    return Outcome(End.PROMOTED, spent)
