"""The evidence that passes: its mean under the null by enumeration, and the margin it proves."""

import math
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import betaln
from scipy.stats import binom

from rollout.core.comparison.blocks import Arm
from rollout.core.comparison.counts import Counts, errors
from rollout.core.comparison.logspace import log_beta
from rollout.core.comparison.passing import (
    TAIL,
    CountClearance,
    LatencyClearance,
    SignClearance,
    log_clearance,
    needed,
)
from tests.comparison.making import block
from tests.comparison.universal import log_universal


def cleared(blocks: list[Counts], usual: float = 0.005, margin: float = 0.01) -> CountClearance:
    clearance = CountClearance(errors, usual, margin, 0.05)
    for number, (y_c, n_c, y_p, n_p) in enumerate(blocks):
        clearance.add(block(number, Arm(n_c, y_c), Arm(n_p, y_p)))
    return clearance


def mean_under(p_c: float, p_p: float, requests: tuple[int, int], guess: float, margin: float) -> float:
    n_c, n_p = requests
    chances_c = binom.pmf(range(n_c + 1), n_c, p_c)
    chances_p = binom.pmf(range(n_p + 1), n_p, p_p)
    return math.fsum(
        float(chances_c[y_c] * chances_p[y_p])
        * math.exp(log_clearance(Counts(y_c, n_c, y_p, n_p), margin, guess))
        for y_c, y_p in product(range(n_c + 1), range(n_p + 1))
    )


@pytest.mark.parametrize("p", [0.0, 0.001, 0.02, 0.3, 0.9])
@pytest.mark.parametrize("guess", [1e-4, 0.005, 0.2])
@pytest.mark.parametrize(("n_c", "n_p", "margin"), [(6, 54, 0.01), (20, 20, 0.025), (54, 6, 0.1)])
def test_the_mean_is_at_most_one_for_any_share_of_prods(
    p: float, guess: float, n_c: int, n_p: int, margin: float
):
    assert mean_under(min(1.0, p + margin), p, (n_c, n_p), guess, margin) <= 1 + 1e-9


def test_the_mean_is_one_where_prod_has_no_events():
    assert mean_under(0.01, 0.0, (60, 540), 0.005, 0.01) == pytest.approx(1)


@pytest.mark.parametrize("p", [0.02, 0.05, 0.1])
def test_leaving_out_blocks_in_which_prod_is_ill_keeps_the_mean_at_most_one(p: float):
    n_c, n_p, margin, guess, most = 10, 90, 0.01, 0.005, 5
    staying = math.fsum(
        float(binom.pmf(y_c, n_c, p + margin) * binom.pmf(y_p, n_p, p))
        * math.exp(log_clearance(Counts(y_c, n_c, y_p, n_p), margin, guess))
        for y_c, y_p in product(range(n_c + 1), range(most))
    )
    assert staying <= float(binom.cdf(most - 1, n_p, p)) + 1e-9


def test_golden_values_of_one_block():
    assert log_clearance(Counts(5, 1000, 45, 9000), 0.01, 0.005) == pytest.approx(4.4324038, abs=1e-6)
    assert log_clearance(Counts(0, 360, 0, 3240), 0.01, 0.0025) == pytest.approx(2.8915, abs=1e-4)


@pytest.mark.parametrize(
    ("counts", "usual", "expected"),
    [
        (Counts(5, 1000, 45, 9000), 0.005, 2.51189313),
        (Counts(3, 600, 27, 5400), 0.005, 0.98496204),
        (Counts(0, 1000, 0, 9000), 0.005, 4.15075605),
    ],
)
def test_universal_inference_proves_less(counts: Counts, usual: float, expected: float):
    assert log_universal(counts, 0.01, usual) == pytest.approx(expected, abs=1e-7)
    assert log_clearance(counts, 0.01, usual) > expected


@pytest.mark.parametrize(
    ("counts", "usual", "theirs"),
    [
        (Counts(5, 1000, 45, 9000), 0.005, 0.010715),
        (Counts(3, 600, 27, 5400), 0.005, 0.014682),
        (Counts(0, 360, 0, 3240), 0.0, 0.012494),
    ],
)
def test_universal_inference_certifies_a_greater_margin(counts: Counts, usual: float, theirs: float):
    proved = math.log(20)
    assert log_universal(counts, theirs + 1e-5, usual) >= proved > log_universal(counts, theirs - 1e-5, usual)
    ours = cleared([Counts(*(each // 10 for each in counts))] * 10, usual).margin()
    assert ours is not None
    assert ours < theirs + 0.0005


@settings(deadline=None)
@given(st.floats(0.5, 1e5), st.floats(0.5, 1e5))
def test_log_beta(a: float, b: float):
    assert log_beta(a, b) == pytest.approx(float(betaln(a, b)), rel=1e-9, abs=1e-6)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(0, 12)), min_size=10, max_size=60),
    st.floats(0, 0.02),
)
def test_the_margin_is_the_least_that_is_proved(events: list[tuple[int, int]], usual: float):
    blocks = [Counts(y_c, 60, y_p, 540) for y_c, y_p in events]
    margin = cleared(blocks, usual).margin()
    assert margin is not None
    assert cleared(blocks, usual, margin).proved()
    assert all(
        cleared(blocks, usual, margin * more).proved() for more in (1.01, 1.3, 2, 5) if margin * more < 1
    )
    assert not any(cleared(blocks, usual, margin * less).proved() for less in (0.99, 0.7, 0.3))


def test_nothing_is_proved_from_nothing():
    clearance = cleared([Counts(0, 0, 0, 540), Counts(0, 60, 0, 0), Counts()])
    assert not clearance.proved()
    assert clearance.margin() is None


def test_three_blocks_are_the_least_however_many_requests():
    counts = Counts(500, 100_000, 4_500, 900_000)
    assert [cleared([counts] * number).proved() for number in (1, 2, 3)] == [False, False, True]


def test_an_incident_of_both_arms_delays_a_pass_and_prevents_none():
    quiet, burst = Counts(0, 60, 3, 540), Counts(9, 60, 81, 540)
    assert cleared([quiet] * 12).proved()
    assert cleared([quiet] * 6 + [burst] * 3 + [quiet] * 6).proved()


def test_one_bad_minute_does_not_undo_what_was_nearly_proved():
    quiet, bad = Counts(0, 600, 27, 5400), Counts(600, 600, 27, 5400)
    assert cleared([quiet] * 2 + [bad] + [quiet] * 5).proved()


def test_a_share_of_errors_that_stays_is_learnt():
    high = Counts(3, 60, 27, 540)
    assert cleared([high] * 120, usual=0.005).margin() == pytest.approx(
        cleared([high] * 120, usual=0.05).margin(), rel=0.15
    )


def sign_clearance(ratios: list[float], n_c: int = 60, n_p: int = 540) -> SignClearance:
    clearance = SignClearance(0.25, 0.05)
    for number, ratio in enumerate(ratios):
        clearance.add(block(number, Arm(n_c, p95=200.0 * ratio), Arm(n_p, p95=200.0)))
    return clearance


@pytest.mark.parametrize(
    ("minutes", "n_c", "proved"), [(6, 540, False), (7, 540, True), (7, 6, False), (20, 6, True)]
)
def test_seven_blocks_clear_the_p95_and_more_where_it_rests_on_few(minutes: int, n_c: int, proved: object):
    assert sign_clearance([1.0] * minutes, n_c=n_c).proved() is proved


def test_the_margin_of_the_p95_is_a_ratio_that_was_seen():
    margin = sign_clearance([1.0 + number / 100 for number in range(20)]).margin()
    assert margin is not None
    assert 0.10 < margin < 0.19


def test_no_margin_of_the_p95_from_few_blocks():
    assert sign_clearance([1.0] * 3).margin() is None
    assert sign_clearance([]).margin() is None


def latency_clearance(minutes: int, *, tail: int) -> LatencyClearance:
    clearance = LatencyClearance(0.025, 0.05)
    for number in range(minutes):
        clearance.add(block(number, Arm(600, 0, (300, 25, tail)), Arm(5400, 0, (2700, 270, 54))))
    return clearance


def test_latency_is_cleared_by_both_percentiles():
    good, long = latency_clearance(30, tail=5), latency_clearance(30, tail=15)
    assert (good.proved(), good.only_tail()) == (True, False)
    assert (long.proved(), long.only_tail()) == (False, True)


@pytest.mark.parametrize("tail", [5, 15])
def test_the_margin_of_latency_is_of_the_percentile_that_lacks_most(tail: int):
    margin = latency_clearance(30, tail=tail).margin()
    assert margin is not None
    allowing = LatencyClearance(margin + 1e-5, 0.05)
    refusing = LatencyClearance(margin - 1e-3, 0.05)
    for number in range(30):
        each = block(number, Arm(600, 0, (300, 25, tail)), Arm(5400, 0, (2700, 270, 54)))
        allowing.add(each)
        refusing.add(each)
    assert (allowing.proved(), refusing.proved()) == (True, False)


def test_no_margin_of_latency_from_nothing():
    assert latency_clearance(0, tail=0).margin() is None


def test_the_promise_has_a_reserve():
    assert math.log(20) < needed(0.05) < math.log(30)
    assert 0 < TAIL < 1
