"""`rollout check` on one metric or query, as somebody asks who has no stack."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from rollout import cli

if TYPE_CHECKING:
    from tests.cli.alone import Past

REQUESTS, P90 = "RequestsPerMinute", "RequestLatency_P90"
ERRORS = "statusCodeClass ne '2xx'"


@pytest.mark.parametrize(
    ("metric", "words", "code", "verdict"),
    [
        (P90, ("--max", "3000"), 0, "Successful"),
        (P90, ("--max", "150ms"), 5, "Failed"),
        (P90, ("--max", "150", "--failure-limit", "1"), 0, "Successful"),
        (P90, ("--min", "50", "--interval", "PT5M", "--points", "1"), 0, "Successful"),
        (REQUESTS, ("--max", "12"), 0, "Successful"),
        (REQUESTS, ("--max", "11"), 5, "Failed"),
        (REQUESTS, ("--min", "10", "--deployment", "green"), 0, "Successful"),
        (REQUESTS, ("--max", "1", "--filter", ERRORS), 5, "Failed"),
        (REQUESTS, ("--max", "2", "--filter", ERRORS), 3, "Inconclusive"),
        (REQUESTS, ("--max", "2", "--filter", ERRORS, "--empty", "zero"), 0, "Successful"),
        (REQUESTS, ("--max", "2", "--filter", f"deployment eq 'green' and {ERRORS}"), 3, "Inconclusive"),
        (REQUESTS, ("--max", "9", "--filter", "deployment eq 'blue'"), 3, "Inconclusive"),
        (REQUESTS, ("--max", "9", "--filter", "deployment eq 'blue'", "--empty", "abort"), 5, "Failed"),
        (REQUESTS, ("--max", "9", "--filter", "deployment eq"), 4, "Error"),
        ("NoSuchMetric", ("--max", "9"), 4, "Error"),
        (REQUESTS, ("--max", "9", "--deployment", "gone"), 4, "Error"),
    ],
)
def test_what_it_says(  # noqa: PLR0917
    past: Past,
    capsys: pytest.CaptureFixture[str],
    metric: str,
    words: tuple[str, ...],
    code: int,
    verdict: str,
):
    ended, found = past.check(capsys, "--lag", "3m", *words, metric=metric)
    assert (ended, found["verdict"]) == (code, verdict), found["reason"]
    assert found["reason"].startswith(f"{metric}: ")


def test_every_point_is_in_the_answer(past: Past, capsys: pytest.CaptureFixture[str]):
    _, found = past.check(capsys, "--max", "12", "--points", "4", "--lag", "2m", metric=REQUESTS)
    (gate,) = found["gates"]
    assert [value for _, value in gate["lines"][0]["points"]] == [12.0, 10.0, 10.0, None]
    assert gate["bounds"] == {"min": None, "max": 12.0}
    assert found["verdict"] == "Inconclusive"
    assert "measured at 3 of 4 points" in found["reason"]


@pytest.mark.parametrize(
    "form", ["%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S", "%m-%d-%Y %H:%M:%S", "%m-%d-%Y %H:%M"]
)
def test_a_time_of_ones_own(past: Past, capsys: pytest.CaptureFixture[str], form: str):
    start = (past.end - timedelta(minutes=6)).strftime(form)
    end = (past.end - timedelta(minutes=2)).strftime(form)
    code, found = past.check(capsys, "--max", "20", "--start", start, "--end", end, metric=REQUESTS)
    assert code == 0, found["reason"]
    assert [value for _, value in found["gates"][0]["lines"][0]["points"]] == [10.0, 10.0, 10.0, 12.0]


def test_a_time_that_isnt_over(past: Past, capsys: pytest.CaptureFixture[str]):
    code, found = past.check(
        capsys, "--max", "9", "--start", past.at(5), "--end", past.at(-60), metric=REQUESTS
    )
    assert code == 3
    assert "its window isn't over" in found["reason"]


@pytest.mark.parametrize(
    ("query", "code", "said"),
    [
        ("AmlOnlineEndpointTrafficLog | where DeploymentName =~ deployment | count", 0, "82, limit <= 90"),
        ("AmlOnlineEndpointTrafficLog | summarize max(TotalDurationMs)", 5, "2000, limit <= 90"),
        (
            "AmlOnlineEndpointTrafficLog | where 1 == 2 | summarize max(TotalDurationMs)",
            3,
            "nothing was measured",
        ),
        ("AmlOnlineEndpointTrafficLog | summarize take_any(Path)", 4, "which is no number"),
        ("NoSuchTable | count", 4, "can't be read"),
    ],
)
def test_a_number_of_a_query(
    past: Past, capsys: pytest.CaptureFixture[str], query: str, code: int, said: str
):
    where = ("--workspace-id", past.customer_id, "--resource-id", past.endpoint, "--deployment", "green")
    ended, found = past.check(
        capsys, *where, "--query", query, "--max", "90", "--points", "20", "--lag", "2m"
    )
    assert (ended, said in found["reason"]) == (code, True), found["reason"]


def test_a_query_where_no_endpoint_is_named_sees_the_whole_log(
    past: Past, capsys: pytest.CaptureFixture[str]
):
    query = 'AmlOnlineEndpointTrafficLog | where strcat(_ResourceId, "/") startswith mlWorkspace | count'
    where = ("--workspace-id", past.customer_id, "--points", "20", "--lag", "2m")
    ended, found = past.check(capsys, *where, "--query", query, "--max", "90")
    assert (ended, found["gates"][0]["value"]) == (0, 82), found["reason"]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"path": "getBatch", "status": 403}, "Monitoring Reader"),
        ({"path": "getBatch", "status": 429, "retryAfterMs": 1}, "429"),
        ({"path": "onlineEndpoints", "status": 403}, "needs the role Reader"),
    ],
)
def test_what_cant_be_read_is_an_error(
    past: Past, capsys: pytest.CaptureFixture[str], fault: dict[str, object], said: str
):
    match = {"path": fault.pop("path")}
    past.arm.control("POST", "faults", {"match": match, **fault})
    code, found = past.check(capsys, "--max", "9", metric=REQUESTS)
    assert (code, said in found["reason"]) == (4, True), found["reason"]


def test_a_resource_that_isnt_there(past: Past, capsys: pytest.CaptureFixture[str]):
    where = ("--resource-id", past.endpoint + "x", "--metric", REQUESTS, "--max", "1")
    code, found = past.check(capsys, *where)
    assert (code, found["at"]) == (4, None)
    assert "can't be read: 404" in found["reason"]


WORKSPACE = "/subscriptions/s/resourceGroups/g/providers/Microsoft.MachineLearningServices/workspaces/w"
ID = f"{WORKSPACE}/onlineEndpoints/e"
DEPENDENT = {
    "--max": "0",
    "--min": "5",
    "--filter": "a eq 'b'",
    "--deployment": "green",
    "--aggregation": "Average",
    "--interval": "1m",
    "--points": "3",
    "--start": "2026-01-01",
    "--end": "2026-01-01",
    "--lag": "0s",
    "--empty": "hold",
    "--failure-limit": "0",
    "--location": "eastus",
    "--name": "a gate",
}
ALL = ["--resource-id", ID, "--metric", "M", "--max", "1"]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--metric", "M", "--max", "1"], "--resource-id"),
        (["--resource-id", ID, "--max", "1"], "--metric is missing"),
        (["--resource-id", ID, "--metric", "M"], "a limit is missing"),
        (["--resource-id", "nonsense", "--metric", "M", "--max", "1"], "no ARM id"),
        ([*ALL, "--start", "2026-01-01"], "go together"),
        ([*ALL, "--stack", "dev"], "--stack"),
        (["--query", "T", "--max", "1"], "--workspace-id"),
        (["--resource-id", ID, "--metric", "M", "--max", "soon"], "a number, or a duration"),
        (
            [*ALL, "--interval", "2m"],
            "Azure Monitor's intervals",
        ),
        ([*ALL, "--aggregation", "Mean"], "Average, Minimum"),
        (["--chart", "x.png"], "--chart goes with"),
        (["--stack", "prod", "--max", "5", "--points", "3"], "--max, --points: of one gate"),
        *(([option, text], f"{option}: of one gate") for option, text in DEPENDENT.items()),
        ([*ALL, "--empty", "zero", "--filter", "deployment eq 'a'"], "with --deployment"),
        (
            ["--resource-id", WORKSPACE, "--metric", "M", "--max", "1", "--empty", "zero"],
            "only an online endpoint",
        ),
    ],
)
def test_wrong_usage_is_2_and_a_sentence(capsys: pytest.CaptureFixture[str], words: list[str], said: str):
    try:
        code = cli.main(["check", *words])
    except SystemExit as ended:
        code = ended.code
    assert (code, said in capsys.readouterr().err) == (2, True)
