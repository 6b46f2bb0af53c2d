"""A figure against its limit: held, held but for chance, or not held."""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import StrEnum

__all__ = ["Checks", "Met", "Row"]


class Met(StrEnum):
    """Whether a figure is held; ordered from best to worst by `_WORST`."""

    YES = "held"
    CHANCE = "_within chance_"
    """A share beyond the limit, but no further than one run in a hundred is where the truth is the limit.

    Neither held nor refuted: it doesn't count among the held, and more repetitions tell."""
    NO = "**not held**"
    NOT_RUN = "not run"


_WORST = (Met.NOT_RUN, Met.YES, Met.CHANCE, Met.NO)
_CHANCE = 0.01


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
        """A share in percent of so many traces, against a limit that is a chance."""
        events = round(percent * reps / 100)
        if most is not None:
            chance, within = 1 - _at_most(events - 1, reps, most / 100), percent <= most
        else:
            chance, within = _at_most(events, reps, least / 100), percent >= least
        self._add(name, percent, " %", Met.YES if within else Met.CHANCE if chance >= _CHANCE else Met.NO)

    def tell(self, name: str, value: float | None, unit: str = "") -> None:
        self._add(name, value, unit, Met.YES)

    def row(self, number: int, figure: str, hold: str) -> Row:
        met = max(self.met, key=_WORST.index, default=Met.NOT_RUN)
        return Row(number, figure, "; ".join(self.said), hold, met)

    def _add(self, name: str, value: float | None, unit: str, met: Met) -> None:
        shown = "none" if value is None else f"{value:g}{unit}"
        self.said.append(f"{name} {shown}" if met is Met.YES else f"{name} **{shown}**")
        self.met.append(met)


def _at_most(events: int, of: int, chance: float) -> float:
    """How likely so many events or fewer are, among so many that each are one with that chance."""
    if chance >= 1:
        return float(events >= of)
    logs = (
        math.lgamma(of + 1)
        - math.lgamma(number + 1)
        - math.lgamma(of - number + 1)
        + number * math.log(chance)
        + (of - number) * math.log1p(-chance)
        for number in range(events + 1)
    )
    return math.fsum(map(math.exp, logs))
