"""Made-up traffic to prod and a candidate.

Requests are Poisson around a rate whose logarithm is autoregressive. Each fails on its own with its minute's
chance, and takes a lognormal time with a tail. The numbers of a trace come from
`SeedSequence(seed, spawn_key=(scenario.number, rpm, rep, part))`: part 0 is the hour before, part 1 the first
stage, part 2 the second. So one trace can be had again without any other, and another `--seed` makes traces
that nobody has tuned to.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gates.arms import Minutes, histogram

if TYPE_CHECKING:
    from benchmarks.gates.arms import Floats, Ints
    from benchmarks.gates.scenarios import Scenario

__all__ = ["HISTORY", "SEED", "StageTrace", "Trace", "World", "generator", "trace"]

SEED = 20261121
"""Where no other is asked for. The page has figures of one that nobody tuned to, and says which."""
HISTORY = 60
"""Minutes of prod alone before the first stage."""

RATE_MEMORY = 0.9
RATE_SPREAD = 0.15
MEDIAN_MS = 80.0
SPREAD = 0.5
TAIL = 0.02
TAIL_FACTOR = 4.0
JITTER = 0.04
BURST_CHANCE = 0.03
BURST_MINUTES = (1, 2, 3)
BURST_ERRORS = 0.15
BLIP_CHANCE = 0.02
BLIP_ERRORS = 0.10
BLIP_JITTER = 0.03
SLOWED = 1.5


@dataclass(frozen=True, eq=False)
class StageTrace:
    """What both deployments did in one stage, from its first settled minute on."""

    traffic: int
    """The candidate's share of live traffic, in percent."""
    candidate: Minutes
    prod: Minutes

    def __len__(self) -> int:
        return len(self.candidate)


@dataclass(frozen=True, eq=False)
class Trace:
    """An hour of prod alone, and then the stages."""

    scenario: Scenario
    rpm: int
    rep: int
    history: Minutes
    stages: tuple[StageTrace, ...]

    @cached_property
    def usual_ms(self) -> float:
        """Prod's mean duration in the hour before."""
        return float(self.history.milliseconds.sum() / self.history.requests.sum())

    @cached_property
    def usual(self) -> tuple[float, float, float]:
        """Prod's 50th, 95th and 99th percentile of milliseconds in the hour before."""
        return self.history.of_all(0.50), self.history.of_all(0.95), self.history.of_all(0.99)

    @cached_property
    def usual_errors(self) -> float:
        """Prod's share of failed requests in the hour before."""
        return float(self.history.errors.sum() / self.history.requests.sum())


def generator(seed: int, *key: int) -> np.random.Generator:
    """The source of one part's numbers."""
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=key))


def trace(
    scenario: Scenario,
    rpm: int,
    rep: int,
    stages: tuple[int, ...] = (10,),
    *,
    minutes: int = 60,
    seed: int = SEED,
) -> Trace:
    """Make a trace; the same arguments give the same one, and fewer stages the same first ones.

    Args:
        scenario: What is wrong.
        rpm: Requests a minute, on average.
        rep: Which of many.
        stages: The candidate's share of traffic in each, in percent.
        minutes: How long each stage is.
        seed: Another one gives other traces.
    """
    key = (scenario.number, rpm, rep)
    world = World(scenario, rpm, HISTORY, generator(seed, *key, 0))
    history = world.arm(1.0, candidate=False, live=False)
    parts = [
        _stage(scenario, rpm, traffic, minutes, generator(seed, *key, number))
        for number, traffic in enumerate(stages, 1)
    ]
    return Trace(scenario, rpm, rep, history, tuple(parts))


def _stage(
    scenario: Scenario, rpm: int, traffic: int, minutes: int, numbers: np.random.Generator
) -> StageTrace:
    world = World(scenario, rpm, minutes, numbers)
    share = traffic / 100
    return StageTrace(
        traffic,
        candidate=world.arm(share, candidate=True, live=True),
        prod=world.arm(1 - share, candidate=False, live=True),
    )


class World:
    """What both deployments live through in the same minutes."""

    def __init__(self, scenario: Scenario, rpm: int, minutes: int, numbers: np.random.Generator) -> None:
        self._scenario = scenario
        self._minutes = minutes
        self._numbers = numbers
        self._rate = rpm * _drift(minutes, numbers)
        self._jitter = np.exp(numbers.normal(0, JITTER, minutes))
        self._burst = _bursts(minutes, numbers) if scenario.bursts else np.zeros(minutes)

    def counts(self, share: float, *, candidate: bool, live: bool) -> tuple[Ints, Ints, Floats]:
        """One deployment's requests and errors by minute, and in which minutes it alone was ill.

        Args:
            share: Its share of the requests.
            candidate: Whether it is the candidate.
            live: False of the hour before.
        """
        scenario, numbers, minutes = self._scenario, self._numbers, self._minutes
        blip = np.where(numbers.random(minutes) < BLIP_CHANCE, float(scenario.blips), 0.0)
        base = scenario.errors if live or scenario.usual_errors is None else scenario.usual_errors
        extra = scenario.more_errors if candidate else 0.0
        chance = base + extra + BURST_ERRORS * self._burst + BLIP_ERRORS * blip
        rate = np.zeros(minutes) if live and scenario.silent else self._rate * share
        requests = numbers.poisson(rate)
        return requests, numbers.binomial(requests, np.minimum(chance, 1.0)), blip

    def arm(self, share: float, *, candidate: bool, live: bool) -> Minutes:
        """What one deployment did; the arguments are those of `counts`."""
        scenario, numbers, minutes = self._scenario, self._numbers, self._minutes
        requests, errors, blip = self.counts(share, candidate=candidate, live=live)
        own = np.exp(numbers.normal(0, BLIP_JITTER, minutes)) if scenario.blips else np.ones(minutes)
        scale = MEDIAN_MS * self._jitter * own * (scenario.slower if candidate else 1.0)
        scale = scale * np.where(self._burst + blip > 0, SLOWED, 1.0)
        tail = TAIL + (scenario.more_tail if candidate else 0.0)
        counts = [self._durations(number, scale, tail) for number in (requests - errors, errors)]
        return Minutes(*counts, extra=np.full(minutes, scenario.more_errors if candidate else 0.0))

    def _durations(self, requests: Ints, scale: Floats, tail: float) -> Ints:
        """Draw so many durations for each minute, and count them."""
        numbers = self._numbers
        minute = np.repeat(np.arange(self._minutes), requests)
        drawn = scale[minute] * np.exp(SPREAD * numbers.standard_normal(len(minute)))
        drawn[numbers.random(len(minute)) < tail] *= TAIL_FACTOR
        return histogram(minute, drawn, self._minutes)


def _drift(minutes: int, numbers: np.random.Generator) -> Floats:
    """A rate's factor, minute by minute: on average one, and near the minute before."""
    steps = numbers.normal(0, RATE_SPREAD, minutes)
    logs = np.empty(minutes)
    level = steps[0]
    for number in range(minutes):
        if number:
            level = RATE_MEMORY * level + np.sqrt(1 - RATE_MEMORY**2) * steps[number]
        logs[number] = level
    return np.exp(logs - RATE_SPREAD**2 / 2)


def _bursts(minutes: int, numbers: np.random.Generator) -> Floats:
    """One in the minutes of a burst."""
    starts = numbers.random(minutes) < BURST_CHANCE
    lengths = numbers.choice(BURST_MINUTES, minutes)
    found = np.zeros(minutes)
    for start in np.flatnonzero(starts):
        found[start : start + lengths[start]] = 1.0
    return found
