"""How long it takes to tell, and which ladder suits a rate of requests."""

from datetime import timedelta

import pytest

from rollout.core.comparison.eta import clear_eta, eta, sign_eta
from rollout.core.comparison.ladder import decided, propose
from tests.comparison.making import MINUTE, SETTINGS

HOUR = timedelta(hours=1)
QUARTER = 0.05 / 4


@pytest.mark.parametrize(("rate", "share", "minutes"), [(60, 0.1, 63), (60, 0.5, 29), (600, 0.1, 6)])
def test_how_long_two_points_more_errors_take(rate: float, share: float, minutes: int):
    assert eta(rate * share, rate * (1 - share), 0.005, 0.02, QUARTER) == minutes * MINUTE


@pytest.mark.parametrize(("rate", "share", "minutes"), [(60, 0.1, 113), (60, 0.5, 27), (600, 0.1, 11)])
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
    [(6000, (5, 50, 100)), (600, (5, 50, 100)), (120, (10, 50, 100)), (60, (25, 50, 100)), (35, (50, 100))],
)
def test_the_ladder_begins_where_it_can_be_decided(per_minute: float, shares: tuple[int, ...]):
    ladder = propose(per_minute, 0.005, 0.01, SETTINGS, HOUR)
    assert tuple(rung.traffic for rung in ladder.rungs) == shares
    assert ladder.warning is None
    for rung in ladder.rungs[:-1]:
        assert rung.decided is not None
        assert rung.decided <= rung.bake <= HOUR


@pytest.mark.parametrize("per_minute", [0, 5, 15])
def test_a_ladder_for_too_little_traffic_says_so(per_minute: float):
    ladder = propose(per_minute, 0.005, 0.01, SETTINGS, HOUR)
    assert [rung.traffic for rung in ladder.rungs] == [50, 100]
    assert ladder.warning is not None
    assert f"at {per_minute:g} requests a minute" in ladder.warning


def test_a_stage_is_decided_sooner_with_more_traffic():
    times = [decided(rate, 10, 0.005, 0.01, SETTINGS, stages=2, gates=2) for rate in (60, 120, 600, 6000)]
    assert all(one is not None for one in times)
    known = [one for one in times if one is not None]
    assert known == sorted(known, reverse=True)
    assert known[-1] == SETTINGS.min_blocks * MINUTE
