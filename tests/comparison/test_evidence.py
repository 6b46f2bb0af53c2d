"""The evidence that fails: golden values, an independent implementation, and its mean under the null."""

import itertools
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp
from scipy.stats import hypergeom, nchypergeom_fisher

from rollout.core.comparison.blocks import Arm
from rollout.core.comparison.counts import P50, P95, Counts, errors, slower
from rollout.core.comparison.failing import (
    ERRORS_FLOOR,
    LEVEL_PARTS,
    ODDS,
    SLOWER_ODDS,
    CountEvidence,
    Kind,
    SignEvidence,
    error_evidence,
    log_cap,
)
from rollout.core.comparison.growth import LATER, Growth
from rollout.core.comparison.hypergeometric import at_most, log_ratios
from rollout.core.comparison.logspace import even
from rollout.core.comparison.signs import chance_above, log_tilts
from tests.comparison.making import block

NO_CAP = math.inf
SIMULATED_CAP = math.log(80) / 3
UNIFORM = Kind(errors, dict.fromkeys(ODDS, 1 / len(ODDS)))


def minute(counts: Counts, number: int = 0):
    return block(number, Arm(counts.n_c, counts.y_c), Arm(counts.n_p, counts.y_p))


@st.composite
def tables(draw: st.DrawFn, most: int = 60):
    n_c, n_p = draw(st.integers(1, most)), draw(st.integers(1, most))
    return Counts(draw(st.integers(0, n_c)), n_c, draw(st.integers(0, n_p)), n_p)


def splits(n_c: int, n_p: int, events: int) -> list[Counts]:
    low, high = max(0, events - n_p), min(n_c, events)
    return [Counts(y_c, n_c, events - y_c, n_p) for y_c in range(low, high + 1)]


def test_the_ratio_of_one_block():
    assert log_ratios(Counts(3, 60, 3, 540), [5.0]) == pytest.approx([2.8277918403], abs=1e-9)


@pytest.mark.parametrize(
    ("cap", "expected"),
    [
        (SIMULATED_CAP, [1.29662973, 2.67450144, 4.09342054, 5.53248867]),
        (NO_CAP, [2.23835063, 4.93487921, 7.82588551, 10.80419741]),
    ],
)
def test_the_evidence_of_a_block_that_repeats(cap: float, expected: list[float]):
    evidence = CountEvidence((UNIFORM,), cap, ERRORS_FLOOR, later=0)
    evidence.open()
    found: list[float] = []
    for number in range(4):
        evidence.add(minute(Counts(3, 60, 3, 540), number))
        found += evidence.logs()
    assert found == pytest.approx(expected, abs=1e-7)


@settings(deadline=None)
@given(tables())
def test_the_ratio_is_that_of_fishers_noncentral_distribution(counts: Counts):
    y_c, n_c, y_p, n_p = counts
    events = y_c + y_p
    for psi, found in zip(ODDS, log_ratios(counts, ODDS), strict=True):
        likelier = nchypergeom_fisher.logpmf(y_c, n_c + n_p, n_c, events, psi)
        usual = hypergeom.logpmf(y_c, n_c + n_p, n_c, events)
        assert found == pytest.approx(likelier - usual, abs=1e-8)


@pytest.mark.parametrize(
    ("n_c", "n_p", "events"), [(6, 54, 1), (6, 54, 40), (60, 540, 7), (300, 300, 9), (1, 1, 1)]
)
def test_the_mean_under_the_null_is_one_and_the_capped_mean_less(n_c: int, n_p: int, events: int):
    found = splits(n_c, n_p, events)
    chances = [float(hypergeom.pmf(each.y_c, n_c + n_p, n_c, events)) for each in found]
    logs = [log_ratios(each, ODDS) for each in found]
    cap = log_cap(0.05)
    for place in range(len(ODDS)):
        mean = math.fsum(p * math.exp(each[place]) for p, each in zip(chances, logs, strict=True))
        capped = math.fsum(p * math.exp(min(each[place], cap)) for p, each in zip(chances, logs, strict=True))
        assert mean == pytest.approx(1, abs=1e-10)
        assert capped <= mean + 1e-12


@pytest.mark.parametrize("odds", [0.2, 0.5, 0.9])
def test_the_mean_is_less_where_the_candidate_is_better(odds: float):
    found = splits(60, 540, 12)
    chances = [float(nchypergeom_fisher.pmf(each.y_c, 600, 60, 12, odds)) for each in found]
    for place in range(len(ODDS)):
        ratios = [math.exp(log_ratios(each, ODDS)[place]) for each in found]
        assert math.fsum(p * r for p, r in zip(chances, ratios, strict=True)) < 1


@settings(deadline=None)
@given(tables())
def test_more_events_of_the_candidates_are_more_evidence(counts: Counts):
    found = splits(counts.n_c, counts.n_p, counts.y_c + counts.y_p)
    for less, more in itertools.pairwise(found):
        pairs = zip(log_ratios(less, ODDS), log_ratios(more, ODDS), strict=True)
        assert all(low < high + 1e-9 for low, high in pairs)


@settings(deadline=None)
@given(tables())
def test_no_arm_is_ever_worse_than_the_other_by_both_readings(counts: Counts):
    swapped = Counts(counts.y_p, counts.n_p, counts.y_c, counts.n_c)
    for one, other in zip(log_ratios(counts, ODDS), log_ratios(swapped, ODDS), strict=True):
        assert not (one > 1e-9 and other > 1e-9)


@settings(deadline=None)
@given(st.lists(tables(20), max_size=8), st.randoms())
def test_the_order_of_blocks_changes_no_evidence(found: list[Counts], random: Random):
    def log_of(order: list[Counts]) -> list[float]:
        evidence = error_evidence(log_cap(0.05), 0.005, later=0)
        evidence.open()
        for number, counts in enumerate(order):
            evidence.add(minute(counts, number))
        return evidence.logs()

    shuffled = list(found)
    random.shuffle(shuffled)
    assert log_of(shuffled) == pytest.approx(log_of(found), abs=1e-9)


@pytest.mark.parametrize(
    "counts",
    [
        Counts(),
        Counts(0, 10, 0, 90),
        Counts(3, 10, 0, 0),
        Counts(0, 0, 3, 90),
    ],
)
def test_a_block_with_nothing_to_compare_says_nothing(counts: Counts):
    assert log_ratios(counts, ODDS) == [0.0] * len(ODDS)


@pytest.mark.parametrize(
    "counts",
    [
        Counts(600_000, 600_000, 5_400_000, 5_400_000),
        Counts(300_000, 600_000, 2_000_000, 5_400_000),
        Counts(60_000, 60_000, 0, 540_000),
    ],
)
def test_huge_counts_stay_finite(counts: Counts):
    assert all(math.isfinite(each) for each in log_ratios(counts, ODDS))


def test_two_blocks_at_the_cap_never_convict():
    evidence = error_evidence(log_cap(0.05), 0.005)
    evidence.open()
    for number in range(2):
        evidence.add(minute(Counts(5_000, 5_000, 0, 50_000), number))
    assert evidence.logs()[0] < math.log(1 / 0.05)
    evidence.add(minute(Counts(5_000, 5_000, 0, 50_000), 2))
    assert evidence.logs()[0] > math.log(1 / 0.05)


def test_less_than_the_practical_floor_counts_nothing():
    evidence = error_evidence(log_cap(0.05), 0.005)
    evidence.open()
    for number in range(60):
        evidence.add(minute(Counts(1_080, 1_000_000, 1_000, 1_000_000), number))
    assert evidence.logs() == [-math.inf]


def test_a_share_of_traffic_that_rises_with_prods_errors_is_not_the_candidates_fault():
    evidence = error_evidence(log_cap(0.05), 0.005)
    evidence.open()
    for number in range(30):
        evidence.add(minute(Counts(0, 100, 0, 900), number))
    for number in range(30, 60):
        evidence.add(minute(Counts(50, 500, 50, 500), number))
    assert evidence.logs() == [-math.inf]


@pytest.mark.parametrize("parts", [ODDS, *SLOWER_ODDS.values(), LEVEL_PARTS])
def test_parts_make_one(parts: dict[float, float]):
    assert math.fsum(parts.values()) == pytest.approx(1, abs=1e-12)


@settings(deadline=None)
@given(tables(2000))
def test_what_is_left_out_of_a_sum_never_makes_evidence_more(counts: Counts):
    y_c, n_c, y_p, n_p = counts
    events = y_c + y_p
    low, high = max(0, events - n_p), min(n_c, events)
    values = np.arange(low, high + 1)
    logs = hypergeom.logpmf(values, n_c + n_p, n_c, events)
    for psi, found in zip(ODDS, log_ratios(counts, ODDS), strict=True):
        exact = y_c * math.log(psi) - float(logsumexp(logs + values * math.log(psi)))
        assert found == pytest.approx(exact, abs=1e-7)
        assert found <= exact + 1e-9 * (1 + abs(exact))


def test_each_stage_starts_a_count_that_goes_on():
    evidence = CountEvidence((UNIFORM,), NO_CAP, ERRORS_FLOOR, later=0)
    evidence.open()
    evidence.add(minute(Counts(3, 60, 3, 540)))
    evidence.open()
    evidence.add(minute(Counts(3, 60, 3, 540), 1))
    assert evidence.logs() == pytest.approx([4.93487921, 2.23835063], abs=1e-7)


@pytest.mark.parametrize("minutes", [0, 1, 2, 7])
def test_what_is_set_aside_for_later_makes_one_in_all(minutes: int):
    growth = Growth((0.2, 0.3, 0.5))
    for _ in range(minutes):
        growth.add([0.0] * 3)
    assert growth.log() == pytest.approx(0, abs=1e-12)


def test_growth_is_a_mean_over_when_it_began():
    growth = Growth(even(1), later=0.5)
    for factor in (0.2, 3.0, 5.0):
        growth.add([math.log(factor)])
    afresh = 3.0 / 2 + 15.0 / 6 + 5.0 / 12 + 1 / 4
    assert math.exp(growth.log()) == pytest.approx(0.5 * 3.0 + 0.5 * afresh)


@pytest.mark.parametrize("later", [0.0, LATER])
def test_a_release_that_turns_slow_after_a_long_quiet_time_is_seen(later: float):
    evidence = CountEvidence((Kind(lambda each: slower(each, P50), ODDS),), log_cap(0.05), 0.01, later)
    evidence.open()
    quiet, slow = Arm(600, 0, (270, 0, 0)), Arm(600, 0, (360, 0, 0))
    for number in range(120):
        evidence.add(block(number, quiet, Arm(5400, 0, (2700, 0, 0))))
    for number in range(120, 140):
        evidence.add(block(number, slow, Arm(5400, 0, (2700, 0, 0))))
    assert (evidence.logs()[0] >= math.log(80)) is bool(later)


def test_evidence_of_several_kinds_is_their_mean():
    kinds = (
        Kind(lambda _: Counts(3, 60, 3, 540), UNIFORM.odds, 0.7),
        Kind(lambda _: Counts(0, 60, 0, 540), UNIFORM.odds, 0.3),
    )
    evidence = CountEvidence(kinds, NO_CAP, 0.01, later=0)
    evidence.open()
    evidence.add(minute(Counts()))
    assert evidence.logs() == pytest.approx([math.log(0.7 * math.exp(2.23835063) + 0.3)], abs=1e-7)
    assert evidence.leading() == 0


@settings(deadline=None)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 80), st.integers(-1, 41))
def test_the_chance_of_at_most_so_many(marked: int, others: int, drawn: int, x: int):
    drawn = min(drawn, marked + others)
    expected = float(hypergeom.cdf(x, marked + others, marked, drawn))
    assert at_most(x, marked, others, drawn) == pytest.approx(expected, abs=1e-9)


def test_signs_ten_of_ten():
    sums = [10 * each for each in log_tilts(0.5, happened=True)]
    assert math.log(math.fsum(math.exp(each) for each in sums) / 3) == pytest.approx(4.94379130, abs=1e-7)


@pytest.mark.parametrize("chance", [0.5, 0.62, 0.9])
def test_signs_have_a_mean_of_one_at_their_chance(chance: float):
    for yes, no in zip(log_tilts(chance, happened=True), log_tilts(chance, happened=False), strict=True):
        assert chance * math.exp(yes) + (1 - chance) * math.exp(no) == pytest.approx(1)


@pytest.mark.parametrize("level", [P50, P95])
@pytest.mark.parametrize(("n_c", "n_p"), [(6, 54), (19, 20), (60, 540), (7, 3)])
def test_how_often_a_percentile_of_few_is_the_greater(n_c: int, n_p: int, level: int):

    rng = np.random.default_rng(1)
    draws = 20_000
    percent = 50 if level == P50 else 95
    ranks = [-(-percent * n // 100) - 1 for n in (n_c, n_p)]
    its = np.sort(rng.random((draws, n_c)), axis=1)[:, ranks[0]]
    usual = np.sort(rng.random((draws, n_p)), axis=1)[:, ranks[1]]
    assert chance_above(n_c, n_p, level) == pytest.approx(float((its > usual).mean()), abs=0.015)


@pytest.mark.parametrize(("minutes", "convicts"), [(8, False), (10, True)])
def test_ten_blocks_in_which_both_percentiles_are_slower_convict_one_gate_of_four(
    minutes: int, convicts: object
):
    evidence = SignEvidence(0.10, log_cap(0.05))
    evidence.open()
    for number in range(minutes):
        evidence.add(block(number, Arm(60, p50=90.0, p95=230.0), Arm(540, p50=80.0, p95=200.0)))
    assert (evidence.logs()[0] >= math.log(80)) is convicts


def test_a_percentile_that_was_not_measured_says_nothing():
    evidence = SignEvidence(0.10, log_cap(0.05))
    evidence.open()
    assert evidence.add(block(0, Arm(60, p50=90.0), Arm(540, p95=200.0))) == 0
    assert evidence.logs() == pytest.approx([0.0], abs=1e-12)
