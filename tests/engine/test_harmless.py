"""What must change nothing: a preview, a hold, a wrong config, somebody else's edit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

READS = ("/oauth2/", "metrics:getBatch")
"""What a preview may POST: for a token, and a metric query."""


def _writes(given: Rollout, since: int) -> list[str]:
    return [
        f"{entry['method']} {entry['path']}"
        for entry in given.azure.requests(since)
        if entry["method"] != "GET" and not any(read in entry["path"] for read in READS)
        if "/_local/" not in entry["path"]
    ]


def test_a_preview_only_reads(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    points = ["nothing there", "started", "released", "candidate", "at 10 %"]
    for point in points:
        if point == "candidate":
            given.project.release(2)
        before = (given.project.tags(), json.dumps(given.project.state()))
        since = given.azure.mark()
        shown = given.project.preview("--diff")
        assert shown.step, shown.out
        assert _writes(given, since) == [], point
        assert (given.project.tags(), json.dumps(given.project.state())) == before, point
        assert given.up().step == shown.step, point


def test_a_wrong_config_says_all_and_changes_nothing(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    before = (given.project.tags(), given.endpoint()["tags"], json.dumps(given.project.state()))
    given.project.configure(
        **{
            "rollout:model": "credit-risk",
            "rollout:instances": 0,
            "rollout:stages": [{"traffic": 10, "bake": "never"}, {"traffic": 90}],
            "rollout:nosuchkey": True,
        }
    )
    since = given.azure.mark()
    said = given.up(code=1).out
    for key in ("rollout:model", "rollout:instances", "rollout:stages[0].bake", "rollout:nosuchkey"):
        assert key in said
    assert given.project.file.name in said
    assert "Traceback" not in said
    assert _writes(given, since) == []
    after = (given.project.tags(), given.endpoint()["tags"], json.dumps(given.project.state()))
    assert after[:2] == before[:2]


def test_an_unregistered_model_changes_nothing(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(99)
    since = given.azure.mark()
    said = given.up(code=1).out
    assert "model azureml:tiny:99" in said
    assert "isn't registered" in said
    assert "Traceback" not in said
    assert _writes(given, since) == []


def test_foreign_traffic_is_left_alone(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    endpoint = given.endpoint()
    endpoint["properties"]["traffic"] = {"blue": 70, "green": 30}
    given.azure.arm("PUT", given.endpoint_id, endpoint)

    given.serve()
    held = given.up("--expect-no-changes")
    assert held.step == "hold"
    assert "blue 70, green 30" in held.out
    assert given.traffic() == {"blue": 70, "green": 30}


def test_unreadable_metrics_hold_and_are_red(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    given.serve()
    given.azure.control(
        "POST", "faults", {"match": {"method": "POST", "path": ".*getBatch.*"}, "times": None, "status": 403}
    )
    try:
        held = given.up(code=1)
    finally:
        given.azure.control("DELETE", "faults")
    assert held.step == "hold"
    assert "Traceback" not in held.out
    assert given.traffic() == {"blue": 90, "green": 10}
    assert given.up().step == "advance"
