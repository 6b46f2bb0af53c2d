"""All that can be wrong with evidence: each is a sentence and the right verdict, never an exception."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.azure import logs, measuring, metrics
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.fixed import FixedGate, Limit
from rollout.core.observed import Published
from rollout.core.verdict import Verdict
from rollout.core.window import Window
from tests.azure.scene import MINUTE, SLOWER, WORSE, Scene, scene_of
from tests.localazure.local import NotingServing, in_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollout.core.gates.comparative import ComparativeGate
    from rollout.core.judging import Question
    from tests.localazure.local import Arm as Local

OK, WAIT, ERROR, FAILED = Verdict.SUCCESSFUL, Verdict.INCONCLUSIVE, Verdict.ERROR, Verdict.FAILED
BY_METRICS = Baseline(Tier.METRICS, 5400, 0.005, (80.0, 200.0, 350.0), 1, 2)
BY_LOGS = replace(BY_METRICS, tier=Tier.LOGS)
BATCH, QUERY = "metrics:getBatch", "/v1/workspaces"


@dataclass(frozen=True)
class Case:
    """What is wrong, and what is said about it by every gate."""

    gates: tuple[FixedGate | ComparativeGate, ...]
    verdict: Verdict
    sentences: tuple[str, ...]
    baseline: Baseline = BY_METRICS
    fault: dict[str, Any] = field(default_factory=dict[str, Any])
    no_data: bool = False
    candidate: str = "green"
    later: timedelta = timedelta(0)
    """How much later than it should the window ends."""


def kql(text: str) -> tuple[FixedGate]:
    return (FixedGate("own", kql=text, max=Limit(10)),)


def metric(name: str, own: str | None = None) -> tuple[FixedGate]:
    return (FixedGate("fixed", name, filter=own, max=Limit(10)),)


def refused(where: str, status: int, code: str, message: str = "Because.") -> dict[str, Any]:
    body = {"error": {"code": code, "message": message}}
    return {"match": {"path": where}, "status": status, "body": body, "retryAfterMs": 10}


def answered(where: str, body: Any) -> dict[str, Any]:
    return {"match": {"path": where}, "status": 200, "body": body}


def table(kind: str, *values: object) -> dict[str, Any]:
    rows = [[value] for value in values]
    return {"tables": [{"name": "PrimaryResult", "columns": [{"name": "x", "type": kind}], "rows": rows}]}


def minutes(value: object) -> dict[str, Any]:
    """An answer about requests with that value in a minute."""
    labels = {"deployment": "green", "statuscode": "200", "modelstatuscode": "200"}
    data: dict[str, Any] = {"timeStamp": "2026-01-01T00:00:00Z"}
    if value is not None:
        data["average"] = value
    series = {
        "metadatavalues": [{"name": {"value": name}, "value": each} for name, each in labels.items()],
        "data": [data],
    }
    found = {
        "id": "x",
        "type": "Microsoft.Insights/metrics",
        "name": {"value": "RequestsPerMinute", "localizedValue": "x"},
        "unit": "Count",
        "errorCode": "Success",
        "timeseries": [series],
    }
    return {"values": [{"interval": "PT1M", "value": [found]}]}


BOTH = (WORSE, SLOWER)
LOGGED = (*BOTH, *kql("AmlOnlineEndpointTrafficLog | count"))
NOT_YET = "'where' operator: Failed to resolve table or column expression named 'AmlOnlineEndpointTrafficLog'"
CASES = {
    "unknown metric": Case(
        metric("Requests"), ERROR, ("Requests of ", "can't be read: 400", "Valid metrics: RequestsPerMinute")
    ),
    "unknown dimension": Case(
        metric("RequestsPerMinute", "colour eq 'red'"),
        ERROR,
        ("RequestsPerMinute of ", "can't be read: 400", "supported ones are: deployment"),
    ),
    "bad filter": Case(
        metric("RequestsPerMinute", "statusCode is 200"), ERROR, ("can't be read: 400", "Invalid filter")
    ),
    "syntax error in KQL": Case(
        kql("AmlOnlineEndpointTrafficLog\n| sumarize count()"),
        ERROR,
        ("the traffic log of ", "can't be read: 400 BadArgumentError: Query could not be parsed at line [2,"),
    ),
    "unknown column in KQL": Case(
        kql("AmlOnlineEndpointTrafficLog | where Colour == 'red' | count"), ERROR, ("400", "'Colour'")
    ),
    "unknown table in KQL": Case(kql("Requests | count"), ERROR, ("400", "'Requests'")),
    "table not there yet": Case(
        LOGGED,
        ERROR,
        ("AmlOnlineEndpointTrafficLog isn't there yet: it can take up to an hour after the",),
        BY_LOGS,
        refused(QUERY, 400, "BadArgumentError", NOT_YET),
    ),
    "KQL that returns text": Case(kql('print x = "many"'), ERROR, ("its query returned 'many'", "no number")),
    "KQL that returns a truth": Case(kql("print x = true"), ERROR, ("'True', which is no number",)),
    "KQL that returns two rows": Case(
        kql("range x from 1 to 2 step 1"), ERROR, ("returned 2 rows of 1 columns, not one number",)
    ),
    "KQL that returns two columns": Case(kql("print x = 1, y = 2"), ERROR, ("1 rows of 2 columns",)),
    "KQL that returns NaN": Case(
        kql("print x = 1"), ERROR, ("returned nan",), fault=answered(QUERY, table("real", "NaN"))
    ),
    "KQL that returns null": Case(
        kql("AmlOnlineEndpointTrafficLog | where false | summarize max(TotalDurationMs)"),
        WAIT,
        ("its query returned null: nothing was measured",),
        no_data=True,
    ),
    "KQL that returns nothing": Case(
        kql("AmlOnlineEndpointTrafficLog | where false | project TotalDurationMs"),
        WAIT,
        ("its query returned no row: nothing was measured",),
        no_data=True,
    ),
    "part of an answer": Case(
        LOGGED,
        ERROR,
        ("Log Analytics answered with a part of it alone: too many rows",),
        BY_LOGS,
        answered(QUERY, table("long", 1) | {"error": {"code": "PartialError", "message": "too many rows"}}),
    ),
    "an answer of somebody else": Case(
        LOGGED, ERROR, ("answered without a table",), BY_LOGS, answered(QUERY, {})
    ),
    "403 of metrics": Case(
        BOTH,
        ERROR,
        (
            "403 AuthorizationFailed: Because; it needs the role Monitoring Reader",
            "az role assignment create",
        ),
        BY_METRICS,
        refused(BATCH, 403, "AuthorizationFailed"),
    ),
    "403 of logs": Case(
        LOGGED,
        ERROR,
        (
            "403 InsufficientAccessError: Because; it needs the role Log Analytics Reader",
            "az role assignment create --assignee ",
            "Microsoft.OperationalInsights/workspaces/log-",
        ),
        BY_LOGS,
        refused(QUERY, 403, "InsufficientAccessError"),
    ),
    "401 of logs": Case(
        LOGGED, ERROR, ("401", "az login"), BY_LOGS, refused(QUERY, 401, "InvalidTokenError")
    ),
    "429 of metrics": Case(
        BOTH,
        ERROR,
        ("429 TooManyRequests", "Wait a minute"),
        BY_METRICS,
        refused(BATCH, 429, "TooManyRequests"),
    ),
    "429 of logs": Case(
        LOGGED, ERROR, ("429 ThrottledError", "Wait a minute"), BY_LOGS, refused(QUERY, 429, "ThrottledError")
    ),
    "503 of logs": Case(
        LOGGED, ERROR, ("503", "status.azure.com"), BY_LOGS, refused(QUERY, 503, "ServiceUnavailable")
    ),
    "time-out of metrics": Case(
        BOTH, ERROR, ("doesn't answer in time",), BY_METRICS, {"match": {"path": BATCH}, "delay": 3}
    ),
    "time-out of logs": Case(
        LOGGED, ERROR, ("doesn't answer in time",), BY_LOGS, {"match": {"path": QUERY}, "delay": 3}
    ),
    "workspace gone": Case(
        LOGGED,
        ERROR,
        ("404 WorkspaceNotFoundError", "Let the endpoint's diagnostic setting name a workspace"),
        BY_LOGS,
        refused(QUERY, 404, "WorkspaceNotFoundError"),
    ),
    "future window": Case(
        BOTH,
        WAIT,
        ("nothing was measured after", "before what should be there by now"),
        no_data=True,
        later=60 * MINUTE,
    ),
    "future window of logs": Case(
        BOTH, WAIT, ("nothing was measured after",), BY_LOGS, no_data=True, later=60 * MINUTE
    ),
    "deployment gone": Case(
        BOTH, WAIT, ("no requests to the candidate in the last 10 blocks",), no_data=True, candidate="red"
    ),
    "deployment gone from logs": Case(
        BOTH, WAIT, ("no requests to the candidate",), BY_LOGS, no_data=True, candidate="red"
    ),
}


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield local


@pytest.fixture(scope="module")
def quiet(local: Local) -> Iterator[Scene]:
    """An endpoint with calm traffic on both deployments up to five minutes ago."""
    with scene_of(local) as scene:
        scene.traffic(30, scene.now - 5 * MINUTE, blue=(540, 2), green=(60, 0))
        yield scene


@pytest.fixture
def scene(quiet: Scene) -> Iterator[Scene]:
    yield quiet
    quiet.local.control("DELETE", "faults")


def asked(scene: Scene, case: Case) -> Question:
    whole = scene.asked(case.baseline, 25)
    window = Window(whole.window.start, whole.window.end + case.later)
    return replace(whole, deployment=case.candidate, window=window)


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_bad_input(scene: Scene, case: Case, monkeypatch: pytest.MonkeyPatch):
    for module in (metrics, logs):
        monkeypatch.setattr(module, "READ_SECONDS", 1.0)
        monkeypatch.setattr(module, "WAIT_SECONDS", 0.5)
    if case.fault:
        scene.fault(case.fault)
    judged = scene.judged(case.gates, asked(scene, case))
    assert judged.verdict is case.verdict, judged.reason
    for finding in judged.findings:
        assert finding.verdict is case.verdict, finding.reason
        assert finding.no_data is case.no_data, finding.reason
        assert finding.reason.startswith(f"{finding.gate}: ")
        for sentence in case.sentences:
            assert sentence in finding.reason


def test_nothing_is_wrong_without_a_fault(scene: Scene):
    """What the cases above break works."""
    for frozen in (BY_METRICS, BY_LOGS):
        judged = scene.judged((WORSE,), asked(scene, Case((), OK, (), frozen)))
        assert judged.verdict is not ERROR
        assert not judged.no_data


@pytest.mark.parametrize("value", [math.nan, math.inf, -3.0, "many", None])
def test_counts_of_requests_that_are_none(scene: Scene, value: object):
    body = minutes(value)
    at = scene.asked(BY_METRICS).window.start
    body["values"][0]["value"][0]["timeseries"][0]["data"][0]["timeStamp"] = at.isoformat()
    scene.fault(answered(BATCH, body))
    (found,) = scene.judged((WORSE,), asked(scene, Case((), OK, ()))).findings
    expected = (WAIT, "nothing was measured") if value is None else (ERROR, "")
    assert (found.verdict, expected[1] in found.reason) == (expected[0], True), found.reason


def test_logs_that_go_nowhere_any_more(scene: Scene):
    subject = replace(scene.subject, log=None) if scene.subject else None
    nowhere = replace_subject(scene, subject)
    for finding in nowhere.judged(LOGGED, asked(scene, Case((), OK, (), BY_LOGS))).findings:
        assert finding.verdict is ERROR
        assert "no diagnostic setting of the endpoint sends AmlOnlineEndpointTrafficLog" in finding.reason


def replace_subject(scene: Scene, subject: measuring.Subject | None) -> Scene:
    other = Scene(scene.local, scene.arm, scene.place, scene.logs)
    other.subject = subject
    return other


def test_the_runners_clock_decides_nothing(tmp_path: Path):
    """Azure is an hour ahead of this machine, and what is judged is Azure's last half hour."""
    with in_process(tmp_path, NotingServing()) as local, scene_of(local, ahead=3600) as scene:
        scene.traffic(30, scene.now - 5 * MINUTE, blue=(540, 0), green=(40, 20))
        assert scene.sight().observed(Published()).now - datetime.now(tz=UTC) > timedelta(minutes=59)
        for frozen in (BY_METRICS, BY_LOGS):
            (found,) = scene.judged((WORSE,), scene.asked(frozen)).findings
            assert found.verdict is FAILED, found.reason
