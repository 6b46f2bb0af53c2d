"""Argo Rollouts, as the example of its documentation on analysis has it.

(argo-rollouts, docs/features/analysis.md: `success-rate` every 5 minutes, `result[0] >= 0.95`, failureLimit
3: a fourth failure aborts. A condition sees one query's value; what is no number fails it.) It has
no latency there; a second metric of the same form is added, or it would be blind to it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.gates.outcomes import End, Outcome

if TYPE_CHECKING:
    from benchmarks.gates.arms import Minutes
    from benchmarks.gates.traces import Trace

__all__ = ["argo"]

INTERVAL = 5
LEAST_SUCCESSES = 0.95
MOST_SLOWER = 1.5
FAILURE_LIMIT = 3


def argo(trace: Trace, minutes: int) -> Outcome:
    """A background analysis over all stages: each lasts its time, unless a metric fails too often."""
    failed = {"success-rate": 0, "latency": 0}
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        for minute in range(INTERVAL, minutes + 1, INTERVAL):
            measured = stage.candidate.between(minute - INTERVAL, minute)
            failed["success-rate"] += not _succeeds(measured)
            failed["latency"] += not measured.of_all(0.95) <= MOST_SLOWER * trace.usual[1]
            if max(failed.values()) > FAILURE_LIMIT:
                return Outcome(End.ROLLED_BACK, (*spent, minute))
        spent = (*spent, minutes)
    return Outcome(End.PROMOTED, spent)


def _succeeds(measured: Minutes) -> bool:
    requests = int(measured.requests.sum())
    return requests > 0 and int(measured.successes.sum()) / requests >= LEAST_SUCCESSES
