"""Blocks to compare, told or drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from rollout.core.comparison.blocks import Arm, Baseline, Block, StageBlocks, Tier
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
ERRORS = ComparativeGate("errors", Measure.ERRORS, margin=0.01)
LATENCY = ComparativeGate("latency", Measure.LATENCY, margin=0.025)
BOTH = (ERRORS, LATENCY)
SETTINGS = ComparisonSettings()


def baseline(
    tier: Tier = Tier.LOGS, *, error_share: float = 0.005, stages: int = 2, gates: int = 2
) -> Baseline:
    return Baseline(tier, 10_000, error_share, (80.0, 200.0, 400.0), stages, gates)


def at(minute: int) -> datetime:
    return START + minute * MINUTE


def block(minute: int, candidate: Arm, prod: Arm) -> Block:
    return Block(at(minute), candidate, prod)


def stage(
    arms: Sequence[tuple[Arm, Arm]], *, traffic: int = 10, mirror: int = 0, begin: int = 0
) -> StageBlocks:
    found = tuple(block(begin + minute, *pair) for minute, pair in enumerate(arms))
    return StageBlocks(traffic, mirror, found)


def alike(requests: int, errors: int = 0, *, slower: float = 1.0) -> Arm:
    """An arm with what prod usually does, and the percentiles that go with it."""
    ok = requests - errors
    counts = (round(ok * 0.5), round(ok * 0.05), int(ok * 0.01))
    return Arm(requests, errors, counts, 80 * slower, 200 * slower)


def steady(minutes: int, candidate: Arm, prod: Arm, *, traffic: int = 10, begin: int = 0) -> StageBlocks:
    return stage([(candidate, prod)] * minutes, traffic=traffic, begin=begin)


class Traffic:
    """Traffic drawn at random: Poisson requests, and shares that common bursts raise for both arms."""

    def __init__(self, seed: int, per_minute: int, share: float = 0.1) -> None:
        self._rng = np.random.default_rng(seed)
        self._rates = per_minute * share, per_minute * (1 - share)
        self._share = share

    def errors(
        self, minutes: int, candidate: float, prod: float, *, bursts: float = 0.0, blips: float = 0.0
    ) -> StageBlocks:
        """A stage with those shares of errors, 15 points more in common bursts, 10 in blips of one arm."""
        arms: list[tuple[Arm, Arm]] = []
        left = 0
        for _ in range(minutes):
            if not left and self._rng.random() < bursts:
                left = int(self._rng.integers(1, 4))
            more = 0.15 if left else 0.0
            left = max(0, left - 1)
            shares = [base + more + 0.1 * (self._rng.random() < blips) for base in (candidate, prod)]
            arms.append((self._arm(0, shares[0]), self._arm(1, shares[1])))
        return stage(arms, traffic=round(100 * self._share))

    def _arm(self, place: int, share: float) -> Arm:
        requests = int(self._rng.poisson(self._rates[place]))
        return Arm(requests, int(self._rng.binomial(requests, share)))
