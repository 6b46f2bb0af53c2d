from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from rollout.azure import measuring, metrics
from rollout.azure.measuring import Subject
from rollout.core.gates.evidence import Answer, Query, Unreadable
from rollout.core.window import Window
from tests.azure.conftest import ENDPOINT, FakeTokens, Waits
from tests.azure.fake import FakeAzure, Says
from tests.azure.measure import Measure

if TYPE_CHECKING:
    from rollout.azure.cloud import Cloud
    from tests.azure.fake import Asked

START = datetime(2026, 11, 21, 9, 50, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
QUERY = Query(
    ("RequestsPerMinute",),
    "deployment eq 'green' and statusCodeClass ne '2xx'",
    "Average",
    MINUTE,
    Window(START, START + 3 * MINUTE),
)


def point(minute: int, **value: Any) -> dict[str, Any]:
    return {"timeStamp": f"2026-11-21T09:{minute:02}:00Z", **value}


def metric(name: str = "RequestsPerMinute", *points: dict[str, Any], **more: Any) -> dict[str, Any]:
    labels = [
        {"name": {"value": "statuscodeclass", "localizedValue": "x"}, "value": "5xx"},
        {"name": {"value": "deployment", "localizedValue": "x"}, "value": "green"},
    ]
    return {
        "id": "x",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": name, "localizedValue": name},
        "displayDescription": "x",
        "unit": "Count",
        "errorCode": "Success",
        "timeseries": [{"metadatavalues": labels, "data": list(points)}],
        **more,
    }


def answered(*found: dict[str, Any], interval: str = "PT1M") -> Says:
    result = {"starttime": "s", "endtime": "e", "interval": interval, "resourceid": ENDPOINT, "value": found}
    return Says(200, {"values": [result]})


@pytest.fixture
def measure(cloud: Cloud, tokens: FakeTokens, transport: Waits) -> Measure:
    return Measure(cloud, tokens, transport, Subject(ENDPOINT, "eastus"), QUERY)


def test_one_query_on_the_wire(fake: FakeAzure, measure: Measure):
    fake.on("POST", ":getBatch", answered(metric()))
    measure(QUERY)
    asked = fake.asked[0]
    query = {name: value[0] for name, value in parse_qs(urlsplit(asked.path).query).items()}
    assert urlsplit(asked.path).path == "/subscriptions/sub-1/metrics:getBatch"
    assert asked.json() == {"resourceids": [ENDPOINT]}
    assert query["metricnamespace"] == "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
    assert query["metricnames"] == "RequestsPerMinute"
    assert query["filter"] == QUERY.filter
    assert query["aggregation"] == "Average"
    assert query["interval"] == "PT1M"
    assert query["top"] == "1000"
    assert (query["starttime"], query["endtime"]) == ("2026-11-21T09:50:00.000Z", "2026-11-21T09:53:00.000Z")
    assert measure.tokens.audiences == ["https://metrics.monitor.azure.test"]


def test_an_answer_keeps_what_isnt_measured_and_what_isnt_a_number(fake: FakeAzure, measure: Measure):
    points = (point(50, average=3.0), point(51), point(52, average=math.nan))
    fake.on("POST", ":getBatch", answered(metric("RequestsPerMinute", *points)))
    (answer,) = measure(QUERY)
    assert isinstance(answer, Answer)
    (series,) = answer.series
    assert series.unit == "Count"
    assert series.dimensions == (("deployment", "green"), ("statusCodeClass", "5xx"))
    assert [p.at for p in series.points] == [START, START + MINUTE, START + 2 * MINUTE]
    assert [p.value for p in series.points[:2]] == [3.0, None]
    assert math.isnan(series.points[2].value or 0)


def test_points_outside_the_window_are_no_answer(fake: FakeAzure, measure: Measure):
    points = [point(minute, average=1.0) for minute in (49, 50, 51, 52, 53)]
    fake.on("POST", ":getBatch", answered(metric("RequestsPerMinute", *points)))
    late = replace(QUERY, window=Window(START + timedelta(seconds=1), START + 3 * MINUTE))
    whole, part = measure(QUERY, late)
    assert isinstance(whole, Answer)
    assert isinstance(part, Answer)
    assert [p.at.minute for p in whole.series[0].points] == [50, 51, 52]
    assert [p.at.minute for p in part.series[0].points] == [51, 52]


def test_no_series_is_an_answer(fake: FakeAzure, measure: Measure):
    fake.on("POST", ":getBatch", answered(metric(timeseries=[])))
    assert measure(QUERY) == [Answer(())]


def test_a_window_without_time_isnt_asked(fake: FakeAzure, measure: Measure):
    assert measure(replace(QUERY, window=Window(START, START - MINUTE))) == [Answer(())]
    assert not fake.asked


def test_several_queries_are_told_apart(fake: FakeAzure, measure: Measure):
    latency = replace(QUERY, metrics=("RequestLatency_P90",), filter="deployment eq 'green'")

    def answer(asked: Asked) -> Says:
        if "RequestLatency_P90" in asked.path:
            return answered(metric("RequestLatency_P90", point(50, average=12.5), unit="MilliSeconds"))
        return Says(400, {"error": {"code": "BadRequest", "message": "No such filter."}})

    fake.on("POST", ":getBatch", answer)
    good, bad = measure(latency, QUERY)
    assert isinstance(good, Answer)
    assert good.series[0].unit == "MilliSeconds"
    assert bad == Unreadable("RequestsPerMinute of credit can't be read: 400 BadRequest: No such filter.")
    assert len(measure.tokens.audiences) == 1


def error(status: int, code: str) -> Says:
    return Says(status, {"error": {"code": code, "message": "Because."}})


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (error(401, "InvalidToken"), "401 InvalidToken: Because. Log in again"),
        (
            error(403, "AuthorizationFailed"),
            '--assignee me-oid --role "Monitoring Reader" --scope /subscriptions/sub-1`',
        ),
        (error(429, "TooManyRequests"), "429 TooManyRequests: Because. Wait a minute"),
        (error(503, "ServiceUnavailable"), "503 ServiceUnavailable: Because. Azure is in trouble"),
        (Says(200, b"<html>"), "doesn't answer as Azure Monitor does"),
        (Says(200, {"value": []}), "doesn't answer as Azure Monitor does (KeyError)"),
        (Says(200, {"values": []}), "answered for 0 resources, not for 1"),
        (Says(200, b"[]"), "doesn't answer as Azure Monitor does"),
        (
            answered(metric(errorCode="InternalServerError", errorMessage="Later.")),
            "Azure Monitor measured RequestsPerMinute with InternalServerError: Later",
        ),
        (answered(metric("Other")), "Azure Monitor's answer lacks RequestsPerMinute"),
        (answered(metric(), interval="PT5M"), "in intervals of 5m, not of 1m"),
        (answered(metric(timeseries=[{"data": []}] * 1000)), "1000 series or more"),
        (
            answered(metric("RequestsPerMinute", point(50, average="many"))),
            "doesn't answer as Azure Monitor does (ValueError)",
        ),
    ],
)
def test_whatever_isnt_an_answer_is_unreadable(fake: FakeAzure, measure: Measure, says: Says, sentence: str):
    fake.on("POST", ":getBatch", says)
    why = measure.why()
    assert why.startswith("RequestsPerMinute of credit can't be read: ")
    assert sentence in why


def test_a_passing_fault_is_tried_again_within_bounds(fake: FakeAzure, measure: Measure, transport: Waits):
    fake.on("POST", ":getBatch", error(429, "TooManyRequests"), error(503, "Busy"), answered(metric()))
    (answer,) = measure(QUERY)
    assert isinstance(answer, Answer)
    throttled = error(429, "TooManyRequests")
    throttled.headers["Retry-After"] = "3600"
    fake.on("POST", ":getBatch", throttled)
    assert "429" in measure.why()
    assert sum(transport.waits) < 10


def test_silence_is_unreadable(fake: FakeAzure, measure: Measure, monkeypatch: pytest.MonkeyPatch):
    fake.on("POST", ":getBatch", Says(200, {}, delay=5))
    monkeypatch.setattr(metrics, "READ_SECONDS", 0.1)
    assert "doesn't answer in time" in measure.why()
    monkeypatch.setattr(metrics, "READ_SECONDS", 1)
    monkeypatch.setattr(measuring, "TOTAL_SECONDS", 0.2)
    assert "no answer within 0 s" in measure.why()


def test_nobody_there_is_unreadable(measure: Measure):
    measure.cloud = replace(measure.cloud, metrics_override="https://localhost:1")
    assert "localhost:1 refuses the connection" in measure.why()


def test_no_token_is_unreadable(fake: FakeAzure, measure: Measure):
    class NoTokens:
        def token(self, audience: str) -> str:
            raise RuntimeError(f"not logged in to {audience}")

    outcome = measuring.measure([QUERY], Subject(ENDPOINT, "eastus"), measure.cloud, NoTokens())[QUERY]
    assert isinstance(outcome, Unreadable)
    assert "not logged in" in outcome.why
    assert not fake.asked
    assert measuring.measure([], Subject(ENDPOINT, "eastus"), measure.cloud, NoTokens()) == {}
