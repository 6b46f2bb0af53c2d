"""The real engine: the guard takes a bad release back between two `up`s, and people are told of it."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from rollout.core.notify import EVENT_LOG, SUMMARY
from tests.engine.conftest import azure, rollout, workspace
from tests.localazure.receiver import Receiver, receiving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.engine.project import Run
    from tests.engine.rollout import Rollout

__all__ = ["azure", "rollout", "workspace"]


@pytest.fixture
def people() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


@pytest.fixture
def hook() -> Iterator[Receiver]:
    with receiving() as found:
        yield found


def guard(given: Rollout, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", "from rollout.cli import main; raise SystemExit(main())", "guard"]
    return subprocess.Popen(
        [*command, "--stack", given.project.stack, "--json", "--every", "1s", "--timeout", "3m", *words],
        cwd=given.project.folder,
        env=given.project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def insights(given: Rollout, kind: str) -> list[dict[str, Any]]:
    group = given.endpoint_id.partition("/providers/")[0]
    listed = given.azure.arm("GET", f"{group}/providers/Microsoft.Insights/{kind}")["value"]
    return [each for each in listed if given.project.endpoint in each["name"]]


def unchanged(given: Rollout) -> Run:
    preview = given.project.preview("--expect-no-changes", check=False)
    assert preview.code == 0, preview.out
    return preview


def fail(given: Rollout, minutes: int) -> None:
    """Let so many minutes pass in which the candidate fails; rows come first, for what looks meanwhile."""
    begin = given.azure.now()
    row = {"EndpointId": given.endpoint_id, "EndpointName": given.project.endpoint, "TotalDurationMs": 9.0}
    bad = {"DeploymentName": "green", "ResponseCode": 424, "ModelStatusCode": 500, "count": 30}
    rows: list[dict[str, Any]] = []
    for minute in range(minutes):
        at = {"TimeGenerated": (begin + timedelta(minutes=minute, seconds=1)).isoformat()}
        rows += [row | at | {"DeploymentName": "blue", "count": 90}, row | at | bad]
    given.azure.control("POST", "rows", rows)
    given.azure.advance(minutes=minutes)


def test_a_bad_release_is_taken_back_between_two_ups(
    rollout: Callable[..., Rollout],
    people: Receiver,
    hook: Receiver,
    tmp_path: Path,
) -> None:
    given = rollout(
        **{
            "rollout:alerts": {"webhook": [people.url], "email": ["ml-team@example.com"], "severity": 1},
            "rollout:notify": {"webhook": "TEST_HOOK", "secret": "TEST_KEY", "events": ["advance", "abort"]},
        }
    )
    log, summary = tmp_path / "events.jsonl", tmp_path / "summary.md"
    given.project.env |= {
        "TEST_HOOK": hook.url,
        "TEST_KEY": "k3y-of-the-test",
        EVENT_LOG: str(log),
        SUMMARY: str(summary),
    }
    given.healthy()
    given.project.release(2)
    assert given.up().step == "start"
    assert insights(given, "metricAlerts") == [], "no traffic, no rule"
    since = given.azure.mark()
    assert given.up().step == "advance"
    assert len(given.puts(since)) == 1
    rules = {each["name"]: each["properties"] for each in insights(given, "metricAlerts")}
    assert {name.rpartition("-")[2] for name in rules} == {"errors", "latency"}
    assert all(each["enabled"] and each["severity"] == 1 for each in rules.values())
    unchanged(given)

    watch = guard(given)
    try:
        fail(given, minutes=14)
        out, _ = watch.communicate(timeout=200)
    finally:
        watch.kill()
    assert watch.returncode == 4, out
    assert given.traffic() == {"blue": 100}
    assert given.project.tags()["FAILED_RELEASE"].startswith("tiny:2-")
    events = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert [each["step"] for each in events if each["event"] == "up"] == ["abort"]
    assert len(given.puts(since)) == 2

    fired = people.wait()[0]["data"]
    assert fired["essentials"]["monitorCondition"] == "Fired"
    assert {"name": "deployment", "value": "green"} in fired["alertContext"]["condition"]["allOf"][0][
        "dimensions"
    ]
    left = insights(given, "metricAlerts")
    assert [each["properties"]["enabled"] for each in left] == [False, False]
    assert given.up().step == "none"
    assert insights(given, "metricAlerts") == []
    assert len(insights(given, "actionGroups")) == 1
    unchanged(given)

    told = [json.loads(line) for line in log.read_text().splitlines()]
    assert [each["step"] for each in told] == ["start", "promote", "start", "advance", "abort"]
    assert [each["step"] for each in hook.bodies] == ["advance", "abort"]
    assert (hook.bodies[-1], hook.bodies[-1]["takenBack"]) == (told[-1], True)
    assert summary.read_text().count("###") == len(told)
    everything = json.dumps(given.project.state()) + out
    assert "k3y-of-the-test" not in everything
    assert hook.url not in everything
