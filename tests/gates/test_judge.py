import math
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.gates.evidence import Answer, Series, Unreadable
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.plan import Stage
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.gates.evidence import (
    ERRORS,
    GATES,
    LATENCY,
    MINUTE,
    STAGE,
    START,
    WINDOW,
    errors,
    evidence,
    judged,
    latency,
    replaced,
    requests,
    series,
)

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
GAP = None


def verdict_of(
    gate: FixedGate,
    *,
    filtered: Sequence[Series] = (),
    plain: Sequence[Series] = (),
    stage: Stage = STAGE,
    window: Window = WINDOW,
):
    known = evidence(filtered=filtered, plain=plain, gates=(gate,), stage=stage, window=window)
    return judged((gate,), known, stage, window).findings[0]


def test_quiet_traffic_passes_the_shipped_gates():
    found = judged(GATES, evidence(plain=[requests(), latency()]))
    assert found.verdict is OK
    assert found.requests == 1000
    assert [finding.limit for finding in found.findings] == ["<= 1", "<= 50"]


def test_a_failure_names_metric_value_limit_time_window_and_requests():
    found = verdict_of(ERRORS, filtered=[errors([0, 0, 0, 0, 0, 0, 0, 7, 2, 0])], plain=[requests()])
    assert (found.verdict, found.value, found.limit) == (FAILED, 7, "<= 1")
    assert found.reason == (
        "errors: RequestsPerMinute 7 at 10:07:00Z, limit <= 1 "
        "(green at 10 %, 10:00:00Z to 10:10:00Z, 1000 requests)"
    )


@pytest.mark.parametrize(
    ("newest", "failure_limit", "expected"),
    [
        ((20, 20, 20, 20, 20), 0, OK),
        ((50, 50, 50, 50, 50), 0, OK),
        ((20, 20, 20, 20, 50.001), 0, FAILED),
        ((51, 20, 20, 20, 20), 0, FAILED),
        ((51, 20, 20, 20, 20), 1, OK),
        ((51, 51, 20, 20, 20), 1, FAILED),
        ((20, 20, GAP, 20, 20), 0, WAIT),
        ((20, 20, GAP, 20, 51), 0, FAILED),
        ((20, 20, GAP, 20, 51), 1, WAIT),
        ((20, math.nan, 20, 20, 20), 0, ERROR),
        ((20, math.inf, 20, 20, 20), 0, ERROR),
        ((20, -math.inf, 20, 20, 20), 0, ERROR),
        ((99, math.nan, 20, 20, 20), 0, FAILED),
        ((GAP, math.nan, 20, 20, 20), 0, ERROR),
    ],
)
def test_latency_points(newest: tuple[float | None, ...], failure_limit: int, expected: Verdict):
    gate = replace(LATENCY, failure_limit=failure_limit)
    found = verdict_of(gate, plain=[requests(), latency((999.0,) * 5 + newest)])
    assert found.verdict is expected, found.reason


@pytest.mark.parametrize(
    ("filtered", "counted", "expected"),
    [
        pytest.param([], (100,) * 10, OK, id="no series, requests in every minute"),
        pytest.param(
            [errors([GAP] * 10)], (100,) * 10, OK, id="points without value, requests in every minute"
        ),
        pytest.param([errors([1] * 10)], (100,) * 10, OK, id="at the limit"),
        pytest.param([], (), WAIT, id="no series, no requests known"),
        pytest.param([], (0,) * 10, WAIT, id="no series, no requests"),
        pytest.param([], (10,) * 9, WAIT, id="too few requests in the stage"),
        pytest.param([], (*(100,) * 9, 0), WAIT, id="a minute without requests"),
        pytest.param([], (*(100,) * 9, GAP), WAIT, id="a minute with unknown requests"),
        pytest.param([], (GAP, *(100,) * 9), OK, id="an unknown minute before the newest points"),
        pytest.param([errors([GAP] * 9 + [2])], (), FAILED, id="errors without known requests"),
        pytest.param([errors([GAP] * 9 + [2])], (1,) * 10, FAILED, id="errors from few requests"),
    ],
)
def test_missing_errors_are_zero_only_where_requests_are_proved(
    filtered: list[Series], counted: Sequence[float | None], expected: Verdict
):
    found = verdict_of(ERRORS, filtered=filtered, plain=[requests(counted)])
    assert found.verdict is expected, found.reason


def test_a_zero_from_few_requests_fails_no_gate():
    gate = replace(ERRORS, max=Limit(), min=Limit(1))
    assert verdict_of(gate, plain=[requests([9] * 10)]).verdict is WAIT
    assert verdict_of(gate, plain=[requests()]).verdict is FAILED


def test_without_empty_zero_a_missing_series_is_no_success():
    for empty, expected in ((Empty.HOLD, WAIT), (Empty.ABORT, FAILED)):
        found = verdict_of(replace(ERRORS, empty=empty), plain=[requests()])
        assert found.verdict is expected, found.reason


def test_empty_abort_fails_only_where_the_whole_window_is_empty():
    gate = replace(LATENCY, empty=Empty.ABORT)
    early = verdict_of(gate, plain=[requests(), latency([20] + [GAP] * 9)])
    short = verdict_of(gate, window=Window(START, START + 4 * MINUTE))
    assert (early.verdict, short.verdict) == (WAIT, WAIT)


def test_series_of_a_count_are_summed_minute_by_minute():
    parts = [errors([1] * 10, "4xx"), errors([GAP] * 9 + [1], "5xx")]
    found = verdict_of(ERRORS, filtered=parts, plain=[requests()])
    assert (found.verdict, found.value) == (FAILED, 2)


def test_of_other_series_the_worst_counts():
    parts = [latency(), series("RequestLatency_P90", [80] * 10, "Milliseconds", zone="b")]
    found = verdict_of(LATENCY, plain=[requests(), *parts])
    assert (found.verdict, found.value) == (FAILED, 80)
    low = verdict_of(replace(LATENCY, max=Limit(), min=Limit(30)), plain=[requests(), *parts])
    assert (low.verdict, low.value, low.limit) == (FAILED, 20, ">= 30")


def test_a_limit_holds_from_its_stage_up():
    for share, expected in ((10, OK), (50, FAILED), (100, FAILED)):
        found = verdict_of(ERRORS, filtered=[errors([1] * 10)], plain=[requests()], stage=Stage(share))
        assert found.verdict is expected, found.reason


def test_a_stage_without_a_limit_is_an_error():
    gate = replace(LATENCY, max=Limit(by_stage={50: 20}))
    assert verdict_of(gate, plain=[requests(), latency()]).verdict is ERROR


def test_few_requests_hold_every_gate_that_has_not_failed():
    known = evidence(plain=[requests([9] * 11), latency()], filtered=[errors([GAP] * 9 + [3])])
    findings = judged(GATES, known).findings
    assert [finding.verdict for finding in findings] == [FAILED, WAIT]


@pytest.mark.parametrize(
    "window", [Window(START, START + 5 * MINUTE - timedelta(seconds=1)), Window(START, START)]
)
def test_a_short_window_is_inconclusive(window: Window):
    found = judged(GATES, {}, window=window)
    assert found.verdict is WAIT
    assert found.requests is None
    assert "5m" in found.reason


def test_what_could_not_be_read_is_an_error_that_says_why():
    known = evidence(plain=[requests(), latency()])
    refused = replaced(known, Unreadable("Azure Monitor answered 403"), plain=False)
    findings = judged(GATES, refused).findings
    assert [finding.verdict for finding in findings] == [ERROR, OK]
    assert "Azure Monitor answered 403" in findings[0].reason


def test_unreadable_requests_are_an_error_of_every_gate_that_has_not_failed():
    known = evidence(filtered=[errors([2] * 10)])
    refused = replaced(known, Unreadable("Azure Monitor answered 503"), plain=True)
    assert [f.verdict for f in judged(GATES, refused).findings] == [FAILED, ERROR]
    clean = replaced(evidence(), Unreadable("Azure Monitor answered 503"), plain=True)
    assert [f.verdict for f in judged(GATES, clean).findings] == [ERROR, ERROR]


def test_evidence_for_other_questions_is_none():
    assert judged(GATES, {}).verdict is ERROR
    assert judged((), {}).verdict is WAIT


@pytest.mark.parametrize("count", [math.nan, -1.0])
def test_counts_that_are_no_counts_prove_nothing(count: float):
    known = evidence(plain=[requests([*(100,) * 9, count]), latency()])
    assert judged(GATES, known).verdict is ERROR


def test_another_deployments_series_is_not_evidence():
    foreign = Series(
        "RequestLatency_P90", "Milliseconds", (("deployment", "blue"),), latency([99] * 10).points
    )
    assert verdict_of(LATENCY, plain=[requests(), latency(), foreign]).verdict is OK
    assert verdict_of(LATENCY, plain=[requests(), foreign]).verdict is WAIT


def test_coarse_points_need_their_whole_interval_inside():
    gate = FixedGate("coarse", "RequestLatency_P90", interval=5 * MINUTE, points=1, max=Limit(50))
    window = Window(START, START + 9 * MINUTE)
    points = [20, *[GAP] * 4, 99, *[GAP] * 4]
    assert verdict_of(gate, plain=[requests(), latency(points)], window=window).verdict is OK


def test_answers_don_t_depend_on_how_a_name_is_cased():
    shouted = Series("requestlatency_p90", "Milliseconds", (("Deployment", "GREEN"),), latency().points)
    assert verdict_of(LATENCY, plain=[requests(), shouted]).verdict is OK


def test_an_answer_without_series_is_no_data():
    known = replaced(evidence(), Answer(()), plain=True)
    found = judged(GATES, known)
    assert (found.verdict, found.requests) == (WAIT, 0)


def test_ten_minutes_without_a_request_are_a_gap_in_which_nothing_could_be_judged():
    window = Window(START, START + 60 * MINUTE)
    counts = [None] * 60
    for minute in (0, 9, 10, 20, 31, 50):
        counts[minute] = 100.0
    counts[40] = 0.0
    found = judged(GATES, evidence(plain=[requests(counts), latency()], window=window), window=window)
    gaps = (
        Window(START + 21 * MINUTE, START + 31 * MINUTE),
        Window(START + 32 * MINUTE, START + 50 * MINUTE),
    )
    assert found.gaps == gaps
    assert found.silent == 28 * MINUTE
    assert found.could_tell_for(32 * MINUTE)
    assert not found.could_tell_for(33 * MINUTE)
    assert found.could_tell_for(10 * MINUTE, since=START + 45 * MINUTE)
    assert not found.could_tell_for(11 * MINUTE, since=START + 45 * MINUTE)
    assert judged(GATES, evidence(plain=[latency()], window=window), window=window).gaps == (window,)
    assert judged(GATES, {}, window=window).gaps == ()


def test_of_points_that_are_alike_the_oldest_is_named_in_whichever_order_azure_answers():
    measured = latency([20.0, 80.0, 20.0, 20.0, 20.0, 20.0, 70.0, 70.0, 20.0, 20.0])
    backwards = replace(measured, points=tuple(reversed(measured.points)))
    one, other = (verdict_of(LATENCY, plain=[requests(), each]) for each in (measured, backwards))
    assert (one.verdict, "RequestLatency_P90 70 at 10:06:00Z" in one.reason) == (FAILED, True), one.reason
    assert one == other
