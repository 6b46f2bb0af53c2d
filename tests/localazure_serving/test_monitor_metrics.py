"""Metrics from rows whose figures are known."""

from __future__ import annotations

import asyncio
import statistics
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from localazure.arm.errors import ArmError
from localazure.clock import Clock
from localazure.monitor.gaps import Gap
from localazure.monitor.metrics import answer, measure, visible_until
from localazure.monitor.query import read_query
from localazure.monitor.rows import Row, Rows

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
ML = "/subscriptions/s/resourceGroups/RG/providers/Microsoft.MachineLearningServices"
RID = f"{ML}/workspaces/w/onlineEndpoints/e"
SPAN = {"starttime": "2026-11-21T10:00:00Z", "endtime": "2026-11-21T10:05:00Z"}

Ask = Callable[..., dict[str, Any]]


def row(
    minute: float, deployment: str = "blue", code: int = 200, took: float = 10.0, model: int | None = 200
) -> Row:
    at = START + timedelta(minutes=minute)
    return Row(
        at, RID.lower(), "e", deployment, ResponseCode=code, ModelStatusCode=model, TotalDurationMs=took
    )


ROWS = [
    *[row(0.1 + n / 100, took=10 + n) for n in range(10)],
    *[row(0.5, "green", 200, 30) for _ in range(4)],
    row(0.6, "green", 424, 50, 500),
    *[row(2.5, "blue") for _ in range(6)],
    row(2.999, "green", 408, 500, None),
    row(3.0, "green", 429, 1, None),
    row(4.2, "", 401, 0.1, None),
]


@pytest.fixture(scope="module")
def rows(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rows]:
    kept = Rows(tmp_path_factory.mktemp("rows") / "rows.duckdb", Clock())
    for each in ROWS:
        kept.add(each)
    kept.add(row(0)._replace(EndpointId="/other"))
    yield kept
    kept.close()


@pytest.fixture(scope="module")
def ask(rows: Rows) -> Ask:
    def asked(
        metric: str, visible: datetime = START + timedelta(hours=9), *, summed: bool = True, **given: str
    ) -> dict[str, Any]:
        query = read_query(SPAN | {"metricnames": metric} | given, START + timedelta(hours=1))
        found = asyncio.run(rows.run(lambda database: measure(database, query, RID, visible, summed=summed)))
        (metric_json,) = answer(query, found, RID)
        return metric_json

    return asked


def values(metric: dict[str, Any], what: str = "average") -> dict[tuple[str, ...], list[float | None]]:
    return {
        tuple(each["value"] for each in series["metadatavalues"]): [
            point.get(what) for point in series["data"]
        ]
        for series in metric["timeseries"]
    }


def test_requests_per_minute_is_the_count_of_the_minute(ask: Ask):
    assert values(ask("RequestsPerMinute")) == {(): [15, None, 7, 1, 1]}


def test_minutes_without_requests_carry_no_value(ask: Ask):
    (series,) = ask("RequestsPerMinute")["timeseries"]
    assert series["data"][1] == {"timeStamp": "2026-11-21T10:01:00Z"}


def test_one_series_for_each_combination_that_was_seen(ask: Ask):
    found = values(ask("RequestsPerMinute", filter="deployment eq '*' and statusCodeClass eq '*'"))
    assert found == {
        ("blue", "2xx"): [10, None, 6, None, None],
        ("green", "2xx"): [4, None, None, None, None],
        ("green", "4xx"): [1, None, 1, 1, None],
        ("unknown", "4xx"): [None, None, None, None, 1],
    }


def test_the_filter_of_a_canary(ask: Ask):
    found = ask("RequestsPerMinute", **{"$filter": "deployment eq 'GREEN' and statusCodeClass ne '2xx'"})
    assert values(found) == {("green", "4xx"): [1, None, 1, 1, None]}


def test_nothing_matches_is_no_series(ask: Ask):
    assert ask("RequestsPerMinute", filter="deployment eq 'red'")["timeseries"] == []
    assert (
        ask("RequestsPerMinute", filter="deployment eq 'blue' and statusCodeClass ne '2xx'")["timeseries"]
        == []
    )


def test_model_status_codes(ask: Ask):
    found = values(ask("RequestsPerMinute", filter="modelStatusCode ne '200' and deployment eq 'green'"))
    assert found == {
        ("500", "green"): [1, None, None, None, None],
        ("unknown", "green"): [None, None, 1, 1, None],
    }


def test_either_value_of_one_dimension(ask: Ask):
    found = values(ask("RequestsPerMinute", filter="statusCode eq '408' or statusCode eq '429'"))
    assert found == {("408",): [None, None, 1, None, None], ("429",): [None, None, None, 1, None]}


def test_what_begins_with_something(ask: Ask):
    found = values(ask("RequestsPerMinute", filter="deployment sw 'GR'"))
    assert found == {("green",): [5, None, 1, 1, None]}


def test_a_gap_is_left_out(rows: Rows):
    query = read_query(SPAN | {"metricnames": "RequestsPerMinute", "filter": "deployment eq '*'"}, START)
    late = START + timedelta(hours=9)
    gaps = [Gap(START + timedelta(minutes=2), START + timedelta(minutes=3)), Gap(deployment="green")]
    found = asyncio.run(rows.run(lambda db: measure(db, query, RID, late, summed=True, gaps=gaps)))
    assert values(answer(query, found, RID)[0]) == {
        ("blue",): [10, None, None, None, None],
        ("unknown",): [None, None, None, None, 1],
    }


def test_rolled_up_dimensions_are_summed(ask: Ask):
    found = values(
        ask("RequestsPerMinute", filter="deployment eq '*' and statusCode ne '200'", rollupby="statusCode")
    )
    assert found == {("green",): [1, None, 1, 1, None], ("unknown",): [None, None, None, None, 1]}


def test_five_minutes_are_the_mean_of_those_with_data(ask: Ask):
    metric = ask("RequestsPerMinute", interval="PT5M", aggregation="Average,total,Count,MINIMUM,maximum")
    (point,) = metric["timeseries"][0]["data"]
    assert point == {
        "timeStamp": "2026-11-21T10:00:00Z",
        "average": 6.0,
        "total": 24.0,
        "count": 4.0,
        "minimum": 1.0,
        "maximum": 15.0,
    }


def test_the_average_over_merged_series_is_of_their_samples(ask: Ask):
    # In the first minute: blue 200 x 10, green 200 x 4, green 424 x 1; in the third blue x 6, green 408 x 1.
    assert values(ask("RequestsPerMinute", summed=False)) == {(): [5.0, None, 3.5, 1.0, 1.0]}
    green = ask("RequestsPerMinute", summed=False, filter="deployment eq 'green'", aggregation="Total,Count")
    assert values(green, "total") == {("green",): [5.0, None, 1.0, 1.0, None]}
    assert values(green, "count") == {("green",): [2.0, None, 1.0, 1.0, None]}


def test_split_by_every_dimension_both_are_the_same(ask: Ask):
    every = "deployment eq '*' and statusCode eq '*' and statusCodeClass eq '*' and modelStatusCode eq '*'"
    mean, whole = (
        values(ask("RequestsPerMinute", filter=every, top="100", summed=summed)) for summed in (False, True)
    )
    assert mean == whole
    assert sum(series[0] or 0 for series in mean.values()) == 15


def test_latency_weighs_requests_not_minutes(ask: Ask):
    blue = [each.TotalDurationMs for each in ROWS if each.DeploymentName == "blue"]
    found = values(ask("RequestLatency", interval="PT5M", filter="deployment eq 'blue'"))
    assert found == {("blue",): [pytest.approx(statistics.fmean(blue))]}


def test_percentiles_are_of_the_minute(ask: Ask):
    found = values(ask("RequestLatency_P90", filter="deployment eq 'blue'"))
    assert found == {("blue",): [pytest.approx(18.1), None, 10.0, None, None]}
    for percent, expected in ((50, 14.5), (95, 18.55), (99, 18.91)):
        found = values(ask(f"RequestLatency_P{percent}", filter="deployment eq 'blue'"))
        assert found[("blue",)][0] == pytest.approx(expected)


def test_young_minutes_are_not_visible_yet(ask: Ask):
    visible = visible_until(START + timedelta(minutes=4, seconds=59), timedelta(minutes=2))
    assert visible == START + timedelta(minutes=2)
    assert values(ask("RequestsPerMinute", visible=visible)) == {(): [15, None, None, None, None]}
    assert ask("RequestsPerMinute", visible=START)["timeseries"] == []


def test_bins_begin_where_the_timespan_does(ask: Ask):
    found = ask("RequestsPerMinute", interval="PT5M", starttime="2026-11-21T09:58:30Z", aggregation="total")
    points = [(point["timeStamp"][11:16], point.get("total")) for point in found["timeseries"][0]["data"]]
    assert points == [("09:58", 22), ("10:03", 2)]


def test_one_bin_over_everything(ask: Ask):
    (point,) = ask("RequestsPerMinute", interval="FULL", aggregation="total")["timeseries"][0]["data"]
    assert point["total"] == 24


def test_top_and_order(ask: Ask):
    wanted = {"filter": "deployment eq '*'", "aggregation": "Total"}
    most = ask("RequestsPerMinute", orderby="sum desc", top="2", **wanted)
    assert [one[0] for one in values(most)] == ["blue", "green"]
    assert next(iter(values(ask("RequestsPerMinute", orderby="sum asc", **wanted)))) == ("unknown",)


def test_ten_series_unless_asked(rows: Rows, ask: Ask):
    later = timedelta(hours=2)
    for number in range(12):
        rows.add(row(0, f"d{number}")._replace(TimeGenerated=START + later))
    span = {
        "starttime": (START + later).isoformat(),
        "endtime": (START + later + timedelta(minutes=1)).isoformat(),
    }
    assert len(ask("RequestsPerMinute", filter="deployment eq '*'", **span)["timeseries"]) == 10
    assert len(ask("RequestsPerMinute", filter="deployment eq '*'", top="12", **span)["timeseries"]) == 12


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"metricnames": "Requests"}, "metric: Requests, Valid metrics: RequestsPerMinute,RequestLatency,"),
        ({"metricnamespace": "Microsoft.Web/sites"}, "Valid namespaces: Microsoft.MachineLearningServices"),
        (
            {"filter": "color eq 'x'"},
            "combination: color, supported ones are: deployment,statusCode,statusCodeClass,modelStatusCode",
        ),
        (
            {"metricnames": "RequestLatency", "filter": "statusCode eq '*'"},
            "Metric: RequestLatency does not support .* supported ones are: deployment$",
        ),
        ({"interval": "PT2M"}, "time grain input: PT2M, supported ones are: PT1M,PT5M"),
        ({"interval": "soon"}, "time grain input: soon"),
        ({"aggregation": "Median"}, "aggregation type: Median, supported ones are: Average"),
        ({"top": "0", "filter": "deployment eq '*'"}, "top is '0'"),
        ({"orderby": "name"}, "orderby is 'name'"),
        ({"starttime": "yesterday"}, "start of the timespan, 'yesterday'"),
        ({"timespan": "2026-11-21T11:00:00Z/2026-11-21T10:00:00Z"}, "is not before its end"),
        ({"timespan": "2020-01-01T00:00:00Z/2026-11-21T10:00:00Z"}, "more than 100000 points"),
    ],
)
def test_what_is_asked_wrongly_is_refused_with_what_is_allowed(given: dict[str, str], says: str):
    with pytest.raises(ArmError, match=says) as caught:
        read_query({"metricnames": "RequestsPerMinute"} | given, START)
    assert (caught.value.status, caught.value.code) == (400, "BadRequest")


def test_the_last_hour_by_minutes_is_the_default():
    query = read_query({}, START + timedelta(seconds=20))
    assert (query.start, query.end) == (START - timedelta(hours=1), START + timedelta(minutes=1))
    assert (query.interval, query.aggregations, len(query.metrics)) == ("PT1M", ("Average",), 6)
