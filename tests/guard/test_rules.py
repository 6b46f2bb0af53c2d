"""Alert rules made from gates, and what local Azure's query engine makes of their queries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.core.alerts import (
    AlertSettings,
    Dimension,
    MetricRule,
    QueryRule,
    Unwatched,
    dimensions_of,
    rules,
    watched,
)
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings, Measure
from rollout.core.gates.fixed import FixedGate, Limit
from rollout.core.record import Record
from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localazure.local import Arm

ENDPOINT = (
    "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
    "/onlineEndpoints/credit"
)
RECORD = Record(
    prod="blue", candidate="green", prod_release="m:1-a", release="m:2-b", stage=10, traffic={"green": 10}
)
ERRORS = FixedGate(
    name="errors",
    metric="RequestsPerMinute",
    filter="statusCodeClass ne '2xx'",
    max=Limit(None, {10: 1, 50: 0}),
)
LATENCY = FixedGate(name="latency", metric="RequestLatency_P90", max=Limit(50.0))
COMPARED = ComparativeGate("errors-vs-prod", Measure.ERRORS, 0.01)
SLOWEST = FixedGate(
    name="slowest",
    kql="""\
let slow = 100.0; // milliseconds; of one answer
AmlOnlineEndpointTrafficLog
| where EndpointName =~ endpoint and DeploymentName =~ deployment and TimeGenerated between (start .. end)
| where TotalDurationMs > slow and Path != ';'
| summarize count()""",
    max=Limit(3),
)


def made(
    *gates: Any, record: Record = RECORD, logs: bool = True, endpoint: str = ENDPOINT, **settings: Any
) -> tuple[Any, ...]:
    return rules(gates, ComparisonSettings(**settings), record, endpoint, logs=logs)


def test_a_limit_on_a_metric_is_a_threshold_on_the_candidate():
    (latency,) = made(LATENCY)
    assert latency == MetricRule(
        name="latency",
        description="green (m:2-b) at 10 %: RequestLatency_P90 above 50 (gate latency)",
        metric="RequestLatency_P90",
        aggregation="Average",
        operator="GreaterThan",
        threshold=50.0,
        window=timedelta(minutes=1),
        dimensions=(Dimension("deployment", "Include", ("green",)),),
    )
    assert latency.every == timedelta(minutes=1)


def test_the_threshold_is_that_of_the_stage():
    assert [each.threshold for each in made(ERRORS)] == [1]
    assert [each.threshold for each in made(ERRORS, record=replace(RECORD, stage=50))] == [0]
    assert made(replace(ERRORS, max=Limit(None, {50: 0}))) == ()


def test_counts_are_looked_at_one_status_at_a_time():
    (rule,) = made(ERRORS)
    assert [(each.name, each.operator, each.values) for each in rule.dimensions] == [
        ("deployment", "Include", ("green",)),
        ("statusCodeClass", "Exclude", ("2xx",)),
        ("statusCode", "Include", ("*",)),
        ("modelStatusCode", "Include", ("*",)),
    ]


def test_two_limits_are_two_rules_and_patience_is_a_longer_window():
    both = replace(LATENCY, min=Limit(5.0), interval=timedelta(minutes=5), failure_limit=1)
    high, low = made(both)
    assert [(each.name, each.operator, each.threshold) for each in (high, low)] == [
        ("latency", "GreaterThan", 50.0),
        ("latency-min", "LessThan", 5.0),
    ]
    assert (high.window, high.every) == (timedelta(minutes=15), timedelta(minutes=5))


@pytest.mark.parametrize("aggregation", ["Total", "Count", "Maximum", "Minimum"])
def test_only_an_average_is_forgiven_by_a_longer_window(aggregation: str):
    given = FixedGate(
        name="slow", metric="RequestLatency", aggregation=aggregation, max=Limit(10), failure_limit=2
    )
    (forgiving,) = made(replace(given, aggregation="Average"))
    (rule,) = made(given)
    assert (forgiving.window, rule.window) == (timedelta(minutes=5), timedelta(minutes=1))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("statusCode eq '500'", [("statusCode", "Include", ("500",))]),
        ("(statusCode eq '500' or statusCode eq '503')", [("statusCode", "Include", ("500", "503"))]),
        ("a ne 'x' and a ne 'y''z'", [("a", "Exclude", ("x", "y'z"))]),
        (
            "a sw '5' AND (b eq 'or' or b eq ' and ')",
            [("a", "StartsWith", ("5",)), ("b", "Include", ("or", " and "))],
        ),
        ("a ne 'x' or a ne 'y'", None),
        ("a eq 'x' and a eq 'y'", None),
        ("a eq 'x' or b eq 'y'", None),
        ("contains(a, 'x')", None),
    ],
)
def test_a_filter_as_dimensions(text: str, found: Any):
    dimensions = dimensions_of(text)
    assert (dimensions and [(each.name, each.operator, each.values) for each in dimensions]) == found


def test_what_no_rule_can_say_is_said():
    cases = {
        "an alert rule can't say its filter": made(replace(ERRORS, filter="a ne 'x' or a ne 'y'")),
        "no more than a day": made(replace(LATENCY, interval=timedelta(days=1), failure_limit=1)),
        "go to no Log Analytics": made(SLOWEST, logs=False),
        "needs the traffic log": made(COMPARED, logs=False),
        "traffic log in": made(COMPARED, source=Tier.METRICS),
        "only shares of errors": made(ComparativeGate("slow", Measure.LATENCY, 0.01)),
    }
    for why, (found,) in cases.items():
        assert isinstance(found, Unwatched), why
        assert why in found.why


def test_a_gate_that_does_not_count_has_no_rule():
    assert made(replace(LATENCY, dry_run=True), replace(COMPARED, dry_run=True)) == ()


def test_rules_are_the_same_until_the_next_step():
    later = replace(RECORD, since=datetime(2026, 11, 21, tzinfo=UTC))
    gates = (ERRORS, LATENCY, COMPARED, SLOWEST)
    assert made(*gates) == made(*gates, record=later)


def test_who_is_watched():
    assert watched(RECORD)
    assert not watched(None)
    assert not watched(replace(RECORD, stage=0, mirror=20))
    assert not watched(replace(RECORD, candidate=None))


def test_nobody_is_told_unless_somebody_is_named():
    assert not AlertSettings().on
    assert AlertSettings(emails=("a@example.com",)).on
    assert not AlertSettings(action_group="/x", enabled=False).on


@pytest.fixture(scope="module")
def arm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield local


def asked(
    arm: Arm,
    gate: Any,
    *answers: tuple[str, int, int, float],
    record: Record = RECORD,
    elsewhere: bool = False,
) -> list[Any]:
    """Return what the query of a gate's rule says of these: deployment, status, how many, milliseconds.

    `elsewhere`: the rule is of an endpoint of the same name in another workspace.
    """
    workspace = make_workspace(arm)
    name = unique("credit-")
    workspace.endpoint(name)
    endpoint = f"{workspace.id}/onlineEndpoints/{name}"
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    customer = arm.ok("PUT", logs, {"location": "eastus", "properties": {}})["properties"]["customerId"]
    sent = {"workspaceId": logs, "logs": [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}]}
    arm.ok("PUT", f"{endpoint}/providers/Microsoft.Insights/diagnosticSettings/logs", {"properties": sent})
    now = arm.control("GET", "clock")["now"]
    row = {"EndpointId": endpoint, "EndpointName": name, "TimeGenerated": now}
    rows = [
        row | {"DeploymentName": which, "ResponseCode": code, "count": count, "TotalDurationMs": ms}
        for which, code, count, ms in answers
    ]
    arm.control("POST", "rows", {"rows": rows})
    arm.control("POST", "clock", {"advance": 120})
    whose = f"{workspace.id}-west/onlineEndpoints/{name}" if elsewhere else endpoint
    (rule,) = made(gate, record=record, endpoint=whose)
    found = arm.ask("POST", f"/v1/workspaces/{customer}/query", {"query": rule.query})
    assert found.ok, found.text
    return found.json()["tables"][0]["rows"]


@pytest.mark.parametrize(
    ("answers", "wrong"),
    [
        ([("green", 200, 50, 9), ("green", 500, 10, 9), ("blue", 200, 900, 9), ("blue", 500, 9, 9)], True),
        ([("green", 200, 100, 9), ("green", 500, 1, 9), ("blue", 200, 900, 9), ("blue", 500, 9, 9)], False),
        ([("green", 500, 40, 9)], False),  # fewer than a verdict needs
        ([("green", 500, 2, 9), ("green", 200, 98, 9)], True),  # prod gets nothing: what is usual of it
    ],
)
def test_more_errors_than_prod(arm: Arm, answers: Any, wrong: bool):  # noqa: FBT001
    usual = Baseline(Tier.LOGS, 5000, 0.005, None, stages=1, gates=1)
    record = replace(RECORD, baseline=usual)
    assert (asked(arm, COMPARED, *answers, record=record) != []) == wrong


def test_an_endpoint_of_the_same_name_elsewhere_is_another(arm: Arm):
    answers = [("green", 500, 100, 9.0), ("blue", 200, 900, 9.0)]
    assert asked(arm, COMPARED, *answers) != []
    assert asked(arm, COMPARED, *answers, elsewhere=True) == []


def test_a_query_of_ones_own(arm: Arm):
    (rule,) = made(SLOWEST)
    assert isinstance(rule, QueryRule)
    assert rule.description == "green (m:2-b) at 10 %: its query above 3 (gate slowest)"
    assert asked(arm, SLOWEST, ("green", 200, 4, 500.0), ("blue", 200, 99, 500.0)) == [[4.0]]
    assert asked(arm, SLOWEST, ("green", 200, 3, 500.0)) == []
