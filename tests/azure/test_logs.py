"""Queries on Log Analytics: on the wire, what comes back, and every way in which nothing does."""

from __future__ import annotations

import math
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure import logs, measuring
from rollout.azure.errors import Forbidden
from rollout.azure.logs import LogWorkspace
from rollout.azure.measuring import Subject
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.evidence import LogQuery, Query, Table, Unreadable
from rollout.core.gates.history import LONG, Thin
from rollout.core.judging import BaselineQuestion
from rollout.core.window import Window
from tests.azure.conftest import ENDPOINT, FakeTokens, Waits
from tests.azure.fake import FakeAzure, Says
from tests.azure.measure import Measure

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.azure.cloud import Cloud
    from tests.azure.fake import Asked

START = datetime(2026, 11, 21, 9, tzinfo=UTC)
WORKSPACE = ENDPOINT.partition("/onlineEndpoints/")[0]
HOUR = timedelta(hours=1)
QUERY = LogQuery("AmlOnlineEndpointTrafficLog | count", Window(START, START + HOUR))
LOG = LogWorkspace("customer-1", "/subscriptions/sub-2/resourceGroups/rg-2/providers/x/workspaces/log")
SUBJECT = Subject(ENDPOINT, "eastus", LOG)
COUNTED = Query(("RequestsPerMinute",), "deployment eq 'green'", "Average", HOUR / 60, QUERY.window)


def table(columns: dict[str, str], *rows: Sequence[object]) -> Says:
    described = [{"name": name, "type": kind} for name, kind in columns.items()]
    return Says(200, {"tables": [{"name": "PrimaryResult", "columns": described, "rows": list(rows)}]})


def refused(status: int, code: str, *messages: str) -> Says:
    error: dict[str, Any] = {"code": code, "message": "The request had some invalid properties"}
    inner = error
    for message in messages:
        inner["innererror"] = {"code": "Inner", "message": message}
        inner = inner["innererror"]
    return Says(status, {"error": error})


@pytest.fixture
def measure(cloud: Cloud, fake: FakeAzure, tokens: FakeTokens, transport: Waits) -> Measure:
    return Measure(replace(cloud, logs_override=fake.url), tokens, transport, SUBJECT, QUERY)


def test_one_query_on_the_wire(fake: FakeAzure, measure: Measure):
    fake.on("POST", "/v1/workspaces", table({"Count": "long"}, [7]))
    assert measure(QUERY) == [Table(("Count",), ((7,),))]
    (asked,) = fake.asked
    assert asked.path == "/v1/workspaces/customer-1/query"
    assert asked.json() == {
        "query": f'let endpoint = "credit"; let mlWorkspace = "{WORKSPACE}/"; {QUERY.kql}',
        "timespan": "2026-11-21T09:00:00.000Z/2026-11-21T10:00:00.000Z",
        "workspaces": None,
    }
    assert asked.headers["Prefer"] == f"wait={logs.SERVER_SECONDS}"
    assert measure.tokens.audiences == ["https://api.loganalytics.azure.test"]


def test_values_are_what_their_types_say(fake: FakeAzure, measure: Measure):
    columns = {
        "at": "datetime",
        "n": "long",
        "x": "real",
        "wild": "real",
        "exact": "decimal",
        "ok": "bool",
        "t": "string",
        "no": "real",
    }
    row = ["2026-11-21T09:01:00Z", 3, 1.5, "NaN", "2.25", True, "many", None]
    fake.on("POST", "/v1/workspaces", table(columns, row, [*row[:3], "Infinity", "x", *row[5:]]))
    (found,) = measure(QUERY)
    assert isinstance(found, Table)
    first, second = found.rows
    assert first[:3] == (START + timedelta(minutes=1), 3, 1.5)
    assert isinstance(first[3], float)
    assert math.isnan(first[3])
    assert first[4:] == (2.25, True, "many", None)
    assert second[3] == math.inf
    assert isinstance(second[4], float)
    assert math.isnan(second[4])


def test_no_row_is_an_answer(fake: FakeAzure, measure: Measure):
    fake.on("POST", "/v1/workspaces", table({"Count": "long"}))
    assert measure(QUERY) == [Table(("Count",), ())]


def test_a_window_without_time_is_not_asked(fake: FakeAzure, measure: Measure):
    assert measure(replace(QUERY, window=Window(START, START - HOUR))) == [Table((), ())]
    assert not fake.asked


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (
            refused(400, "BadArgumentError", "A semantic error", "No column Colour."),
            "400 BadArgumentError: No column Colour.",
        ),
        (
            refused(401, "InvalidTokenError"),
            "401 InvalidTokenError: The request had some invalid properties. Log in",
        ),
        (
            refused(403, "InsufficientAccessError"),
            f'--assignee me-oid --role "Log Analytics Reader" --scope {LOG.id}`',
        ),
        (refused(404, "WorkspaceNotFoundError"), "Let the endpoint's diagnostic setting name a workspace"),
        (Says(404, b"nothing here"), "HTTP 404. Let the endpoint's"),
        (refused(429, "ThrottledError"), "429 ThrottledError"),
        (refused(504, "GatewayTimeout"), "504 GatewayTimeout"),
        (Says(200, b"<html>"), "doesn't answer as Log Analytics does"),
        (Says(200, b"[]"), "Log Analytics"),
        (Says(200, {}), "answered without a table"),
        (Says(200, {"tables": [{"columns": 3}]}), "doesn't answer as Log Analytics does"),
        (
            Says(200, {"tables": [], "error": {"code": "PartialError", "message": "Too much."}}),
            "answered with a part of it alone: Too much",
        ),
        (
            refused(
                400,
                "BadArgumentError",
                "Failed to resolve table or column expression named 'AmlOnlineEndpointTrafficLog'",
            ),
            "isn't there yet: it can take up to an hour after the diagnostic setting was made",
        ),
        (
            refused(
                400,
                "BadArgumentError",
                "Failed to resolve table or column expression named 'AmlOnlineEndpointTrafficLogs'",
            ),
            "named 'AmlOnlineEndpointTrafficLogs'",
        ),
    ],
)
def test_whatever_is_no_answer_is_unreadable(fake: FakeAzure, measure: Measure, says: Says, sentence: str):
    fake.on("POST", "/v1/workspaces", says)
    why = measure.why()
    assert why.startswith("the traffic log of credit can't be read: ")
    assert sentence in why


def test_a_passing_fault_is_tried_again_within_bounds(fake: FakeAzure, measure: Measure, transport: Waits):
    good = table({"Count": "long"}, [7])
    fake.on("POST", "/v1/workspaces", refused(429, "Throttled"), refused(503, "Busy"), good)
    assert measure(QUERY) == [Table(("Count",), ((7,),))]
    throttled = refused(429, "Throttled")
    throttled.headers["Retry-After"] = "3600"
    fake.on("POST", "/v1/workspaces", throttled)
    assert "429" in measure.why()
    assert sum(transport.waits) < 10


def test_silence_is_unreadable(fake: FakeAzure, measure: Measure, monkeypatch: pytest.MonkeyPatch):
    fake.on("POST", "/v1/workspaces", Says(200, {}, delay=5))
    monkeypatch.setattr(logs, "READ_SECONDS", 0.1)
    assert "doesn't answer in time" in measure.why()
    monkeypatch.setattr(logs, "READ_SECONDS", 1)
    monkeypatch.setattr(measuring, "TOTAL_SECONDS", 0.2)
    assert "the traffic log of credit can't be read: no answer within 0 s" in measure.why()


def test_nobody_there_is_unreadable(measure: Measure):
    measure.cloud = replace(measure.cloud, logs_override="https://localhost:1")
    assert "localhost:1 refuses the connection" in measure.why()


def test_no_workspace_is_unreadable_and_nothing_is_sent(fake: FakeAzure, measure: Measure):
    measure.subject = Subject(ENDPOINT, "eastus")
    assert "no diagnostic setting of the endpoint sends AmlOnlineEndpointTrafficLog" in measure.why()
    assert not fake.asked


def test_a_workspace_that_can_t_be_read_is_no_reason_to_read_metrics_instead(
    fake: FakeAzure, measure: Measure
):
    fault = Forbidden("the Log Analytics workspace log", "403")
    measure.subject = Subject(ENDPOINT, "eastus", fault)
    assert measure.subject.tier() is Tier.LOGS
    assert measure.why() == "the Log Analytics workspace log can't be read: 403."
    assert not fake.asked


def test_what_one_service_refuses_leaves_the_other_alone(fake: FakeAzure, measure: Measure):
    fake.on("POST", "/v1/workspaces", table({"Count": "long"}, [7]))
    fake.on("POST", ":getBatch", refused(403, "AuthorizationFailed"))
    log, metric = measure(QUERY, COUNTED)
    assert isinstance(log, Table)
    assert isinstance(metric, Unreadable)
    assert "Monitoring Reader" in metric.why


def test_all_is_sent_at_once_and_tokens_come_from_the_calling_thread(fake: FakeAzure, measure: Measure):
    together = threading.Barrier(3, timeout=5)
    threads: list[threading.Thread] = []

    class Noting(FakeTokens):
        def token(self, audience: str) -> str:
            threads.append(threading.current_thread())
            return super().token(audience)

    def answer(_asked: Asked) -> Says:
        together.wait()
        return table({"Count": "long"}, [7])

    fake.on("POST", "/v1/workspaces", answer)
    fake.on("POST", ":getBatch", answer)
    measure.tokens = Noting()
    measure(QUERY, replace(QUERY, kql="AmlOnlineEndpointEventLog | count"), COUNTED)
    assert not together.broken
    assert set(threads) == {threading.current_thread()}


def usual(*rows: tuple[bool, int]) -> Says:
    columns = {"ok": "bool", "requests": "long", "q50": "real", "q95": "real", "q99": "real"}
    return table(columns, *([ok, count, 80.0, 200.0, 350.0] for ok, count in rows))


@pytest.mark.parametrize(
    ("says", "expected", "calls"),
    [
        ([usual((True, 200))], Baseline(Tier.LOGS, 200, 0.0, (80.0, 200.0, 350.0), 2, 1, 60), 1),
        (
            [usual((True, 199)), usual((True, 900), (False, 100))],
            Baseline(Tier.LOGS, 1000, 0.1, (80.0, 200.0, 350.0), 2, 1, 24 * 60),
            2,
        ),
        ([usual(), usual((True, 30), (False, 19))], Thin(49, over=LONG), 2),
        ([refused(400, "BadArgumentError")], None, 1),
        ([usual((True, 60)), refused(400, "BadArgumentError")], None, 2),
    ],
    ids=["busy", "quiet", "thin", "unreadable", "unreadable day"],
)
def test_a_baseline_looks_back_an_hour_or_a_day(
    fake: FakeAzure, measure: Measure, says: list[Says], expected: Baseline | Thin | None, calls: int
):
    fake.on("POST", "/v1/workspaces", *says)
    found = measuring.baseline(
        SUBJECT,
        BaselineQuestion("blue", START),
        Tier.LOGS,
        measure.cloud,
        measure.tokens,
        stages=2,
        gates=1,
        transport=measure.transport,
    )
    assert found == expected or (expected is None and isinstance(found, Unreadable))
    assert len(fake.asked) == calls


def test_logs_are_taken_where_there_are_any_unless_config_says_so():
    assert SUBJECT.tier() is Tier.LOGS
    assert SUBJECT.tier(Tier.METRICS) is Tier.METRICS
    assert Subject(ENDPOINT, "eastus").tier() is Tier.METRICS
