"""What a comparison says to people."""

import pytest

from rollout.core.comparison.blocks import Arm, StageBlocks, Tier
from rollout.core.comparison.compare import compare
from tests.comparison.making import BOTH, ERRORS, SETTINGS, alike, baseline, steady

NOBODY = Arm()


def said(stages: tuple[StageBlocks, ...], tier: Tier = Tier.LOGS) -> list[str]:
    return [each.why for each in compare(BOTH, SETTINGS, baseline(tier), stages)]


def test_what_failed_says_shares_counts_and_evidence():
    errors, latency = said((steady(20, Arm(60, 6, (27, 2, 0)), alike(540, 3)),))
    assert errors == (
        "10.0 % (120 of 1200) against prod's 0.6 % (60 of 10800); "
        "evidence 10^8.7 of 10^1.3 that it is worse, beyond it since 10:03:00Z"
    )
    assert latency == (
        "3.7 % (40 of 1080) slower than 220 ms against prod's 5.0 % (540 of 10740) than 200 ms; "
        "at most +1.0 pp worse is proved, +2.5 pp allowed; evidence 10^8.7 of 10^1.3 that it is worse; "
        "suspicion: evidence must be below 10^0.7 to pass"
    )


def test_what_passed_says_what_is_proved():
    assert said((steady(20, alike(600, 3), alike(5400, 27)),))[0] == (
        "0.5 % (60 of 12000) against prod's 0.5 % (540 of 108000); at most +0.2 pp worse is proved, "
        "+1.0 pp allowed; evidence 10^-1.0 of 10^1.3 that it is worse"
    )


def test_thin_traffic_says_how_long_it_takes_and_what_helps():
    assert said((steady(20, alike(6), alike(54)),))[0] == (
        "0.0 % (0 of 120) against prod's 0.0 % (0 of 1080); "
        "at most +3.1 pp worse is proved, +1.0 pp allowed; "
        "evidence 10^-1.0 of 10^1.3 that it is worse; "
        "can't tell +1.0 pp at this traffic before about 1h9m: raise the stage to 50 % (14m) or wait"
    )


def test_at_half_of_the_traffic_there_is_only_waiting():
    assert said((steady(2, alike(30), alike(30), traffic=50),))[0].endswith(
        "can't tell +1.0 pp at this traffic before about 25m: wait"
    )


@pytest.mark.parametrize(
    ("candidate", "prod", "minutes", "end"),
    [
        (NOBODY, alike(540), 20, "no requests to the candidate in the last 10 blocks"),
        (alike(60), NOBODY, 20, "no requests to prod in the last 10 blocks"),
        (NOBODY, NOBODY, 0, "nothing was measured yet"),
    ],
)
def test_no_data_says_whose(candidate: Arm, prod: Arm, minutes: int, end: str):
    assert all(why.endswith(end) for why in said((steady(minutes, candidate, prod),)))


def test_latency_that_failed_names_the_percentile_that_convicts():
    tail = Arm(600, 0, (300, 30, 60)), alike(5400)
    assert said((steady(20, *tail),))[1].startswith(
        "10.0 % (1200 of 12000) slower than 440 ms against prod's 1.0 % (1080 of 108000) than 400 ms"
    )


def test_latency_from_metrics_counts_blocks():
    found = said((steady(20, alike(600, slower=1.15), alike(5400)),), Tier.METRICS)[1]
    assert found.startswith("P95 above prod's by over 10 % in 20 of 20 blocks; evidence 10^4.3 of 10^1.3")
    passed = said((steady(20, alike(600, slower=1.05), alike(5400)),), Tier.METRICS)[1]
    assert "at most +5 % of prod's P95 worse is proved, +25 % of prod's P95 allowed" in passed


def test_the_stage_at_100_has_no_prod_beside_it():
    whole = steady(12, alike(600, 3), NOBODY, traffic=100)
    assert said((whole,))[0] == (
        "0.5 % (36 of 7200), no prod beside it; evidence 10^-2.4 of 10^1.3 that it is worse"
    )
    assert said((whole,), Tier.METRICS)[1].startswith("P95 above 1.25 times prod's usual in 0 of 12 blocks;")
    few = steady(12, alike(4), NOBODY, traffic=100)
    assert said((few,))[0].endswith("48 of 50 requests to the candidate")
    early = compare((ERRORS,), SETTINGS, baseline(), (steady(9, alike(600), NOBODY, traffic=100),))
    assert early[0].why.endswith("9 of 10 blocks with requests")
