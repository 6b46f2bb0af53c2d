"""A figure against its limit: held, held but for chance, or not held."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# scipy has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
from scipy.stats import binom, binomtest

__all__ = ["Checks", "Met", "Row", "interval"]


class Met(StrEnum):
    """Whether a figure is held; ordered from best to worst by `_WORST`."""

    YES = "held"
    CHANCE = "_beyond: within chance_"
    """A share beyond the limit, but no further than one run in a hundred is where the truth is the limit.

    Neither held nor refuted: it doesn't count among the held, and more repetitions tell."""
    NO = "**not held**"
    NOT_RUN = "not run"


_WORST = (Met.NOT_RUN, Met.YES, Met.CHANCE, Met.NO)
_CHANCE = 0.01
_CONFIDENCE = 0.95


@dataclass(frozen=True)
class Row:
    """One figure."""

    number: int
    figure: str
    measured: str
    hold: str
    met: Met


class Checks:
    """Parts of a row: what was measured, and whether each is within its limit."""

    def __init__(self) -> None:
        self.said: list[str] = []
        self.met: list[Met] = []

    def most(self, name: str, value: float | None, limit: float, unit: str = "") -> None:
        within = value is not None and value <= limit
        self._add(name, value, unit, Met.YES if within else Met.NO)

    def share(
        self, name: str, percent: float, reps: int, *, most: float | None = None, least: float = 0
    ) -> None:
        """A share in percent of so many traces, against a limit that is a chance; said with its interval."""
        events = round(percent * reps / 100)
        if most is not None:
            chance, within = 1 - _at_most(events - 1, reps, most / 100), percent <= most
        else:
            chance, within = _at_most(events, reps, least / 100), percent >= least
        low, high = (_short(100 * each) for each in interval(events, reps))
        met = Met.YES if within else Met.CHANCE if chance >= _CHANCE else Met.NO
        self._add(name, percent, " %", met, f" ({low} to {high})")

    def tell(self, name: str, value: float | None, unit: str = "") -> None:
        self._add(name, value, unit, Met.YES)

    def row(self, number: int, figure: str, hold: str) -> Row:
        met = max(self.met, key=_WORST.index, default=Met.NOT_RUN)
        return Row(number, figure, "; ".join(self.said), hold, met)

    def _add(self, name: str, value: float | None, unit: str, met: Met, more: str = "") -> None:
        shown = "none" if value is None else f"{value:g}{unit}"
        self.said.append(f"{name} {shown}{more}" if met is Met.YES else f"{name} **{shown}**{more}")
        self.met.append(met)


def _short(percent: float) -> str:
    return f"{percent:.0f}" if percent >= 10 else f"{percent:.2g}"


def interval(events: int, of: int) -> tuple[float, float]:
    """Which chances are compatible with so many events: Clopper and Pearson's interval of 95 %."""
    found: Any = binomtest(events, of).proportion_ci(_CONFIDENCE, "exact")
    return float(found.low), float(found.high)


def _at_most(events: int, of: int, chance: float) -> float:
    """How likely so many events or fewer are, among so many that each are one with that chance."""
    found: Any = binom.cdf(events, of, chance)
    return float(found)
