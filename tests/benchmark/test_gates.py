"""The gates on a few traces, the rows that are computed from them, and the page."""

from __future__ import annotations

from dataclasses import replace

import pytest
from scipy.stats import binom

from benchmarks.gates.calibration import CASES, judge, summary
from benchmarks.gates.cells import cell, sample
from benchmarks.gates.checks import Checks, Met, Row, interval
from benchmarks.gates.looks import differing
from benchmarks.gates.ours import follow
from benchmarks.gates.outcomes import End, Outcome
from benchmarks.gates.page import PAGE, replaced, show, summary_table
from benchmarks.gates.rows import rows
from benchmarks.gates.scenarios import scenario
from benchmarks.gates.traces import trace
from benchmarks.gates.work import Size, work
from rollout.core.comparison.blocks import Tier

TINY = Size(single={60: 2, 600: 2}, whole={600: 1}, promised=2, calibration=0, looks={60: 1}, peers=False)


@pytest.fixture(scope="module")
def results():
    """A whole run, as small as it can be."""
    found = work(TINY, seed=5, processes=1)
    return found | {"run": {"seed": 5, "python": "3", "minutes": 0.1, "processes": 1}}


def test_a_tiny_run_has_every_row(results: dict):
    found = {row.number: row for row in rows(results)}
    assert list(found) == list(range(1, 13))
    assert {number: found[number].met for number in (1, 4, 9, 11)} == dict.fromkeys((1, 4, 9, 11), Met.YES)
    assert "processes with numpy: 0" in found[12].measured
    assert found[10].met is Met.NOT_RUN  # no whole rollout at 60 requests a minute
    assert "differing looks in 10 traces, both tiers: 0" in found[11].measured


def test_what_is_within_chance_is_not_counted_as_held():
    found = [
        Row(number, "a figure", "", "", met)
        for number, met in enumerate((Met.YES, Met.YES, Met.CHANCE, Met.NO, Met.NOT_RUN), 1)
    ]
    assert summary_table(found).endswith(
        "Of 5 figures: 2 held, 1 beyond: within chance, 1 not held, 1 not run."
    )


def test_the_page_shows_every_scenario(results: dict):
    shown = show(results, rows(results))
    page = replaced(PAGE.read_text(), shown)
    assert shown in page
    assert replaced(page, shown) == page
    for name in (*results["single"]["60"], "One stage", "A whole rollout", "**d1 hold**", "Seed 5"):
        assert name in shown


def test_a_page_without_its_marks_is_refused():
    with pytest.raises(ValueError, match="no place for figures"):
        replaced("# A page", "figures")


@pytest.mark.parametrize("tier", Tier)
@pytest.mark.parametrize(
    ("name", "rpm", "end"),
    [
        ("AA quiet", 6000, End.PROMOTED),
        ("AA zero errors", 6000, End.PROMOTED),
        ("AA quiet", 60, End.HELD),
        ("+2pp", 6000, End.ROLLED_BACK),
        ("latency x1.3", 6000, End.ROLLED_BACK),
        ("tail-only", 6000, End.ROLLED_BACK),
        ("no traffic", 60, End.HELD),
    ],
)
def test_what_becomes_of_a_stage(name: str, rpm: int, end: End, tier: Tier):
    made = trace(scenario(name), rpm, 0, minutes=30)
    found = follow(made, tier, 30).hold
    assert found.end is end
    assert found.no_data is made.scenario.silent


def test_advance_goes_on_from_where_hold_holds():
    made = trace(scenario("AA quiet"), 60, 0, (10, 50), minutes=40)
    both = follow(made, Tier.LOGS, 40)
    assert (both.hold.end, both.hold.spent) == (End.HELD, (40,))
    assert both.advance.spent[0] == 40
    assert len(both.advance.spent) == 2


@pytest.mark.parametrize("name", ["AA blips", "latency x1.3"])
def test_no_look_changes_another(name: str):
    assert differing(trace(scenario(name), 600, 3, minutes=60), seed=3) == 0


def test_costs_count_the_minutes_that_it_took():
    made = trace(scenario("+2pp"), 600, 1, (10, 50), minutes=20)
    spent = Outcome(End.ROLLED_BACK, (20, 3))
    first, second = (stage.candidate.requests for stage in made.stages)
    assert spent.exposed(made) == first.sum() + second[:3].sum()
    assert spent.excess(made) == pytest.approx(0.02 * spent.exposed(made))


def test_a_cell():
    made = trace(scenario("+2pp"), 60, 1, minutes=20)
    ends = [
        Outcome(End.ROLLED_BACK, (4,)),
        Outcome(End.ROLLED_BACK, (7,)),
        Outcome(End.HELD, (20,), no_data=True),
    ]
    found = cell([sample(each, made) for each in ends])
    assert (found.reps, found.rolled_back, found.promoted, found.held, found.no_data) == (
        3,
        66.67,
        0,
        33.33,
        33.33,
    )
    assert (found.rollback_minute, found.promote_minute) == (5.5, None)


@pytest.mark.parametrize(
    ("percent", "reps", "most", "met"),
    [(2, 200, 2, Met.YES), (2.5, 40, 2, Met.CHANCE), (2.5, 2000, 2, Met.CHANCE), (3, 2000, 2, Met.NO)],
)
def test_a_share_is_held_but_for_chance(percent: float, reps: int, most: float, met: Met):
    """One of 40 says nothing against 2 %; 60 of 2000 would be seen once in 1000 runs."""
    checks = Checks()
    checks.share("", percent, reps, most=most)
    assert checks.met == [met]


@pytest.mark.parametrize(
    ("percent", "reps", "least", "met"),
    [(100, 40, 100, Met.YES), (97.5, 40, 100, Met.NO), (92.5, 40, 95, Met.CHANCE), (80, 40, 95, Met.NO)],
)
def test_a_share_reaches_its_limit_but_for_chance(percent: float, reps: int, least: float, met: Met):
    checks = Checks()
    checks.share("", percent, reps, least=least)
    assert checks.met == [met]


@pytest.mark.parametrize(("events", "of"), [(0, 540), (7, 200), (285, 300), (2000, 2000)])
def test_a_share_is_said_with_its_interval(events: int, of: int):
    low, high = interval(events, of)
    assert binom.sf(events - 1, of, low) == pytest.approx(0.025 if events else 1)
    assert binom.cdf(events, of, high) == pytest.approx(0.025 if events < of else 1)


def test_a_share_beyond_its_limit_says_so_and_how_far_it_may_be():
    checks = Checks()
    checks.share("held", 1, 200, most=2)
    checks.share("beyond", 3.5, 200, most=2)
    row = checks.row(1, "", "")
    assert row.measured == "held 1 % (0.12 to 3.6); beyond **3.5 %** (1.4 to 7.1)"
    assert row.met.value == "_beyond: within chance_"


def test_calibration_tells_which_candidate_is_worse():
    number, case = next(
        (n, c) for n, c in enumerate(CASES) if c.name == "quiet, 600 rpm, 50 %" and c.kind == "certify"
    )
    equal = summary(case, judge(number, range(4), seed=2))
    assert equal["ours"] == 100
    assert equal["minute"] < 60
    assert replace(case.world, more_errors=0.01) in {each.world for each in CASES if each.kind == "boundary"}
