"""A gate with a fixed threshold, on an Azure Monitor metric or on what a KQL query returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Empty(StrEnum):
    """What a series with no measurement in it means."""

    HOLD = "hold"
    """Nothing: the gate is Inconclusive."""
    ZERO = "zero"
    """No events, but only where enough requests are proved; else the gate is Inconclusive."""
    ABORT = "abort"
    """The gate has Failed."""


@dataclass(frozen=True)
class Limit:
    """A bound, one for all stages or one a stage."""

    default: float | None = None
    by_stage: Mapping[int, float] = field(default_factory=lambda: MappingProxyType({}))

    def at(self, stage: int) -> float | None:
        """Return the bound at that stage: its own, else that of the nearest below, else the default."""
        below = [traffic for traffic in self.by_stage if traffic <= stage]
        return self.by_stage[max(below)] if below else self.default


@dataclass(frozen=True)
class FixedGate:
    """Every one of the newest points must lie within the bounds, but for what the limits allow.

    The limits are called as in Argo Rollouts' analysis, where a measurement is what a point is here.
    """

    name: str
    metric: str = ""
    """Empty where `kql` is asked."""
    aggregation: str = "Average"
    interval: timedelta = timedelta(minutes=1)
    points: int = 5
    filter: str | None = None
    """Added to `deployment eq '<candidate>'`."""
    max: Limit = field(default_factory=Limit)
    min: Limit = field(default_factory=Limit)
    empty: Empty = Empty.HOLD
    failure_limit: int = 0
    """How many of the points may be beyond the bounds."""
    inconclusive_limit: int = 0
    """How many of the points may be unmeasured; one that is measured is always needed."""
    consecutive_error_limit: int = 0
    """How many points in a row may be no number (NaN or infinite)."""
    consecutive_success_limit: int = 0
    """How many of the newest points must be within the bounds without a break; 0 is all that are counted."""
    dry_run: bool = False
    kql: str | None = None
    """A query on Log Analytics that returns one number, in place of `metric` and what goes with it."""
