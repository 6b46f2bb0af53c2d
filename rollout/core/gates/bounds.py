"""The limits of a gate at one stage, and how far a measured value is from them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.gates.measured import Value
    from rollout.core.plan import Stage

_NOWHERE = float("-inf")


@dataclass(frozen=True)
class Bounds:
    """The least and the most that a value may be, both inclusive."""

    low: float | None
    high: float | None

    @classmethod
    def of(cls, gate: FixedGate, stage: Stage) -> Bounds:
        """Return the gate's limits at that stage."""
        return cls(gate.min.at(stage.traffic), gate.max.at(stage.traffic))

    def excess(self, value: Value) -> float:
        """Return how far beyond the nearer bound the value is: above 0 is beyond, less is better."""
        return max(self._beyond(value))

    def worst_of(self, value: Value) -> float:
        """Return the end of the value that is nearer to a bound, or further beyond it."""
        below, above = self._beyond(value)
        return value.high if above >= below else value.low

    def show(self) -> str:
        """Return the bounds as people write them: `<= 50`."""
        texts = [f">= {self.low:g}"] if self.low is not None else []
        return " and ".join([*texts, f"<= {self.high:g}"] if self.high is not None else texts)

    def _beyond(self, value: Value) -> tuple[float, float]:
        below = self.low - value.low if self.low is not None else _NOWHERE
        above = value.high - self.high if self.high is not None else _NOWHERE
        return below, above
