"""The peers against the numbers that their own projects published or print."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.gates.outcomes import End
from benchmarks.gates.peers import PEERS
from benchmarks.gates.peers.kayenta import Label, classify, score
from benchmarks.gates.peers.looks import gavi_interval, z_worse
from benchmarks.gates.peers.rank_sum import shift
from benchmarks.gates.scenarios import SCENARIOS, scenario
from benchmarks.gates.traces import trace

SEVEN = np.array([100.0] * 7 + [1.0] * 3)
EIGHT = np.array([100.0] * 8 + [1.0] * 2)
ONES = np.ones(10)


def test_kayenta_issue_6278():
    """Seven of ten points a hundred times as high pass, with the published interval; the eighth fails."""
    found = shift(SEVEN, ONES, 0.98)
    assert found.low == pytest.approx(6.825022991538781e-05, rel=1e-13)
    assert found.high == 99.0
    assert found.estimate == pytest.approx(98.99992904170193, rel=1e-15)
    assert classify(SEVEN, ONES) is Label.PASS
    assert classify(EIGHT, ONES) is Label.HIGH


def test_kayenta_issue_426():
    """Errors now and then against none at all pass."""
    assert classify(np.array([0.0, 1.0, 2.0, 1.0, 0.0, 0.0]), np.zeros(6)) is Label.PASS


@pytest.mark.parametrize(
    ("candidate", "prod", "label"),
    [
        ([], [1.0], Label.NODATA),
        ([np.nan], [1.0], Label.NODATA),
        ([2.0, 1.0], [1.0, 2.0], Label.PASS),
        ([0.0, 0.0], [0.0, 0.0, 0.0], Label.PASS),
        ([2.0] * 10, [1.0] * 10, Label.HIGH),
        ([1.0] * 10, [2.0] * 10, Label.PASS),
    ],
)
def test_kayenta_degenerate_series(candidate: list[float], prod: list[float], label: Label):
    assert classify(np.array(candidate), np.array(prod)) is label


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ((Label.PASS, Label.PASS, Label.PASS), 100.0),
        ((Label.HIGH, Label.PASS, Label.PASS), 50.0),
        ((Label.PASS, Label.HIGH, Label.PASS), 75.0),
        ((Label.NODATA, Label.NODATA, Label.PASS), 0.0),
        ((Label.PASS, Label.NODATA, Label.HIGH), 50.0),
        ((Label.NODATA, Label.PASS, Label.PASS), 100.0),
    ],
)
def test_kayenta_score(labels: tuple[Label, ...], expected: float):
    assert score(dict(zip(("error rate", "mean", "p95"), labels, strict=True))) == expected


@pytest.mark.parametrize(
    ("prod", "candidate", "alpha", "tuning", "expected"),
    [
        ((45, 9000), (5, 1000), 0.05, 5000, (-0.0071979084723874055, 0.0071979084723874055)),
        ((27, 5400), (12, 600), 0.05, 5000, (-0.0025990303355215884, 0.032599030335521584)),
        ((270, 54000), (150, 6000), 0.05, 5000, (0.013342206820614997, 0.026657793179385006)),
        ((90, 1800), (18, 200), 0.025, 1000, (-0.028990889053317218, 0.1089908890533172)),
        ((0, 540), (2, 60), 0.05, 5000, None),
        ((5, 540), (0, 60), 0.05, 5000, None),
    ],
)
def test_gavi_as_gbstats_0_8_0(
    prod: tuple[int, int],
    candidate: tuple[int, int],
    alpha: float,
    tuning: float,
    expected: tuple[float, float] | None,
):
    """SequentialTwoSidedTTest on two ProportionStatistic, absolute difference; [0, 0] there is None here."""
    found = gavi_interval(candidate, prod, alpha, tuning)
    assert found == (expected and pytest.approx(expected, rel=1e-12))


def test_z_is_one_sided_at_half_the_level():
    """1.9600 is the critical value: 2.5 % of a standard normal lie above it."""
    assert z_worse(150, 1000, 120, 1000)  # z = 1.963
    assert not z_worse(150, 1000, 121, 1000)  # z = 1.894
    assert not z_worse(100, 1000, 150, 1000)
    assert not z_worse(0, 0, 0, 10)


def test_without_traffic_the_naive_promote_and_the_others_roll_back():
    silent = trace(scenario("no traffic"), 60, 0, minutes=30)
    ends = {name: peer(silent, 30).end for name, peer in PEERS.items()}
    assert {name for name, end in ends.items() if end is End.PROMOTED} == {"n", "n1", "v"}
    assert {name for name, end in ends.items() if end is End.ROLLED_BACK} == {"a1", "a2", "b1", "b2", "c"}


@pytest.mark.parametrize("peer", PEERS)
def test_a_peer_stays_within_the_stages(peer: str):
    for each in SCENARIOS:
        made = trace(each, 60, 1, (10, 50), minutes=30)
        outcome = PEERS[peer](made, 30)
        assert 1 <= len(outcome.spent) <= 2
        assert all(0 < minutes <= 30 for minutes in outcome.spent)
        assert outcome.end is not End.PROMOTED or len(outcome.spent) == 2
        assert 0 <= outcome.exposed(made) <= sum(int(s.candidate.requests.sum()) for s in made.stages)
