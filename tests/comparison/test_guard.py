"""The guard of a candidate at 100 %."""

import math
from collections.abc import Callable

import pytest
from scipy.stats import binom

from rollout.core.comparison.blocks import Arm, Tier
from rollout.core.comparison.compare import compare
from rollout.core.comparison.counts import errors
from rollout.core.comparison.failing import log_cap
from rollout.core.comparison.guard import CountGuard, SignGuard
from rollout.core.gates.comparative import ComparativeGate
from rollout.core.verdict import Verdict
from tests.comparison.making import BOTH, SETTINGS, alike, baseline, block, steady

OK, WAIT, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.FAILED
NOBODY = Arm()


@pytest.mark.parametrize("share", [0.0, 0.005, 0.015])
def test_the_mean_is_at_most_one_below_the_limit(share: float):
    chances = binom.pmf(range(101), 100, share)
    logs: list[float] = []
    for errs in range(101):
        guard = CountGuard(errors, 0.015, math.inf)
        guard.add(block(0, Arm(100, errs), NOBODY))
        logs.append(guard.log())
    assert math.fsum(float(p) * math.exp(log) for p, log in zip(chances, logs, strict=True)) <= 1 + 1e-9


def test_no_two_blocks_convict():
    guard = CountGuard(errors, 0.015, log_cap(0.05))
    for number in range(2):
        guard.add(block(number, Arm(6000, 6000), NOBODY))
    assert guard.log() < math.log(20)


def test_a_limit_above_all_shares_convicts_nobody():
    guard = CountGuard(errors, 1.2, log_cap(0.05))
    assert guard.add(block(0, Arm(60, 60), NOBODY)) == 0
    assert guard.log() == 0


def test_signs_against_what_prods_p95_usually_is():
    guard = SignGuard(200.0, log_cap(0.05))
    guard.add(block(0, Arm(60, p95=251.0), NOBODY))
    over = guard.log()
    guard.add(block(1, Arm(60, p95=250.0), NOBODY))
    assert over > 0 > guard.log()


@pytest.mark.parametrize("tier", list(Tier))
@pytest.mark.parametrize(
    ("minutes", "candidate", "expected"),
    [
        (12, alike(600, 3), (OK, OK)),
        (9, alike(600, 3), (WAIT, WAIT)),
        (12, alike(4, 0), (WAIT, WAIT)),
        (12, alike(600, 30), (FAILED, WAIT)),
        (12, Arm(600, 3, (500, 200, 50), 200.0, 900.0), (WAIT, FAILED)),
        (12, NOBODY, (WAIT, WAIT)),
    ],
)
def test_the_stage_at_100(tier: Tier, minutes: int, candidate: Arm, expected: tuple[Verdict, Verdict]):
    before = steady(30, alike(300, 1), alike(300, 1), traffic=50)
    whole = steady(minutes, candidate, NOBODY, traffic=100, begin=30)
    found = compare(BOTH, SETTINGS, baseline(tier), (before, whole))
    assert tuple(each.verdict for each in found) == expected
    assert all(each.no_data is (candidate is NOBODY) for each in found)


@pytest.mark.parametrize("gate", BOTH)
def test_prods_ill_last_stage_raises_the_limit(gate: ComparativeGate):
    ill = steady(30, Arm(300, 30, (200, 60, 9)), Arm(300, 30, (200, 60, 9)), traffic=50)
    same = steady(12, Arm(600, 60, (400, 120, 18)), NOBODY, traffic=100, begin=30)
    assert compare((gate,), SETTINGS, baseline(gates=1), (ill, same))[0].verdict is OK


@pytest.mark.parametrize("tier", list(Tier))
def test_with_no_stage_before_it_what_prod_usually_did_counts(tier: Tier):
    def verdicts(candidate: Arm) -> tuple[Verdict, ...]:
        found = compare(BOTH, SETTINGS, baseline(tier), (steady(12, candidate, NOBODY, traffic=100),))
        return tuple(each.verdict for each in found)

    assert verdicts(alike(600, 3)) == (OK, OK)
    assert verdicts(alike(600, 60)) == (FAILED, WAIT)


@pytest.mark.parametrize("drawn", [lambda: alike(600, 3), lambda: alike(600, 3, slower=1.2)])
def test_the_guards_error_rate_is_its_own(drawn: Callable[[], Arm]):
    suspicious = steady(2, alike(300, 20), alike(300, 5), traffic=50)
    whole = steady(12, drawn(), NOBODY, traffic=100, begin=2)
    found = compare(BOTH, SETTINGS, baseline(Tier.METRICS), (suspicious, whole))
    assert found[0].verdict is OK
