"""How long it takes to tell, and which ladder suits a rate of requests."""

from datetime import timedelta

import pytest

from rollout.core.comparison.blocks import Tier
from rollout.core.comparison.eta import clear_eta, eta, sign_eta
from rollout.core.comparison.ladder import propose
from rollout.core.comparison.timing import time_to_clear, time_to_fail
from rollout.core.gates.comparative import ComparativeGate
from tests.comparison.making import BOTH, LATENCY, MINUTE, SETTINGS, baseline

HOUR = timedelta(hours=1)
QUARTER = 0.05 / 4


@pytest.mark.parametrize(("rate", "share", "minutes"), [(60, 0.1, 58), (60, 0.5, 26), (600, 0.1, 6)])
def test_how_long_two_points_more_errors_take(rate: float, share: float, minutes: int):
    assert eta(rate * share, rate * (1 - share), 0.005, 0.02, QUARTER) == minutes * MINUTE


@pytest.mark.parametrize(("rate", "share", "minutes"), [(60, 0.1, 123), (60, 0.5, 29), (600, 0.1, 12)])
def test_how_long_a_good_release_takes(rate: float, share: float, minutes: int):
    assert clear_eta(rate * share, rate * (1 - share), 0.005, 0.01, 0.05) == minutes * MINUTE


@pytest.mark.parametrize(("rate_c", "rate_p", "by"), [(0, 60, 0.01), (60, 0, 0.01), (60, 540, 0)])
def test_never(rate_c: float, rate_p: float, by: float):
    assert eta(rate_c, rate_p, 0.005, by, QUARTER) is None
    assert clear_eta(rate_c, rate_p, 0.005, by, 0.05) is None


def test_no_traffic_is_enough_for_less_than_three_blocks():
    assert eta(1e6, 1e6, 0.005, 0.5, QUARTER) == 3 * MINUTE
    assert clear_eta(1e6, 1e6, 0.005, 0.5, 0.05) == 3 * MINUTE


def test_signs_take_as_many_blocks_as_their_bound_needs():
    assert sign_eta(80) == 9 * MINUTE
    assert sign_eta(20) == 7 * MINUTE
    assert sign_eta(20, chance=0.7) > sign_eta(20)


@pytest.mark.parametrize(
    ("per_minute", "shares"),
    [(6000, (5, 50, 100)), (600, (5, 50, 100)), (120, (25, 50, 100)), (60, (50, 100)), (45, (50, 100))],
)
def test_the_ladder_begins_where_it_can_be_decided(per_minute: float, shares: tuple[int, ...]):
    ladder = propose(BOTH, SETTINGS, baseline(), per_minute, HOUR)
    assert tuple(rung.traffic for rung in ladder.rungs) == shares
    assert ladder.warning is None
    for rung in ladder.rungs[:-1]:
        assert rung.cleared is not None
        assert rung.cleared <= rung.bake <= HOUR
        assert rung.within(HOUR)


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("per_minute", [0, 5, 15])
def test_a_ladder_for_too_little_traffic_says_so(per_minute: float, tier: Tier):
    ladder = propose(BOTH, SETTINGS, baseline(tier), per_minute, HOUR)
    assert [rung.traffic for rung in ladder.rungs] == [50, 100]
    assert ladder.warning is not None
    assert f"at {per_minute:g} requests a minute" in ladder.warning


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize("gate", BOTH)
def test_a_stage_is_decided_sooner_with_more_traffic(gate: ComparativeGate, tier: Tier):
    for time_to in (time_to_clear, time_to_fail):
        rates = [(rate * 0.1, rate * 0.9) for rate in (60, 120, 600, 6000)]
        times = [time_to(gate, SETTINGS, baseline(tier), each) for each in rates]
        known = [one for one in times if one is not None]
        assert len(known) == len(times)
        assert known == sorted(known, reverse=True)
    assert time_to_clear(gate, SETTINGS, baseline(tier), (600, 5400)) == SETTINGS.min_blocks * MINUTE


def test_metrics_never_tell_latency_above_half():
    assert time_to_clear(LATENCY, SETTINGS, baseline(Tier.METRICS), (450, 150)) is None
    assert time_to_fail(LATENCY, SETTINGS, baseline(Tier.METRICS), (450, 150)) is None
