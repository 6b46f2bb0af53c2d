"""What is asked of Azure Monitor and Log Analytics: as few calls as it takes, and the right ones."""

from dataclasses import replace
from datetime import timedelta

import pytest

from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates import kql
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.evidence import LogQuery, Query
from rollout.core.gates.fixed import FixedGate, Limit
from rollout.core.gates.queries import queries, split
from rollout.core.judging import Question
from rollout.core.past import PastStage
from rollout.core.plan import Stage
from rollout.core.window import Window
from tests.gates.evidence import ERRORS, LATENCY, MINUTE, NOT_2XX, STAGE, START, WINDOW

GREEN = "deployment eq 'green'"
EACH = "statusCode eq '*' and modelStatusCode eq '*'"
WORSE = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
SLOWER = ComparativeGate("latency-vs-prod", Measure.LATENCY, 0.025)
BASELINE = Baseline(Tier.METRICS, 5400, 0.004, (80.0, 200.0, 350.0), 2, 2)
BY_LOGS = replace(BASELINE, tier=Tier.LOGS)
QUESTION = Question("green", STAGE, WINDOW, "blue", BASELINE)
CUSTOM = FixedGate("p99", kql="AmlOnlineEndpointTrafficLog | count", max=Limit(9))


def asked(
    *gates: FixedGate | ComparativeGate, question: Question = QUESTION, tier: Tier | None = Tier.METRICS
):
    return queries(gates, question, ComparisonSettings(), tier)


def metrics_of(*gates: FixedGate | ComparativeGate, question: Question = QUESTION):
    return [query.metrics for query in asked(*gates, question=question) if isinstance(query, Query)]


def test_comparing_by_metrics_is_two_calls():
    assert asked(WORSE, SLOWER) == (
        Query(("RequestsPerMinute",), f"deployment eq '*' and {EACH}", "Average", MINUTE, WINDOW),
        Query(("RequestLatency_P50", "RequestLatency_P95"), "deployment eq '*'", "Average", MINUTE, WINDOW),
    )
    assert metrics_of(WORSE) == [("RequestsPerMinute",)]


def test_comparing_by_logs_is_one_call_for_all_stages_and_both_deployments():
    earlier = Window(START - 30 * MINUTE, START - 10 * MINUTE)
    question = replace(QUESTION, baseline=BY_LOGS, past=(PastStage(10, 0, earlier),))
    (query,) = asked(WORSE, SLOWER, question=question, tier=Tier.LOGS)
    assert isinstance(query, LogQuery)
    assert query.window == Window(earlier.start, WINDOW.end)
    assert query.kql == (
        "AmlOnlineEndpointTrafficLog\n"
        "| where TimeGenerated >= datetime(2026-11-21T09:30:00Z) "
        "and TimeGenerated < datetime(2026-11-21T10:10:00Z)\n"
        '| where EndpointName =~ endpoint and strcat(_ResourceId, "/") startswith mlWorkspace '
        'and DeploymentName in~ ("green", "blue")\n'
        "| extend code = toint(ResponseCode)\n"
        "| where isnull(code) or code != 100\n"
        "| extend ok = isnotnull(code) and code >= 200 and code < 300\n"
        "| extend ms = todouble(TotalDurationMs) - coalesce(todouble(RequestThrottlingDelayMs), 0.0)\n"
        "    - coalesce(todouble(ResponseThrottlingDelayMs), 0.0)\n"
        "| summarize requests = count(),\n"
        "    errors = countif(not(ok)),\n"
        '    slow50 = countif(ok and ms > iff(DeploymentName =~ "green", 88.000000, 80.000000)),\n'
        '    slow95 = countif(ok and ms > iff(DeploymentName =~ "green", 220.000000, 200.000000)),\n'
        '    slow99 = countif(ok and ms > iff(DeploymentName =~ "green", 385.000000, 350.000000)),\n'
        "    untimed = countif(ok and isnull(ms))\n"
        "    by block = bin(TimeGenerated, 60s), DeploymentName"
    )


def test_a_custom_query_is_one_call_more_and_gets_its_names():
    question = replace(QUESTION, baseline=BY_LOGS)
    both = asked(WORSE, CUSTOM, question=question, tier=Tier.LOGS)
    assert len(both) == 2
    assert both[1] == LogQuery(
        'let deployment = "green"; let prod = "blue"; '
        "let start = datetime(2026-11-21T10:00:00Z); let end = datetime(2026-11-21T10:10:00Z); "
        "AmlOnlineEndpointTrafficLog | count",
        WINDOW,
    )


def test_names_can_t_break_out_of_a_query():
    odd = replace(QUESTION, deployment='gr"een\\', prod="b'lue", baseline=BY_LOGS)
    blocks, custom = asked(WORSE, CUSTOM, question=odd, tier=Tier.LOGS)
    assert isinstance(blocks, LogQuery)
    assert isinstance(custom, LogQuery)
    assert 'in~ ("gr\\"een\\\\", "b\'lue")' in blocks.kql
    assert 'let deployment = "gr\\"een\\\\";' in custom.kql
    fixed = asked(LATENCY, question=replace(odd, deployment="gr'een"))
    assert isinstance(fixed[0], Query)
    assert fixed[0].filter == "deployment eq 'gr''een'"


def test_a_rollout_keeps_to_the_evidence_that_its_baseline_rests_on():
    assert all(isinstance(query, Query) for query in asked(WORSE, SLOWER, tier=Tier.LOGS))
    later = asked(WORSE, SLOWER, question=replace(QUESTION, baseline=BY_LOGS), tier=Tier.METRICS)
    assert [type(query) for query in later] == [LogQuery]


@pytest.mark.parametrize("lacking", ["baseline", "prod"])
def test_without_prod_or_baseline_nothing_is_compared(lacking: str):
    question = Question("green", STAGE, WINDOW, None if lacking == "prod" else "blue", None)
    assert asked(WORSE, SLOWER, question=question) == ()


def test_a_comparison_counts_the_requests_of_the_other_gates_too():
    assert metrics_of(LATENCY) == [("RequestLatency_P90",), ("RequestsPerMinute",)]
    assert metrics_of(WORSE, LATENCY) == [("RequestsPerMinute",), ("RequestLatency_P90",)]
    by_logs = asked(WORSE, LATENCY, question=replace(QUESTION, baseline=BY_LOGS))
    assert [query.metrics for query in by_logs if isinstance(query, Query)] == [("RequestLatency_P90",)]


def test_counts_of_requests_are_split_by_every_dimension():
    filters = [query.filter for query in asked(ERRORS) if isinstance(query, Query)]
    assert filters == [f"{GREEN} and {NOT_2XX} and {EACH}", f"{GREEN} and {EACH}"]
    assert split("statusCode eq '500'") == "statusCode eq '500' and modelStatusCode eq '*'"
    assert split("statusCode sw '5'") == "statusCode sw '5' and modelStatusCode eq '*'"


def test_metrics_of_one_filter_share_a_call_and_are_asked_once():
    slow = FixedGate("slow", "RequestLatency_P99", max=Limit(90))
    again = FixedGate("again", "RequestLatency_P90", min=Limit(1))
    assert metrics_of(LATENCY, slow, again)[0] == ("RequestLatency_P90", "RequestLatency_P99")


def test_a_gate_that_counts_all_requests_proves_them_by_the_same_call():
    busy = FixedGate("busy", "RequestsPerMinute", min=Limit(10))
    assert metrics_of(busy) == [("RequestsPerMinute",)]


def test_another_aggregation_or_interval_is_another_call():
    peak = FixedGate("peak", "RequestLatency_P90", aggregation="Maximum", max=Limit(90))
    coarse = FixedGate("coarse", "RequestLatency_P90", interval=5 * MINUTE, points=1, max=Limit(90))
    found = [each for each in asked(LATENCY, peak, coarse) if isinstance(each, Query)]
    assert [(query.aggregation, query.interval) for query in found[:3]] == [
        ("Average", MINUTE),
        ("Maximum", MINUTE),
        ("Average", 5 * MINUTE),
    ]


def test_windows_are_the_whole_intervals_inside():
    ragged = Window(START + timedelta(seconds=1), START + timedelta(minutes=8, seconds=59))
    coarse = FixedGate("coarse", "RequestLatency_P90", interval=5 * MINUTE, points=1, max=Limit(90))
    later = Window(ragged.start, ragged.end + 5 * MINUTE)
    assert asked(LATENCY, question=replace(QUESTION, window=ragged))[0].window == Window(
        START + MINUTE, START + 8 * MINUTE
    )
    assert asked(coarse, question=replace(QUESTION, window=later))[0].window == Window(
        START + 5 * MINUTE, START + 10 * MINUTE
    )


@pytest.mark.parametrize("gates", [(ERRORS, LATENCY), (WORSE, SLOWER), (CUSTOM,)])
def test_nothing_is_asked_before_a_gate_can_be_judged(gates: tuple[FixedGate | ComparativeGate, ...]):
    backwards = Window(START, START - MINUTE)
    assert asked(*gates, question=replace(QUESTION, window=backwards)) == ()
    short = Window(START + timedelta(seconds=1), START + timedelta(minutes=1, seconds=59))
    assert asked(ERRORS, LATENCY, WORSE, question=replace(QUESTION, window=short)) == ()


def test_only_gates_that_can_be_judged_are_asked_for():
    patient = FixedGate("patient", "RequestLatency_P99", points=30, max=Limit(90))
    unlimited = FixedGate("later", "RequestLatency_P50", max=Limit(by_stage={50: 1}))
    later = replace(CUSTOM, max=Limit(by_stage={50: 1}))
    found = metrics_of(LATENCY, patient, unlimited, later, question=replace(QUESTION, stage=Stage(10)))
    assert found == [("RequestLatency_P90",), ("RequestsPerMinute",)]


@pytest.mark.parametrize(
    ("resource", "endpoint", "workspace"),
    [
        (
            "/subscriptions/s/x/workspaces/w/onlineEndpoints/credit",
            "credit",
            "/subscriptions/s/x/workspaces/w/",
        ),
        (
            "/subscriptions/s/x/workspaces/w/onlineEndpoints/credit/",
            "credit",
            "/subscriptions/s/x/workspaces/w/",
        ),
        ("/00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-000000000001", "/"),
    ],
)
def test_a_query_is_given_the_endpoint_and_its_workspace(resource: str, endpoint: str, workspace: str):
    """A check that stands alone may know nothing but the Log Analytics workspace: then no row is left out."""
    assert kql.names(resource) == f'let endpoint = "{endpoint}"; let mlWorkspace = "{workspace}"; '
