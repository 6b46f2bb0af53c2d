"""Fixed limits on the last five minutes: a canary of a pipeline that asks Azure Monitor.

The pipelines this project comes from ask for the mean of five one-minute points: at most one answer a minute
that isn't 2xx, and a latency near the usual one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from benchmarks.gates.outcomes import End, Outcome

if TYPE_CHECKING:
    from benchmarks.gates.traces import StageTrace, Trace

__all__ = ["first_look", "until_it_passes"]

POINTS = 5
MOST_ERRORS = 1.0
MOST_SLOWER = 1.25


def first_look(trace: Trace, minutes: int) -> Outcome:
    """One look at each stage, when its first five minutes are over, decides."""
    del minutes
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        spent = (*spent, POINTS)
        if not passes(stage, POINTS, trace.usual_ms):
            return Outcome(End.ROLLED_BACK, spent)
    return Outcome(End.PROMOTED, spent)


def until_it_passes(trace: Trace, minutes: int) -> Outcome:
    """The pipeline is run again each minute until it passes; a stage that never does is taken back."""
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        looks = range(POINTS, minutes + 1)
        passed = next((minute for minute in looks if passes(stage, minute, trace.usual_ms)), None)
        spent = (*spent, minutes if passed is None else passed)
        if passed is None:
            return Outcome(End.ROLLED_BACK, spent)
    return Outcome(End.PROMOTED, spent)


def passes(stage: StageTrace, minute: int, usual_ms: float) -> bool:
    """Whether the five minutes before this one are within the limits; none measured are not."""
    last = stage.candidate.between(minute - POINTS, minute)
    measured = last.requests > 0
    if not measured.any():
        return False
    latency = (last.milliseconds[measured] / last.requests[measured]).mean()
    return bool(last.errors.mean() <= MOST_ERRORS and latency <= MOST_SLOWER * usual_ms)
