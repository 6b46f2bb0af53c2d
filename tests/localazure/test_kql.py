"""What of KQL is answered, and how."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localazure.clock import Clock
from localazure.logs.errors import LogsError
from localazure.logs.run import Asked, Found, run
from localazure.logs.seen import Seen
from localazure.logs.tables import Source
from localazure.monitor.rows import Row, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

TRAFFIC = "AmlOnlineEndpointTrafficLog"
START = datetime(2026, 11, 21, 10, tzinfo=UTC)
ML = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.MachineLearningServices"
ENDPOINT = f"{ML}/workspaces/w/onlineEndpoints/e"
SOURCE = Source("c", ENDPOINT, "g", "eastus", ((datetime(2026, 1, 1, tzinfo=UTC), None),))

Ask = Callable[[str], Found]


@pytest.fixture(scope="module")
def ask(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ask]:
    rows = Rows(tmp_path_factory.mktemp("kql") / "rows.duckdb", Clock())
    for n in range(100):
        rows.add(
            Row(
                START + timedelta(seconds=6 * n),
                ENDPOINT.lower(),
                "e",
                "green" if n % 5 == 0 else "blue",
                ResponseCode=424 if n % 20 == 0 else 200,
                UserAgent=json.dumps(
                    {"n": n, "half": n / 2, "who": f"u{n % 2}", "tags": [n, "x"], "odd": n % 2 == 1}
                ),
                TotalDurationMs=float(n + 1),
            )
        )

    def asked(text: str) -> Found:
        now = START + timedelta(minutes=10)
        return asyncio.run(run(rows, Asked(text, Seen({TRAFFIC: [SOURCE]}), (None, None), now, now, 60)))

    yield asked
    rows.close()


def series(found: Found) -> list[list[Any]]:
    """The rows, with what is dynamic read."""
    kinds = [kind for _, kind in found.columns]
    return [
        [json.loads(value) if kind == "dynamic" else value for value, kind in zip(row, kinds, strict=True)]
        for row in found.rows
    ]


def test_the_types_of_kusto(ask: Ask):
    found = ask(
        "print d = datetime(2026-01-02 03:04:05.6), l = 1, i = toint(1), r = 1.5, b = true, s = 'x', t = 90m,"
        " ts = 1d + 1s, j = dynamic({'a': [1, 2]}), n = long(null), nan = real(nan), g = guid(null)"
    )
    assert dict(found.columns) == {
        "d": "datetime",
        "l": "long",
        "i": "int",
        "r": "real",
        "b": "bool",
        "s": "string",
        "t": "timespan",
        "ts": "timespan",
        "j": "dynamic",
        "n": "long",
        "nan": "real",
        "g": "guid",
    }
    *plain, bag, _, _, _ = found.rows[0]
    assert plain == [
        "2026-01-02T03:04:05.6Z",
        1,
        1,
        1.5,
        True,
        "x",
        "01:30:00",
        "1.00:00:01",
    ]
    assert json.loads(bag) == {"a": [1, 2]}
    assert found.rows[0][-3:] == [None, "NaN", None]


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        (
            "summarize n = count(), e = countif(toint(ResponseCode) >= 300) by DeploymentName | sort by n",
            [["blue", 80, 0], ["green", 20, 5]],
        ),
        ("summarize percentile(TotalDurationMs, 95)", [[95]]),
        ("summarize percentiles(TotalDurationMs, 50, 95)", [[50, 95]]),
        ("summarize (p50, p99) = percentiles(TotalDurationMs, 50, 99), n = count()", [[50, 99, 100]]),
        ("summarize p = percentiles_array(TotalDurationMs, dynamic([50, 95])) | project toint(p[1])", [[95]]),
        (
            "summarize n = count() by bin(TimeGenerated, 5m) | order by TimeGenerated asc",
            [["2026-11-21T10:00:00Z", 50], ["2026-11-21T10:05:00Z", 50]],
        ),
        ("where TimeGenerated > ago(1m) | count", [[9]]),
        ("where TimeGenerated between (datetime(2026-11-21 10:00) .. 30s) | count", [[6]]),
        ("where TimeGenerated < now() and DeploymentName =~ 'GREEN' | count", [[20]]),
        ("where DeploymentName in ('green', 'red') and DeploymentName !in ('red') | count", [[20]]),
        (
            "where DeploymentName contains 'EE' and UserAgent startswith '{' and Path has 'score' | count",
            [[20]],
        ),
        ("where ResponseCode != '200' | count", [[5]]),
        ("extend k = iff(DeploymentName == 'green', 1.1, 1.0) | summarize round(avg(k), 2)", [[1.02]]),
        (
            (
                "extend c = case(ResponseCode < 300, 'ok', ResponseCode == 424, 'model', 'other')"
                " | summarize count() by c | order by c asc"
            ),
            [["model", 5], ["ok", 95]],
        ),
        ("top 2 by TotalDurationMs desc | project-rename ms = TotalDurationMs | project ms", [[100], [99]]),
        ("distinct DeploymentName | order by DeploymentName asc | take 1", [["blue"]]),
        (
            "extend j = parse_json(UserAgent) | where toint(j.n) == 7 | project todouble(j.half), j.who",
            [[3.5, "u1"]],
        ),
        (
            "extend j = parse_json(UserAgent) | where j.n == 3 | mv-expand t = j.tags | project tostring(t)",
            [["3"], ["x"]],
        ),
        ("take 1 | project split('a,b,c', ',')[1], todouble('1.5'), toint('x')", [["b", 1.5, None]]),
        (
            (
                "summarize arg_max(TimeGenerated, TotalDurationMs) by DeploymentName"
                " | project DeploymentName, TotalDurationMs | order by DeploymentName asc"
            ),
            [["blue", 100], ["green", 96]],
        ),
        ("summarize dcount(DeploymentName)", [[2]]),
        ("summarize n = count() | render timechart", [[100]]),
        (
            f"join kind=inner ({TRAFFIC} | where TotalDurationMs == 1) on DeploymentName | count",
            [[20]],
        ),
        (f"union ({TRAFFIC}) | count", [[200]]),
        ("where TotalDurationMs - RequestThrottlingDelayMs > 99 | project TotalDurationMs * 2 / 4", [[50]]),
    ],
)
def test_what_gates_and_people_ask(ask: Ask, query: str, rows: list[list[Any]]):
    found = series(ask(f"{TRAFFIC} | {query}"))
    assert found == rows


def test_let_and_a_scalar_of_a_table(ask: Ask):
    found = ask(
        f"let slot = 'green'; let own = {TRAFFIC} | where DeploymentName == slot;"
        f" own | summarize n = count() | extend share = 1.0 * n / toscalar({TRAFFIC} | count)"
    )
    assert found.rows == [[20, 0.2]]


def test_make_series_fills_what_is_empty(ask: Ask):
    found = ask(
        f"let slow = 95; {TRAFFIC} | where TotalDurationMs > slow | make-series n = count() default = 0, "
        "m = max(TotalDurationMs) default = long(null) on TimeGenerated "
        "from datetime(2026-11-21 10:08) to datetime(2026-11-21 10:11) step 1m by DeploymentName "
        "| order by DeploymentName asc"
    )
    assert [name for name, _ in found.columns] == ["DeploymentName", "n", "m", "TimeGenerated"]
    times = [f"2026-11-21T10:{minute:02}:00.000000Z" for minute in (8, 9, 10)]
    assert series(found) == [
        ["blue", [0, 4, 0], [None, 100, None], times],
        ["green", [0, 1, 0], [None, 96, None], times],
    ]


def test_make_series_over_what_there_is(ask: Ask):
    found = ask(
        f"{TRAFFIC} | make-series count() on TimeGenerated step 5m | mv-expand count_ to typeof(long)"
    )
    assert [row[0] for row in found.rows] == [50, 50]


def test_make_series_over_numbers(ask: Ask):
    found = ask(f"{TRAFFIC} | make-series n = count() on TotalDurationMs from 0 to 120 step 50")
    assert series(found) == [[[49, 50, 1], [0, 50, 100]]]


def test_make_series_needs_a_step(ask: Ask):
    with pytest.raises(LogsError, match="step"):
        ask(f"{TRAFFIC} | make-series n = count() on TimeGenerated from now() to now() step 0s")


def test_bag_unpack_makes_columns(ask: Ask):
    found = ask(
        f"{TRAFFIC} | take 3 | project d = parse_json(UserAgent), Path | evaluate bag_unpack(d, 'b_') "
        "| where b_n == 2 | project-away Path"
    )
    assert dict(found.columns) == {
        "b_half": "real",
        "b_n": "long",
        "b_odd": "bool",
        "b_tags": "dynamic",
        "b_who": "string",
    }
    assert series(found) == [[1.0, 2, False, [2, "x"], "u0"]]


def test_a_stage_inside_another_query(ask: Ask):
    found = ask(
        f"let minutes = {TRAFFIC} | make-series n = count() on TimeGenerated step 1m; "
        f"{TRAFFIC} | where TotalDurationMs in ((minutes | mv-expand n to typeof(long) | project n)) "
        "| project d = parse_json(UserAgent) | evaluate bag_unpack(d) | project n"
    )
    assert found.rows == [[9]]


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("evaluate autocluster()", "plugin 'autocluster'"),
        ("evaluate bag_unpack(Path)", "'Path' must be a dynamic column"),
        ("summarize percentiles(TotalDurationMs)", "percentages"),
        ("summarize (a, b, c) = percentiles(TotalDurationMs, 50)", "3 names for 1"),
        ("extend x = series_fit_line(dynamic([1]))", "'series_fit_line'"),
        ("serialize | extend p = prev(Path)", ""),
        ("partition by DeploymentName (top 1 by TotalDurationMs)", "'Partition'"),
    ],
)
def test_what_isnt_supported_is_named(ask: Ask, query: str, says: str):
    with pytest.raises(LogsError) as caught:
        ask(f"{TRAFFIC} | {query}")
    assert caught.value.status == 400
    assert says in str(caught.value)


@pytest.mark.parametrize(
    "query",
    [
        "['Requests'] | count",
        "union ['Requests'], ['Samples']",
        "['/etc/passwd'] | count",
        "['*.parquet'] | count",
        'print x = 1 | join (["x\\" ; DROP TABLE Requests; --"]) on x',
        (
            f"{TRAFFIC} | extend ['a\" FROM Requests; DROP TABLE Requests; --'] = parse_json(UserAgent)"
            " | evaluate bag_unpack(['a\" FROM Requests; DROP TABLE Requests; --'])"
        ),
        f"{TRAFFIC} | make-series n = count() on ['x\"; DROP TABLE Requests; --'] from 1 to 2 step 1",
        "duckdb_settings() | take 1",
        "pg_catalog.pg_tables",
        'cluster("x").database("rows").Requests',
        ".set-or-append Requests <| print 1",
    ],
)
def test_nothing_but_the_tables_can_be_reached(ask: Ask, query: str):
    with pytest.raises(LogsError) as caught:
        ask(query)
    assert caught.value.status == 400
    assert ask(f"{TRAFFIC} | count").rows == [[100]]


def test_names_with_quotes_are_names(ask: Ask):
    found = ask(
        f"{TRAFFIC} | take 1 | project ['a\"; DROP TABLE Requests; --'] = dynamic({{\"k'; DROP x\": 1}})"
    )
    assert [name for name, _ in found.columns] == ['a"; DROP TABLE Requests; --']
    found = ask(
        f"{TRAFFIC} | take 1 | project d = dynamic({{\"k'; DROP TABLE Requests; --\": 1}}), ['x\"y'] = 2"
        " | evaluate bag_unpack(d)"
    )
    assert found.rows == [[2, 1]]
    assert ask(f"{TRAFFIC} | count").rows == [[100]]


def test_a_query_that_takes_too_long(tmp_path_factory: pytest.TempPathFactory):
    rows = Rows(tmp_path_factory.mktemp("slow") / "rows.duckdb", Clock())
    asked = Asked(
        "range a from 1 to 3000000 step 1 | extend k = 1 | join kind=inner (range b from 1 to 3000000 step 1 "
        "| extend k = 1) on k | summarize sum(a * b)",
        Seen({}),
        (None, None),
        START,
        START,
        0.3,
    )
    with pytest.raises(LogsError, match=r"within 0\.3 s") as caught:
        asyncio.run(run(rows, asked))
    assert caught.value.status == 504
    rows.close()


def test_half_a_million_rows_at_most(ask: Ask):
    found = ask("range x from 1 to 600000 step 1")
    assert len(found.rows) == 500_000
    assert "500000 records" in found.too_large
