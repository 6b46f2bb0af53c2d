"""Error rates and power on seeded traffic: a guard against regressions. The benchmark measures in earnest."""

import pytest

from rollout.core.comparison.compare import Comparer
from rollout.core.verdict import Verdict
from tests.comparison.making import ERRORS, SETTINGS, Traffic, baseline

REPEATS = 120


def first(
    candidate: float,
    prod: float,
    *,
    per_minute: int = 600,
    share: float = 0.1,
    minutes: int = 60,
    **kind: float,
) -> list[tuple[Verdict, int]]:
    """The first verdict other than Inconclusive of each repeat, looking at every minute."""
    found: list[tuple[Verdict, int]] = []
    for seed in range(REPEATS):
        drawn = Traffic(seed, per_minute, share).errors(minutes, candidate, prod, **kind)
        comparer = Comparer((ERRORS,), SETTINGS, baseline(error_share=0.005, gates=1))
        comparer.open(drawn.traffic)
        verdict, minute = Verdict.INCONCLUSIVE, 0
        for block in drawn.blocks:
            comparer.add(block)
            minute += 1
            verdict = comparer.standing()[0]
            if verdict is not Verdict.INCONCLUSIVE:
                break
        found.append((verdict, minute))
    return found


def share_of(found: list[tuple[Verdict, int]], verdict: Verdict) -> float:
    return sum(each is verdict for each, _ in found) / len(found)


def median_minute(found: list[tuple[Verdict, int]]) -> int:
    return sorted(minute for _, minute in found)[len(found) // 2]


@pytest.mark.parametrize("kind", [{}, {"bursts": 0.03}])
@pytest.mark.parametrize("per_minute", [60, 600])
def test_a_good_release_is_not_taken_back(per_minute: int, kind: dict[str, float]):
    assert share_of(first(0.005, 0.005, per_minute=per_minute, **kind), Verdict.FAILED) <= 0.03


def test_bad_minutes_of_one_arm_alone_seldom_convict():
    assert share_of(first(0.005, 0.005, blips=0.02), Verdict.FAILED) <= 0.05


@pytest.mark.parametrize(("prod", "kind"), [(0.0, {}), (0.005, {}), (0.005, {"bursts": 0.03})])
def test_a_release_worse_by_the_margin_seldom_passes(prod: float, kind: dict[str, float]):
    assert share_of(first(prod + 0.01, prod, **kind), Verdict.SUCCESSFUL) <= 0.05


def test_two_points_more_errors_are_taken_back_and_never_passed():
    found = first(0.025, 0.005, minutes=30)
    assert share_of(found, Verdict.FAILED) >= 0.95
    assert share_of(found, Verdict.SUCCESSFUL) == 0
    assert median_minute(found) <= 11


@pytest.mark.parametrize(("per_minute", "share", "minutes"), [(600, 0.1, 14), (60, 0.5, 27)])
def test_a_good_release_passes_soon(per_minute: int, share: float, minutes: int):
    found = first(0.005, 0.005, per_minute=per_minute, share=share)
    assert share_of(found, Verdict.SUCCESSFUL) >= 0.8
    assert median_minute(found) <= minutes
