from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
import requests

from localazure.requests import redacted
from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import ENDPOINT, make_workspace, unique

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


def test_control_needs_its_token(arm: Arm):
    answer = arm.http.get(f"{arm.settings.base_url}/_local/clock")
    assert answer.status_code == 401
    assert "control.token" in answer.json()["error"]["message"]


def test_the_clock_moves_the_date_and_system_data(arm: Arm, workspace: Workspace):
    before = arm.control("GET", "clock")
    after = arm.control("POST", "clock", {"advance": 86400})
    assert (datetime.fromisoformat(after["now"]) - datetime.fromisoformat(before["now"])).days == 1

    created = arm.ok("PUT", f"{workspace.group}/providers/N/a/1", {})

    assert created["systemData"]["createdAt"] > after["now"]


def test_a_clock_that_goes_back_is_refused(arm: Arm):
    with pytest.raises(AssertionError, match="never goes back"):
        arm.control("POST", "clock", {"advance": -1})


@pytest.mark.parametrize("advance", [1e12, pytest.param(10**400, id="huge"), "soon"])
def test_a_jump_too_far_is_refused_and_the_clock_goes_on(arm: Arm, advance: object):
    before = arm.control("GET", "clock")
    with pytest.raises(AssertionError, match="400"):
        arm.control("POST", "clock", {"rate": 7, "advance": advance})
    after = arm.control("GET", "clock")
    assert before["now"] < after["now"] < "2100"
    assert after["rate"] == before["rate"]


def test_requests_are_logged_without_secrets(arm: Arm, workspace: Workspace):
    path = f"{workspace.group}/providers/N/a/{unique('x')}"
    headers = {"User-Agent": "me/1", "x-ms-client-request-id": "42"}
    since = max((one["number"] for one in arm.control("GET", "requests")["value"]), default=0)
    arm.ask("PUT", path, {"properties": {"key": "s3cret", "name": "n"}}, headers=headers)

    logged = arm.control("GET", "requests", since=since)["value"]

    assert len(logged) == 1
    found = logged[0]
    assert found["method"] == "PUT"
    assert found["path"] == f"{path}?api-version=2025-12-01"
    assert (found["status"], found["userAgent"], found["clientRequestId"]) == (201, "me/1", "42")
    assert found["body"] == {"properties": {"key": "***", "name": "n"}}
    lines = (arm.settings.home / "requests.jsonl").read_text().splitlines()
    assert found in [json.loads(line) for line in lines]


def test_redacting_keeps_what_is_no_secret():
    body = {"keyVault": "id", "keyType": "Primary", "credentials": {"sasToken": "x"}, "primaryKey": "y"}
    assert redacted(body) == body | {"credentials": {"sasToken": "***"}, "primaryKey": "***"}


def test_a_fault_hits_as_often_as_ordered(arm: Arm):
    match = {"method": "GET", "path": arm.subscription}
    arm.control("POST", "faults", {"match": match, "times": 2, "status": 429, "retryAfterMs": 5})

    answers = [arm.ask("GET", arm.subscription) for _ in range(3)]

    assert [one.status_code for one in answers] == [429, 429, 200]
    assert answers[0].headers["retry-after-ms"] == "5"


def test_a_fault_after_loses_only_the_answer(arm: Arm, workspace: Workspace):
    path = f"{workspace.group}/providers/N/a/{unique('x')}"
    match = {"method": "PUT", "path": path}
    arm.control("POST", "faults", {"match": match, "times": 1, "status": 503, "when": "after"})
    assert arm.ask("PUT", path, {}).status_code == 503
    assert arm.ask("GET", path).status_code == 200


def test_a_stale_read_can_be_ordered(arm: Arm, workspace: Workspace):
    path = f"{workspace.group}/providers/N/a/{unique('x')}"
    old = arm.ok("PUT", path, {"properties": {"n": 1}})
    arm.ok("PUT", path, {"properties": {"n": 2}})
    order = {"match": {"method": "GET", "path": path}, "times": 1, "status": 200, "body": old}
    arm.control("POST", "faults", order)
    assert [arm.ok("GET", path)["properties"]["n"] for _ in range(2)] == [1, 2]


def test_reads_lag_behind_writes(arm: Arm, workspace: Workspace):
    path = f"{workspace.group}/providers/N/a/{unique('x')}"
    arm.ok("PUT", path, {"properties": {"n": 1}})
    arm.control("POST", "faults", {"stale": {"path": path, "seconds": 60}})
    arm.ok("GET", path)
    arm.ok("PUT", path, {"properties": {"n": 2}})
    assert arm.ok("GET", path)["properties"]["n"] == 1
    arm.control("POST", "clock", {"advance": 61})
    assert arm.ok("GET", path)["properties"]["n"] == 2
    arm.control("DELETE", "faults")


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_connection_can_be_cut(arm: Arm, workspace: Workspace, when: str):
    path = f"{workspace.group}/providers/N/a/{unique('x')}"
    match = {"method": "PUT", "path": path}
    arm.control("POST", "faults", {"match": match, "times": 1, "cut": True, "when": when})
    with pytest.raises(requests.ConnectionError):
        arm.ask("PUT", path, {})
    assert arm.ask("GET", path).status_code == (200 if when == "after" else 404)


def test_a_fault_says_when_to_come_again(arm: Arm):
    match = {"method": "GET", "path": arm.subscription}
    arm.control("POST", "faults", {"match": match, "times": 1, "status": 429, "retryAfter": 7})
    assert arm.ask("GET", arm.subscription).headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "fault", [{"outcome": "hang"}, {"outcome": "hang", "seconds": 9000}, {"outcome": "fail", "seconds": 9000}]
)
def test_what_is_at_fault_goes_on_when_the_faults_end(
    arm: Arm, workspace: Workspace, fault: dict[str, object]
):
    name = unique("ep-")
    arm.control("POST", "faults", {"operation": {"path": name, **fault}})
    begun = arm.ask("PUT", f"{workspace.id}/onlineEndpoints/{name}", ENDPOINT)
    where = begun.headers["Azure-AsyncOperation"]
    time.sleep(0.2)
    assert arm.http.get(where).json()["status"] == "InProgress"

    arm.control("DELETE", "faults")

    until = time.monotonic() + 40
    while (ended := arm.http.get(where).json())["status"] == "InProgress":
        assert time.monotonic() < until
    assert ended["status"] == "Succeeded"


def test_a_delayed_request_is_answered_when_the_faults_end(arm: Arm, workspace: Workspace):
    match = {"method": "GET", "path": workspace.group}
    arm.control("POST", "faults", {"match": match, "times": 1, "status": 503, "delay": 50})
    with ThreadPoolExecutor() as others:
        answer = others.submit(requests.get, **_get(arm, workspace.group))
        time.sleep(0.3)
        assert not answer.done()
        arm.control("DELETE", "faults")
        assert answer.result(40).status_code == 200


def _get(arm: Arm, path: str) -> dict[str, Any]:
    return {
        "url": arm.settings.base_url + path,
        "params": {"api-version": "2025-12-01"},
        "headers": dict(arm.http.headers),
        "verify": arm.http.verify,
        "timeout": 60,
    }


@pytest.mark.parametrize(
    "spec",
    [
        {},
        {"stale": {"seconds": 0}},
        {"status": 500, "when": "never"},
        {"operation": {"outcome": "x"}},
        {"data": {}},
        {"data": {"of": "traces", "delay": 1}},
        {"data": {"delay": -1}},
        {"data": {"from": "2026-01-01T00:00:00"}},
        {"data": {"since": "2026-01-01T00:00:00Z"}},
        {"match": {"path": "("}, "status": 1},
    ],
)
def test_faults_that_arent(arm: Arm, spec: dict[str, object]):
    with pytest.raises(AssertionError, match="400"):
        arm.control("POST", "faults", spec)


def test_reset_forgets_everything_but_the_keys(tmp_path: Path):
    with in_process(tmp_path, NotingServing()) as own:
        workspace = make_workspace(own)
        workspace.endpoint("ep-reset")
        workspace.deployment("ep-reset", "blue")
        own.control("POST", "reset")
        assert own.ok("GET", f"{own.subscription}/resourceGroups")["value"] == []
        assert own.serving.running == {}
        assert own.serving.routes == {}


def test_a_restart_brings_back_what_was_and_ends_what_was_cut_short(tmp_path: Path):
    with in_process(tmp_path, NotingServing()) as before:
        workspace = make_workspace(before)
        workspace.endpoint("ep-restart")
        workspace.deployment("ep-restart", "blue")
        workspace.endpoint("ep-restart", {"blue": 100})
        path = f"{workspace.id}/onlineEndpoints/ep-restart"
        shown = before.ok("GET", path)
        keys = before.ok("POST", f"{path}/listKeys")
        before.control("POST", "faults", {"operation": {"path": "green", "outcome": "hang"}})
        green = before.ask("PUT", f"{path}/deployments/green", workspace.deployment_body())
        assert green.json()["properties"]["provisioningState"] == "Creating"

    with in_process(tmp_path, NotingServing(), port=before.settings.port) as after:
        assert after.ok("GET", path) == shown
        assert after.ok("POST", f"{path}/listKeys") == keys
        assert after.serving.routes["ep-restart"].traffic == {"blue": 100}
        assert (
            after.done("PUT", path, ENDPOINT | {"properties": shown["properties"]})["status"] == "Succeeded"
        )
        where = green.headers["Azure-AsyncOperation"]
        while (ended := after.http.get(where).json())["status"] == "InProgress":
            pass
        assert ended["status"] == "Succeeded"
        assert {name for _, name in after.serving.running} == {"blue", "green"}
