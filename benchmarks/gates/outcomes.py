"""What became of a rollout."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.gates.traces import Trace

__all__ = ["End", "Outcome"]


class End(StrEnum):
    """How it ended."""

    ROLLED_BACK = "rolled back"
    PROMOTED = "promoted"
    HELD = "held"


@dataclass(frozen=True)
class Outcome:
    """One method's answer to one trace."""

    end: End
    spent: tuple[int, ...]
    """How many minutes of each stage it took, the stages that it never came to left out."""
    no_data: bool = False
    """Whether it held because nothing was measured."""

    @property
    def minutes(self) -> int:
        return sum(self.spent)

    def exposed(self, trace: Trace) -> int:
        """How many requests the candidate answered meanwhile."""
        return sum(
            int(stage.candidate.requests[:minutes].sum())
            for stage, minutes in zip(trace.stages, self.spent, strict=False)
        )

    def excess(self, trace: Trace) -> float:
        """How many of them failed, on average, that prod would have answered."""
        return sum(
            float((stage.candidate.requests * stage.candidate.extra)[:minutes].sum())
            for stage, minutes in zip(trace.stages, self.spent, strict=False)
        )
