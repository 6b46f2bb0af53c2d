"""Many outcomes of one method in one scenario, as figures."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import fmean, median
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks.gates.outcomes import End

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.gates.outcomes import Outcome
    from benchmarks.gates.traces import Trace

__all__ = ["Cell", "Sample", "cell", "sample"]


class Sample(NamedTuple):
    """One outcome, with what it cost."""

    end: str
    minutes: int
    no_data: bool
    exposed: int
    excess: float


@dataclass(frozen=True)
class Cell:
    """The figures; shares in percent, None where there is nothing to take a median of."""

    reps: int
    rolled_back: float
    promoted: float
    held: float
    no_data: float
    rollback_minute: float | None
    promote_minute: float | None
    exposed: float
    excess: float

    @classmethod
    def read(cls, data: dict[str, Any]) -> Cell:
        return cls(**data)


def sample(outcome: Outcome, trace: Trace) -> Sample:
    """What one outcome came to."""
    exposed, excess = outcome.exposed(trace), round(outcome.excess(trace), 3)
    return Sample(outcome.end, outcome.minutes, outcome.no_data, exposed, excess)


def cell(samples: Sequence[Sample]) -> Cell:
    """The figures of some outcomes, at least one."""
    return Cell(
        reps=len(samples),
        rolled_back=_percent([each.end == End.ROLLED_BACK for each in samples]),
        promoted=_percent([each.end == End.PROMOTED for each in samples]),
        held=_percent([each.end == End.HELD for each in samples]),
        no_data=_percent([each.no_data for each in samples]),
        rollback_minute=_median([each.minutes for each in samples if each.end == End.ROLLED_BACK]),
        promote_minute=_median([each.minutes for each in samples if each.end == End.PROMOTED]),
        exposed=round(fmean(each.exposed for each in samples), 1),
        excess=round(fmean(each.excess for each in samples), 2),
    )


def _percent(found: Sequence[bool]) -> float:
    return round(100 * sum(found) / len(found), 2)


def _median(minutes: Sequence[int]) -> float | None:
    return float(median(minutes)) if minutes else None
