"""What a comparison comes to, at the seam that gates are judged through."""

import math
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.comparison.blocks import Arm, StageBlocks, Tier
from rollout.core.comparison.compare import Comparer, Comparison, compare
from rollout.core.verdict import Verdict
from tests.comparison.making import (
    BOTH,
    ERRORS,
    LATENCY,
    MINUTE,
    SETTINGS,
    alike,
    at,
    baseline,
    block,
    stage,
    steady,
)

OK, WAIT, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.FAILED
NOBODY = Arm()
GOOD = alike(60), alike(540, 3)
BAD = Arm(60, 6, (27, 2, 0), 80.0, 200.0), alike(540, 3)
SLOW = Arm(60, 0, (45, 12, 3), 120.0, 300.0), alike(540, 3)
LAGGARD = replace(ERRORS, name="late")


def verdicts(*stages: StageBlocks, tier: Tier = Tier.LOGS, **options: float) -> tuple[Verdict, ...]:
    found = compare(BOTH, SETTINGS, baseline(tier, **options), stages)
    return tuple(each.verdict for each in found)


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize(
    ("minutes", "pair", "expected"),
    [
        (20, GOOD, (OK, OK)),
        (9, GOOD, (WAIT, WAIT)),
        (20, BAD, (FAILED, WAIT)),
        (20, SLOW, (WAIT, FAILED)),
        (5, (alike(9), alike(81)), (WAIT, WAIT)),
        (20, (NOBODY, alike(540)), (WAIT, WAIT)),
        (20, (alike(60), NOBODY), (WAIT, WAIT)),
        (0, GOOD, (WAIT, WAIT)),
        (20, (Arm(60, 60), Arm(540, 540)), (WAIT, WAIT)),
    ],
    ids=[
        "alike",
        "too early",
        "errors",
        "slow",
        "few",
        "no candidate",
        "no prod",
        "nothing",
        "all fail",
    ],
)
def test_a_stage(tier: Tier, minutes: int, pair: tuple[Arm, Arm], expected: tuple[Verdict, Verdict]):
    assert verdicts(steady(minutes, *pair), tier=tier) == expected


@pytest.mark.parametrize(("tier", "latency"), [(Tier.METRICS, OK), (Tier.LOGS, WAIT)])
def test_thin_traffic_clears_only_what_needs_no_counts(tier: Tier, latency: Verdict):
    assert verdicts(steady(60, alike(4), alike(36)), tier=tier) == (WAIT, latency)


def test_a_tail_alone_keeps_latency_from_passing():
    tail = Arm(600, 0, (250, 25, 15)), alike(5400, 27)
    found = compare((LATENCY,), replace(SETTINGS, alpha=1e-200), baseline(), (steady(30, *tail),))[0]
    assert found.verdict is WAIT
    assert found.compared.certified is not None
    assert found.compared.certified > found.compared.allowed
    assert "(by the slowest: beyond prod's P99 +4.1 pp is proved, +1.1 pp allowed)" in found.why


def test_mirrored_requests_are_compared_like_live_ones():
    shadow = StageBlocks(0, 20, steady(20, alike(120), alike(600, 3)).blocks)
    found = compare(BOTH, SETTINGS, baseline(), (shadow,))
    assert [each.verdict for each in found] == [OK, OK]
    assert all(each.compared.warnings == () for each in found)


@pytest.mark.parametrize(
    ("newest", "until", "no_data"),
    [
        (9, None, False),
        (10, None, True),
        (0, 10, False),
        (0, 11, True),
    ],
)
@pytest.mark.parametrize("silent", [NOBODY, "prod"])
def test_ten_blocks_without_requests_are_no_data(
    newest: int, until: int | None, no_data: object, silent: object
):
    quiet = (NOBODY, alike(540)) if silent is NOBODY else (alike(60), NOBODY)
    seen = stage([GOOD] * 20 + [quiet] * newest)
    end = None if until is None else at(20 + until - 1)
    for each in compare(BOTH, SETTINGS, baseline(), (seen,), until=end):
        assert each.no_data is no_data
        assert each.verdict is (WAIT if no_data else OK)


def test_failed_stays_failed_without_data_and_in_later_stages():
    failed = steady(20, *BAD)
    silent = steady(30, NOBODY, alike(540), begin=20)
    joined = StageBlocks(10, 0, failed.blocks + silent.blocks)
    assert verdicts(joined)[0] is FAILED
    assert verdicts(failed, steady(30, alike(300, 2), alike(300, 2), traffic=50, begin=20))[0] is FAILED


def test_evidence_goes_on_through_later_stages():
    shy = alike(60, 3), alike(540, 3)
    first, second = steady(2, *shy), steady(2, *shy, traffic=11, begin=2)
    assert verdicts(first)[0] is WAIT
    assert verdicts(second)[0] is WAIT
    assert verdicts(first, second)[0] is FAILED


def test_a_release_that_breaks_only_at_a_higher_share_fails_there():
    first = steady(60, alike(600, 3), alike(5400, 27))
    second = steady(10, alike(3000, 150), alike(3000, 15), traffic=50, begin=60)
    assert verdicts(first) == (OK, OK)
    assert verdicts(first, second)[0] is FAILED


def test_suspicion_waits():
    found = compare(BOTH, SETTINGS, baseline(), (steady(11, *SLOW),))[0]
    assert found.compared.certified is not None
    assert "suspicion" in found.why


def test_only_the_gate_that_convicts_fails_and_the_other_does_not_pass():
    assert verdicts(steady(30, *BAD)) == (FAILED, WAIT)


def test_both_fail_where_both_convict():
    worse = Arm(60, 6, (45, 12, 3)), alike(540, 3)
    assert verdicts(steady(30, *worse)) == (FAILED, FAILED)


def test_stages_and_gates_that_came_later_have_no_part():
    first = steady(2, *GOOD)
    extra = steady(20, *BAD, traffic=50, begin=2)
    found = compare(BOTH, SETTINGS, baseline(stages=1), (first, extra))
    assert any("2 stages compare, 1 were known" in text for text in found[0].compared.warnings)
    late = compare((*BOTH, LAGGARD), SETTINGS, baseline(), (steady(20, *BAD),))
    assert [each.verdict for each in late] == [FAILED, WAIT, WAIT]
    assert any("can't fail" in text for text in late[2].compared.warnings)


def test_a_dry_run_is_judged_alone_and_convicts_nobody_else():
    trial = replace(ERRORS, dry_run=True)
    found = compare((trial, LATENCY), SETTINGS, baseline(), (steady(20, *BAD),))
    assert [each.verdict for each in found] == [FAILED, OK]


def test_latency_without_a_usual_latency_never_passes():
    unknown = replace(baseline(), slow_ms=None)
    found = compare(BOTH, SETTINGS, unknown, (steady(60, *GOOD),))
    assert [each.verdict for each in found] == [OK, WAIT]
    assert "usual latency isn't known" in found[1].why


def test_metrics_cannot_compare_latency_above_half():
    found = compare(BOTH, SETTINGS, baseline(Tier.METRICS), (steady(60, alike(450), alike(150), traffic=75),))
    assert [each.verdict for each in found] == [OK, WAIT]
    assert "above 50 %" in found[1].why


@pytest.mark.parametrize(
    "arms",
    [(Arm(10, 11), Arm(90)), (Arm(10, -1), Arm(90)), (Arm(10, 0, (0, 11, 0)), Arm(90)), (Arm(10), Arm(-1))],
)
def test_impossible_counts_are_refused(arms: tuple[Arm, Arm]):
    with pytest.raises(ValueError, match="no such counts"):
        compare(BOTH, SETTINGS, baseline(), (steady(1, *arms),))


def test_a_block_before_any_stage_is_refused():
    with pytest.raises(ValueError, match="before any stage"):
        Comparer(BOTH, SETTINGS, baseline()).add(block(0, *GOOD))


@pytest.mark.parametrize(("n_c", "n_p", "warned"), [(60, 540, False), (90, 510, True), (30, 570, True)])
def test_traffic_that_splits_otherwise_is_warned_of(n_c: int, n_p: int, warned: object):
    found = compare((ERRORS,), SETTINGS, baseline(), (steady(20, alike(n_c), alike(n_p)),))
    assert bool(found[0].compared.warnings) is warned


def test_the_numbers_behind_a_verdict():
    errors, latency = compare(BOTH, SETTINGS, baseline(), (steady(20, *BAD),))
    assert (errors.compared.candidate_events, errors.compared.candidate_requests) == (120, 1200)
    assert (errors.compared.prod_events, errors.compared.prod_requests) == (60, 10800)
    assert (latency.compared.candidate_events, latency.compared.candidate_requests) == (40, 1080)
    assert errors.compared.bound == pytest.approx(math.log10(20))
    assert len(errors.compared.evidence.points) == 20
    assert errors.compared.evidence == latency.compared.evidence
    assert len(errors.compared.worst) == 3
    assert [line.name for line in errors.lines] == ["candidate", "prod"]
    assert errors.lines[0].points[0] == (at(0), pytest.approx(0.1))


def test_lines_have_gaps_where_nothing_was_measured():
    candidate, prod = compare(BOTH, SETTINGS, baseline(Tier.METRICS), (stage([GOOD, (NOBODY, GOOD[1])]),))[
        1
    ].lines
    assert [value for _, value in candidate.points] == [200.0, None]
    assert [value for _, value in prod.points] == [200.0, 200.0]


def test_blocks_may_be_shorter_than_a_minute():
    short = replace(SETTINGS, block=timedelta(seconds=30))
    found = compare((ERRORS,), short, baseline(), (steady(60, alike(6), alike(54)),))
    minute = compare((ERRORS,), SETTINGS, baseline(), (steady(60, alike(6), alike(54)),))
    assert found[0].compared.eta is not None
    assert minute[0].compared.eta is not None
    assert found[0].compared.eta < 0.6 * minute[0].compared.eta


def test_judging_needs_neither_numpy_nor_scipy():
    code = (
        "import sys; from rollout.core.comparison import compare, ladder; "
        "sys.exit(any(name.split('.')[0] in ('numpy', 'scipy') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@st.composite
def arms(draw: st.DrawFn, most: int):
    requests = draw(st.integers(0, most))
    errors = draw(st.integers(0, requests // 4))
    slow = [draw(st.integers(0, requests - errors)) for _ in range(3)]
    latency = st.none() | st.floats(1, 1000)
    return Arm(requests, errors, (slow[0], slow[1], slow[2]), draw(latency), draw(latency))


def stages():
    pairs = st.lists(st.tuples(arms(40), arms(40)), max_size=15)
    return st.lists(st.tuples(st.sampled_from([5, 10, 50]), pairs), min_size=1, max_size=3).map(_ladder)


def _ladder(drawn: list[tuple[int, list[tuple[Arm, Arm]]]]) -> tuple[StageBlocks, ...]:
    whole = [(100, drawn[-1][1])] if len(drawn) > 1 else []
    return tuple(
        stage(pairs, traffic=traffic, begin=30 * place)
        for place, (traffic, pairs) in enumerate(drawn + whole)
    )


@settings(max_examples=60, deadline=None)
@given(stages(), st.sampled_from(Tier), st.sets(st.integers(0, 60)))
def test_the_verdict_is_the_same_whatever_looks_came_before(
    ladder: tuple[StageBlocks, ...], tier: Tier, looks: set[int]
):
    comparer = Comparer(BOTH, SETTINGS, baseline(tier))
    seen: list[tuple[Comparison, ...]] = []
    number = 0
    for each in ladder:
        comparer.open(each.traffic, each.mirror)
        for one in each.blocks:
            comparer.add(one)
            if number in looks:
                seen.append(comparer.verdicts())
            number += 1
    assert comparer.verdicts() == compare(BOTH, SETTINGS, baseline(tier), ladder)
    assert comparer.standing() == tuple(each.verdict for each in comparer.verdicts())
    assert len(seen) <= len(looks)


@settings(max_examples=40, deadline=None)
@given(stages(), st.sampled_from(Tier))
def test_a_look_sees_what_judging_the_prefix_alone_gives_and_failed_stays(
    ladder: tuple[StageBlocks, ...], tier: Tier
):
    comparer = Comparer(BOTH, SETTINGS, baseline(tier))
    failed = [False, False]
    for place, each in enumerate(ladder):
        comparer.open(each.traffic, each.mirror)
        for number, one in enumerate(each.blocks):
            comparer.add(one)
            now = comparer.standing()
            assert all(verdict is FAILED for verdict, was in zip(now, failed, strict=True) if was)
            failed = [verdict is FAILED for verdict in now]
            if number % 5 == 0:
                cut = replace(each, blocks=each.blocks[: number + 1])
                prefix = compare(BOTH, SETTINGS, baseline(tier), (*ladder[:place], cut))
                assert comparer.verdicts() == prefix
    assert SETTINGS.block == MINUTE
