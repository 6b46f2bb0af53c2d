"""Blocks with more events than usual: what they say is still evidence, and incidents refute little."""

import copy
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import nchypergeom_fisher

from rollout.core.comparison.blocks import Arm, Block
from rollout.core.comparison.counts import Counts, errors
from rollout.core.comparison.failing import ERRORS_CAP, ODDS, CountEvidence, Kind, error_evidence, log_cap
from rollout.core.comparison.hypergeometric import log_ratios
from rollout.core.comparison.surges import odds_in
from tests.comparison.making import block

CAP = log_cap(0.05, ERRORS_CAP)
ANY_FLOOR = -1.0
USUAL = (0.0, 0.001, 0.005, 0.05, 0.5)


def minute(counts: Counts, number: int = 0) -> Block:
    return block(number, Arm(counts.n_c, counts.y_c), Arm(counts.n_p, counts.y_p))


@st.composite
def tables(draw: st.DrawFn, most: int = 40):
    n_c, n_p = draw(st.integers(1, most)), draw(st.integers(1, most))
    return Counts(draw(st.integers(0, n_c)), n_c, draw(st.integers(0, n_p)), n_p)


def outcomes(given_: Counts, odds: float) -> list[tuple[float, Counts]]:
    """How the same requests and events may fall on the arms, and each one's chance."""
    y_c, n_c, y_p, n_p = given_
    events = y_c + y_p
    splits = range(max(0, events - n_p), min(n_c, events) + 1)
    return [
        (float(nchypergeom_fisher.pmf(y, n_c + n_p, n_c, events, odds)), Counts(y, n_c, events - y, n_p))
        for y in splits
    ]


@settings(deadline=None)
@given(tables(), st.sampled_from(USUAL), st.sampled_from((1.0, 0.7, 0.2)))
def test_the_mean_of_each_factor_is_at_most_one(counts: Counts, usual: float, odds: float):
    psis = odds_in(ODDS, counts.y_c + counts.y_p, counts.n_c + counts.n_p, usual)
    found = [(chance, log_ratios(each, psis)) for chance, each in outcomes(counts, odds)]
    for place in range(len(psis)):
        mean = math.fsum(chance * math.exp(logs[place]) for chance, logs in found)
        assert mean <= 1 + 1e-9
        if odds == 1.0:
            assert mean == pytest.approx(1, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(tables(), max_size=6),
    tables(),
    st.sampled_from(USUAL),
    st.sampled_from((1.0, 0.5)),
    st.booleans(),
)
def test_after_any_past_the_evidence_of_a_good_release_is_expected_to_fall(
    past: list[Counts], new: Counts, usual: float, odds: float, staged: object
):
    evidence = CountEvidence((Kind(errors, ODDS, usual=usual),), CAP, ANY_FLOOR)
    evidence.open()
    for number, counts in enumerate(past):
        evidence.add(minute(counts, number))
        if staged and number == 1:
            evidence.open()
    before = evidence.logs()
    expected = [0.0] * len(before)
    for chance, counts in outcomes(new, odds):
        after = copy.deepcopy(evidence)
        after.add(minute(counts, len(past)))
        expected = [old + chance * math.exp(log) for old, log in zip(expected, after.logs(), strict=True)]
    for mean, was in zip(expected, before, strict=True):
        assert mean <= math.exp(was) * (1 + 1e-9)


@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(0, 1))
def test_odds_only_shrink_towards_one_and_keep_their_order(events: float, requests: float, usual: float):
    found = odds_in(ODDS, events, requests, usual)
    assert all(1 <= now <= psi for now, psi in zip(found, ODDS, strict=True))
    assert found == sorted(found)


@pytest.mark.parametrize(("events", "kept"), [(0, 1.0), (7, 1.0), (14, 0.5), (70, 0.1)])
def test_what_a_surge_leaves_of_the_odds(events: int, kept: float):
    assert odds_in([1.2, 30.0], events, 600, 0.005) == pytest.approx([1 + 0.2 * kept, 1 + 29 * kept])


def test_an_incident_of_both_arms_takes_back_little():
    worse, incident = Counts(2, 60, 3, 540), Counts(10, 60, 81, 540)
    kinds = Kind(errors, ODDS, usual=0.005), Kind(errors, ODDS)
    found: list[float] = []
    for kind in kinds:
        evidence = CountEvidence((kind,), CAP, ANY_FLOOR)
        evidence.open()
        for number, counts in enumerate([*[worse] * 6, incident]):
            evidence.add(minute(counts, number))
        found += evidence.logs()
    assert found[0] > found[1] + 1


@pytest.mark.parametrize("usual", USUAL)
@pytest.mark.parametrize("size", [1, 10, 100])
def test_a_release_of_which_every_request_fails_convicts_in_four_blocks(usual: float, size: int):
    evidence = error_evidence(CAP, usual)
    evidence.open()
    for number in range(4):
        evidence.add(minute(Counts(6 * size, 6 * size, 0, 54 * size), number))
    assert evidence.logs()[0] >= math.log(1 / 0.05)
