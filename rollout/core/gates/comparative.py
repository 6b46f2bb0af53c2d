"""A gate that compares the candidate with prod in the same window."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.core.comparison.blocks import Tier


class Measure(StrEnum):
    """What is compared."""

    ERRORS = "errors"
    """The share of answers that are not 2xx."""
    LATENCY = "latency"
    """The share of 2xx answers that are slower than prod's usual 50th, 95th and 99th percentile."""


@dataclass(frozen=True)
class ComparativeGate:
    """The candidate may be worse than prod by less than a margin; more than chance explains fails it."""

    name: str
    measure: Measure
    margin: float
    """How much greater the candidate's share must be shown not to be, from 0 to 1: 0.01 is one point."""
    slack: float = 0.10
    """How much slower the candidate may be for free, as a share of prod's latency."""
    dry_run: bool = False


@dataclass(frozen=True)
class ComparisonSettings:
    """What all comparative gates of a stack have in common."""

    source: Tier | None = None
    """None: logs where the endpoint's traffic log goes to Log Analytics, else metrics."""
    alpha: float = 0.05
    """The chance at most to take back a release that isn't worse, in a whole rollout."""
    beta: float = 0.05
    """The chance at most to promote a release that is worse by the margin or more."""
    min_requests: int = 50
    """To the candidate, in the stage, before a gate can be Successful."""
    min_blocks: int = 10
    """Settled blocks in the stage, before a gate can be Successful."""
    block: timedelta = timedelta(minutes=1)
    """Always a minute with metrics."""
