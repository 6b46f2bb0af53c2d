"""Kayenta's NetflixACAJudge on series of one-minute points.

(spinnaker/kayenta: NetflixACAJudge, MannWhitneyClassifier, WeightedSumScorer, docs/canary-config.md; written
from what they say.) Two groups of equal weight: the error rate; the mean and the 95th percentile of latency.
The direction is increase, points without a value are removed, all else is as shipped. Judged each 10 minutes
on the stage so far: a score below 75 fails at once, and the last has to reach 95.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.gates.outcomes import End, Outcome
from benchmarks.gates.peers.rank_sum import AllTiedError, shift

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from benchmarks.gates.arms import Floats, Minutes
    from benchmarks.gates.traces import Trace

__all__ = ["Label", "classify", "kayenta", "score"]

INTERVAL = 10
CONFIDENCE = 0.98
TOLERANCE = 0.25
MARGINAL, PASS = 75.0, 95.0
NOISE = 1e-5
GROUPS = {"errors": ("error rate",), "latency": ("mean", "p95")}


class Label(StrEnum):
    """What a metric is found to be; of an error the judge takes no notice."""

    PASS = "Pass"  # noqa: S105 - a verdict
    HIGH = "High"
    NODATA = "Nodata"
    ERROR = "Error"


def kayenta(trace: Trace, minutes: int) -> Outcome:
    """A canary analysis of each stage."""
    spent: tuple[int, ...] = ()
    for stage in trace.stages:
        candidate, prod = _points(stage.candidate), _points(stage.prod)
        for minute in range(INTERVAL, minutes + 1, INTERVAL):
            labels = {name: classify(candidate[name][:minute], prod[name][:minute]) for name in candidate}
            if score(labels) < (PASS if minute + INTERVAL > minutes else MARGINAL):
                return Outcome(End.ROLLED_BACK, (*spent, minute))
        spent = (*spent, minutes)
    return Outcome(End.PROMOTED, spent)


def classify(candidate: Floats, prod: Floats) -> Label:
    """Judge one metric's points: high where the interval of the shift clears a quarter of the estimate."""
    candidate, prod = candidate[~np.isnan(candidate)], prod[~np.isnan(prod)]
    if not len(candidate) or not len(prod):
        return Label.NODATA
    if len(candidate) == len(prod) and (np.sort(candidate) == np.sort(prod)).all():
        return Label.PASS
    if len({*candidate.tolist(), *prod.tolist()}) == 1:
        return Label.PASS
    if len(set(candidate.tolist())) == 1 and len(set(prod.tolist())) == 1:
        candidate, prod = _noisy(candidate, 1), _noisy(prod, 2)
    try:
        found = shift(candidate, prod, CONFIDENCE)
    except AllTiedError:
        return Label.ERROR
    high = found.low > TOLERANCE * abs(found.estimate) and _ratio(candidate, prod) >= 1.0
    return Label.HIGH if high else Label.PASS


def score(labels: Mapping[str, Label]) -> float:
    """The weighted score from 0 to 100; 0 where half of the metrics or more have no data."""
    nodata = sum(label is Label.NODATA for label in labels.values())
    if 2 * nodata >= len(labels):
        return 0.0
    return sum(_group([labels[name] for name in names]) for names in GROUPS.values()) / len(GROUPS)


def _group(labels: Sequence[Label]) -> float:
    counted = [label for label in labels if label in (Label.PASS, Label.HIGH)]
    return 100 * counted.count(Label.PASS) / len(counted) if counted else 100.0


def _ratio(candidate: Floats, prod: Floats) -> float:
    """The ratio of the means; endless where one is zero, as the effect size is then not looked at."""
    means = float(candidate.mean()), float(prod.mean())
    return means[0] / means[1] if all(means) else float("inf")


def _noisy(values: Floats, number: int) -> Floats:
    return values + np.random.default_rng(number).normal(0, NOISE * abs(values[0]), len(values))


def _points(arm: Minutes) -> dict[str, Floats]:
    """The series: a minute without requests has no point."""
    requests = np.where(arm.requests > 0, arm.requests, np.nan)
    return {"error rate": arm.errors / requests, "mean": arm.milliseconds / requests, "p95": arm.p95}
