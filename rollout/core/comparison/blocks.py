"""What both deployments did in the same blocks of time."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


class Tier(StrEnum):
    """Where the evidence of a comparison comes from."""

    LOGS = "logs"
    """Rows of the endpoint's traffic log: each request with its own duration."""
    METRICS = "metrics"
    """Azure Monitor's metrics: counts of requests, and percentiles of latency a minute."""


@dataclass(frozen=True)
class Arm:
    """One deployment in one block of time."""

    requests: int = 0
    errors: int = 0
    """Answers that were not 2xx."""
    slow: tuple[int, int, int] = (0, 0, 0)
    """2xx answers beyond the baseline's 50th, 95th and 99th percentile (the candidate's with its slack)."""
    p50: float | None = None
    """Milliseconds, in the metrics tier; None where it wasn't measured."""
    p95: float | None = None

    @property
    def successes(self) -> int:
        """How many answers were 2xx: what latency is measured on."""
        return self.requests - self.errors


@dataclass(frozen=True)
class Block:
    """One block of time."""

    at: datetime
    """Its begin."""
    candidate: Arm
    prod: Arm


@dataclass(frozen=True)
class StageBlocks:
    """The settled blocks of one stage, oldest first."""

    traffic: int
    """The candidate's share of live traffic, in percent; 100 has no control to compare with."""
    mirror: int
    """The candidate's share of mirrored traffic, in percent."""
    blocks: tuple[Block, ...]


@dataclass(frozen=True)
class Baseline:
    """What is frozen when a rollout opens its first compared stage, so that no later look can move it."""

    tier: Tier
    requests: int
    """How many requests to prod it rests on."""
    error_share: float
    """Prod's share of answers that were not 2xx, from 0 to 1."""
    slow_ms: tuple[float, float, float] | None
    """Prod's 50th, 95th and 99th percentile of milliseconds (logs), or its usual P50, P95, P95 (metrics)."""
    stages: int
    """How many stages of the ladder compare: each gets an equal part of the error rate."""
    gates: int
    """How many gates compare: each gets an equal part of a stage's."""
    minutes: int = 60
    """Over how many minutes its requests were counted."""

    @property
    def per_minute(self) -> float:
        """Prod's requests a minute."""
        return self.requests / self.minutes if self.minutes else 0.0
