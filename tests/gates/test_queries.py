from datetime import timedelta

from rollout.core.gates.evidence import Query
from rollout.core.gates.fixed import FixedGate, Limit
from rollout.core.gates.queries import queries
from rollout.core.plan import Stage
from rollout.core.window import Window
from tests.gates.evidence import ERRORS, GATES, LATENCY, MINUTE, NOT_2XX, STAGE, START, WINDOW

PLAIN = "deployment eq 'green'"


def test_the_shipped_gates_are_two_calls():
    assert queries(GATES, "green", STAGE, WINDOW) == (
        Query(("RequestsPerMinute",), f"{PLAIN} and {NOT_2XX}", "Average", MINUTE, WINDOW),
        Query(("RequestLatency_P90", "RequestsPerMinute"), PLAIN, "Average", MINUTE, WINDOW),
    )


def test_metrics_of_one_filter_share_a_call_and_are_asked_once():
    slow = FixedGate("slow", "RequestLatency_P99", max=Limit(90))
    again = FixedGate("again", "RequestLatency_P90", min=Limit(1))
    asked = queries((LATENCY, slow, again), "green", STAGE, WINDOW)
    assert [query.metrics for query in asked] == [
        ("RequestLatency_P90", "RequestLatency_P99", "RequestsPerMinute")
    ]


def test_a_gate_that_counts_all_requests_proves_them_by_the_same_call():
    busy = FixedGate("busy", "RequestsPerMinute", min=Limit(10))
    assert [query.metrics for query in queries((busy,), "green", STAGE, WINDOW)] == [("RequestsPerMinute",)]


def test_requests_are_counted_apart_where_no_call_is_unfiltered():
    filters = [query.filter for query in queries((ERRORS,), "green", STAGE, WINDOW)]
    assert filters == [f"{PLAIN} and {NOT_2XX}", PLAIN]


def test_another_aggregation_or_interval_is_another_call():
    peak = FixedGate("peak", "RequestLatency_P90", aggregation="Maximum", max=Limit(90))
    coarse = FixedGate("coarse", "RequestLatency_P90", interval=5 * MINUTE, points=1, max=Limit(90))
    asked = queries((LATENCY, peak, coarse), "green", STAGE, WINDOW)
    assert [(query.aggregation, query.interval) for query in asked] == [
        ("Average", MINUTE),
        ("Maximum", MINUTE),
        ("Average", 5 * MINUTE),
    ]


def test_windows_are_the_whole_intervals_inside():
    ragged = Window(START + timedelta(seconds=1), START + timedelta(minutes=8, seconds=59))
    coarse = FixedGate("coarse", "RequestLatency_P90", interval=5 * MINUTE, points=1, max=Limit(90))
    later = Window(ragged.start, ragged.end + 5 * MINUTE)
    assert queries((LATENCY,), "green", STAGE, ragged)[0].window == Window(START + MINUTE, START + 8 * MINUTE)
    assert queries((coarse,), "green", STAGE, later)[0].window == Window(
        START + 5 * MINUTE, START + 10 * MINUTE
    )


def test_nothing_is_asked_before_a_gate_can_be_judged():
    short = Window(START + timedelta(seconds=1), START + timedelta(minutes=5, seconds=59))
    backwards = Window(START, START - MINUTE)
    assert queries(GATES, "green", STAGE, short) == ()
    assert queries(GATES, "green", STAGE, backwards) == ()


def test_only_gates_that_can_be_judged_are_asked_for():
    patient = FixedGate("patient", "RequestLatency_P99", points=30, max=Limit(90))
    unlimited = FixedGate("later", "RequestLatency_P50", max=Limit(by_stage={50: 1}))
    asked = queries((LATENCY, patient, unlimited), "green", Stage(10), WINDOW)
    assert [query.metrics for query in asked] == [("RequestLatency_P90", "RequestsPerMinute")]
