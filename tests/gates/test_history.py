"""What is usual of prod, as it is frozen when a rollout opens its first compared stage."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollout.core import frozen
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.evidence import Answer, LogQuery, Query, Table, Unreadable
from rollout.core.gates.history import LONG, SHORT, Thin, baseline_of, history_queries
from rollout.core.window import Window
from tests.gates.both import shown, traffic
from tests.gates.evidence import MINUTE, START

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.core.gates.evidence import Evidence
    from tests.gates.both import Row

END = START + 60 * MINUTE
LOGS = history_queries("blue", END, Tier.LOGS)
METRICS = history_queries("blue", END, Tier.METRICS)


def usual(asked: Sequence[Query | LogQuery], evidence: Evidence) -> Baseline | Thin | Unreadable:
    return baseline_of("blue", asked, evidence, stages=2, gates=3)


def of_table(*rows: tuple[object, ...]) -> Baseline | Thin | Unreadable:
    return usual(LOGS, {LOGS[0]: Table(("ok", "requests", "q50", "q95", "q99"), rows)})


def of_rows(rows: list[Row]) -> Baseline | Thin | Unreadable:
    return usual(METRICS, shown(METRICS, rows))


def test_logs_are_asked_once_and_metrics_twice():
    (query,) = LOGS
    assert isinstance(query, LogQuery)
    assert query.window == Window(START, END)
    assert query.kql.endswith(
        "| summarize requests = count(), q50 = percentile(ms, 50), q95 = percentile(ms, 95), "
        "q99 = percentile(ms, 99) by ok"
    )
    assert 'startswith mlWorkspace and DeploymentName in~ ("blue")' in query.kql
    split = "deployment eq 'blue' and statusCode eq '*' and modelStatusCode eq '*'"
    assert (
        Query(("RequestsPerMinute",), split, "Average", MINUTE, Window(START, END)),
        Query(
            ("RequestLatency_P50", "RequestLatency_P95"),
            "deployment eq 'blue'",
            "Average",
            MINUTE,
            Window(START, END),
        ),
    ) == METRICS


def test_a_day_is_asked_for_in_whole_minutes():
    (query,) = history_queries("blue", END + timedelta(seconds=30), Tier.LOGS, LONG)
    assert query.window == Window(END - LONG + MINUTE, END)


def test_the_traffic_log_gives_percentiles_of_good_answers():
    found = of_table((True, 5376, 81.25, 201.5, 350.123456), (False, 24, 900.0, 901.0, 902.0))
    assert found == Baseline(Tier.LOGS, 5400, 0.00444444, (81.25, 201.5, 350.123), 2, 3)


def test_kusto_may_answer_booleans_as_numbers():
    assert of_table((1, 99, 1.0, 2.0, 3.0), (0, 1, None, None, None)) == Baseline(
        Tier.LOGS, 100, 0.01, (1.0, 2.0, 3.0), 2, 3
    )


def test_prod_that_only_fails_has_no_usual_latency():
    assert of_table((False, 80, None, None, None)) == Baseline(Tier.LOGS, 80, 1.0, None, 2, 3)


def test_metrics_give_the_median_of_the_minutes():
    rows = traffic(41, blue=((9, "200"), (1, "500")))
    rows = [replace(row, ms=80.0) if row.at < START + 21 * MINUTE else row for row in rows]
    assert of_rows(rows) == Baseline(Tier.METRICS, 410, 0.1, (80.0, 80.0, 80.0), 2, 3)


@pytest.mark.parametrize("sums", [True, False])
def test_requests_are_counted_right_whether_azure_averages_or_sums(sums: bool):  # noqa: FBT001
    rows = traffic(60, blue=((90, "200"), (6, "500"), (4, "424")))
    found = usual(METRICS, shown(METRICS, rows, sums=sums))
    assert isinstance(found, Baseline)
    assert (found.requests, found.error_share) == (6000, 0.1)


@pytest.mark.parametrize("count", [0, 1, 49])
def test_few_requests_are_no_baseline(count: int):
    expected = Thin(count, over=SHORT)
    assert of_table((True, count, 1.0, 2.0, 3.0)) == expected
    rows = traffic(1, blue=((count, "200"),) if count else ())
    assert of_rows(rows) == expected
    assert Thin(7).show() == "prod had 7 requests in the 1d before, and a baseline needs 50"


def test_fifty_requests_are_one():
    assert isinstance(of_table((True, 50, 1.0, 2.0, 3.0)), Baseline)
    assert isinstance(of_rows(traffic(1, blue=((50, "200"),))), Baseline)


@pytest.mark.parametrize(
    "row",
    [
        (True, None, 1.0, 2.0, 3.0),
        (True, -1, 1.0, 2.0, 3.0),
        (True, 99.5, 1.0, 2.0, 3.0),
        (True, "99", 1.0, 2.0, 3.0),
        (None, 99, 1.0, 2.0, 3.0),
        (True, 99, None, 2.0, 3.0),
        (True, 99, 1.0, math.nan, 3.0),
    ],
)
def test_a_row_that_is_no_count_or_has_no_durations_is_unreadable(row: tuple[object, ...]):
    found = of_table(row)
    assert isinstance(found, Unreadable)
    assert found.why.startswith("what is usual of blue can't be read: ")


def test_what_was_not_answered_is_unreadable():
    refused = Unreadable("Azure said 403")
    for asked in (LOGS, METRICS):
        found = usual(asked, dict.fromkeys(asked, refused))
        assert found == Unreadable("what is usual of blue can't be read: Azure said 403")
        assert isinstance(usual(asked, {}), Unreadable)
    half = shown(METRICS, traffic(60)) | {METRICS[1]: refused}
    assert isinstance(usual(METRICS, half), Unreadable)
    assert isinstance(usual((), {}), Unreadable)
    assert isinstance(usual(METRICS, dict.fromkeys(METRICS, Answer(()))), Thin)


def test_a_baseline_stays_as_it_is_in_the_record():
    found = of_table((True, 123_456_789, 1 / 3, 2e5 / 7, 1e6 / 3), (False, 1, None, None, None))
    assert isinstance(found, Baseline)
    assert frozen.parse(frozen.show(found)) == found
    assert len(frozen.show(found)) <= 256
