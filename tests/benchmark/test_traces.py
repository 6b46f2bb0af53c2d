"""The generator: the same trace for the same seed, and the world that a scenario's name promises."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from benchmarks.gates.arms import LONGEST, histogram, percentile
from benchmarks.gates.scenarios import SCENARIOS, TRAFFIC, Scenario, scenario
from benchmarks.gates.series import LAG, arrivals, log_rows, metric_points
from benchmarks.gates.traces import Trace, trace

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)


def same(one: Trace, other: Trace) -> bool:
    """Whether the hour before and the stages that both have are equal, to the last request."""
    arms = [(one.history, other.history)]
    for left, right in zip(one.stages, other.stages, strict=False):
        arms += [(left.candidate, right.candidate), (left.prod, right.prod)]
    return all((a.good == b.good).all() and (a.bad == b.bad).all() for a, b in arms)


@pytest.mark.parametrize("each", SCENARIOS, ids=lambda each: each.name)
def test_a_trace_depends_on_its_seed_alone(each: Scenario):
    made = trace(each, 60, 3, minutes=30)
    trace(each, 60, 4, minutes=30)
    assert same(made, trace(each, 60, 3, minutes=30))
    assert same(made, trace(each, 60, 3, (10, 50), minutes=30))
    assert not same(made, trace(each, 60, 4, minutes=30))
    assert not same(made, trace(each, 60, 3, minutes=30, seed=1))


def test_a_trace_never_changes():
    """The page's figures can be had again only as long as this holds."""
    made = trace(scenario("+2pp"), 600, 7, (10, 50))
    assert [int(stage.candidate.requests.sum()) for stage in made.stages] == [3284, 20932]
    assert [int(stage.candidate.errors.sum()) for stage in made.stages] == [124, 628]
    assert int(made.history.milliseconds.sum()) == 3278893


def test_scenarios_have_numbers_of_their_own():
    assert [each.number for each in SCENARIOS] == list(range(len(SCENARIOS)))


@pytest.mark.parametrize("rpm", TRAFFIC)
def test_traffic_is_what_it_is_called(rpm: int):
    made = [trace(scenario("AA quiet"), rpm, rep) for rep in range(20)]
    rates = [each.stages[0].candidate.requests.mean() + each.stages[0].prod.requests.mean() for each in made]
    shares = [each.stages[0].candidate.requests.sum() / each.stages[0].prod.requests.sum() for each in made]
    assert np.mean(rates) == pytest.approx(rpm, rel=0.1)
    assert np.mean(shares) == pytest.approx(1 / 9, rel=0.05)


@pytest.mark.parametrize(
    ("name", "candidate", "prod"),
    [
        ("AA quiet", 0.005, 0.005),
        ("AA both 5 %", 0.05, 0.05),
        ("AA zero errors", 0.0, 0.0),
        ("AA blips", 0.007, 0.007),
        ("+2pp", 0.034, 0.014),
        ("+0.5pp", 0.019, 0.014),
    ],
)
def test_errors_are_as_the_scenario_says(name: str, candidate: float, prod: float):
    """A burst is about 6 % of minutes with 15 points more, a blip 2 % with 10."""
    stages = [trace(scenario(name), 600, rep).stages[0] for rep in range(60)]
    for arm, expected in (("candidate", candidate), ("prod", prod)):
        arms = [getattr(stage, arm) for stage in stages]
        share = sum(each.errors.sum() for each in arms) / sum(each.requests.sum() for each in arms)
        assert share == pytest.approx(expected, abs=0.002)


def test_latency_is_as_the_scenario_says():
    slower = trace(scenario("latency x1.3"), 6000, 0).stages[0]
    assert slower.candidate.of_all(0.5) == pytest.approx(1.3 * slower.prod.of_all(0.5), rel=0.03)
    tail = trace(scenario("tail-only"), 6000, 0).stages[0]
    assert tail.candidate.of_all(0.5) == pytest.approx(tail.prod.of_all(0.5), rel=0.06)
    assert tail.candidate.of_all(0.95) > 1.25 * tail.prod.of_all(0.95)


def test_percentiles_are_interpolated_as_numpy_does():
    numbers = np.random.default_rng(5)
    minute = np.repeat(np.arange(3), (0, 1, 250))
    milliseconds = np.rint(numbers.gamma(4, 30, len(minute)) + 1)
    counts = histogram(minute, milliseconds, 3)
    for share in (0.5, 0.95, 0.99):
        found = percentile(counts.cumsum(axis=1), share)
        assert np.isnan(found[0])
        assert found[1] == milliseconds[0]
        assert found[2] == pytest.approx(np.quantile(milliseconds[1:], share))


def test_requests_slower_than_the_last_bin_stay_counted():
    counts = histogram(np.zeros(2, dtype=np.int64), np.array([5.0, 1e9]), 1)
    assert counts.sum() == 2
    assert counts[0, LONGEST] == 1


def test_log_rows_have_every_request():
    stage = trace(scenario("AA both 5 %"), 60, 0).stages[0]
    rows = list(log_rows(stage.prod, "prod", BEGIN))
    assert sum(row.count for row in rows) == stage.prod.requests.sum()
    assert sum(row.count for row in rows if row.status != 200) == stage.prod.errors.sum()
    assert sum(row.count * row.milliseconds for row in rows) == stage.prod.milliseconds.sum()


def test_a_minute_without_errors_has_no_sample_of_them():
    stage = trace(scenario("AA quiet"), 60, 0).stages[0]
    points = list(metric_points(stage, BEGIN))
    errors = [p.value for p in points if (p.deployment, p.status) == ("candidate", "5xx")]
    assert len(errors) == 60
    assert [value or 0 for value in errors] == stage.candidate.errors.tolist()
    assert 0 not in errors
    silent = trace(scenario("no traffic"), 60, 0).stages[0]
    assert {point.value for point in metric_points(silent, BEGIN)} == {None}


@pytest.mark.parametrize("tier", LAG)
def test_every_minute_has_arrived_after_the_lag(tier: str):
    made = trace(scenario("AA quiet"), 60, 0)
    late = arrivals(made, tier, 60, seed=1)
    assert late.min() >= 1
    assert late.max() == LAG[tier]
    assert (late == arrivals(made, tier, 60, seed=1)).all()
