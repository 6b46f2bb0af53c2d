"""Mirrored rungs on the real engine: judged on copies of live requests, one PUT a rung, taken back there."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

LADDER = [
    {"traffic": 0, "mirror": 50, "bake": "10m", "minRequests": 5},
    {"traffic": 10, "bake": "10m", "minRequests": 5},
    {"traffic": 100, "bake": "10m", "minRequests": 5},
]
ERRORS = {
    "name": "errors",
    "source": "metrics",
    "metric": "RequestsPerMinute",
    "filter": "statusCodeClass ne '2xx'",
    "aggregation": "Average",
    "interval": "1m",
    "points": 5,
    "max": 1,
    "empty": "zero",
}


def test_a_release_is_judged_on_mirrored_requests_first(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:stages": LADDER, "rollout:gates": [ERRORS]})
    given.healthy()
    given.project.release(2)
    since = given.azure.mark()
    assert [given.up().step, given.up().step] == ["start", "advance"]
    _mirrors(given, 50)
    assert [put["properties"]["mirrorTraffic"] for put in given.puts(since)] == [{}, {"green": 50}]
    assert given.up("--expect-no-changes").step == "hold"

    given.serve(errors={"green": 3})
    since = given.azure.mark()
    taken_back = given.up(code=1)
    assert taken_back.step == "abort"
    assert "its mirrored requests end" in taken_back.out
    assert (given.traffic(), given.mirror()) == ({"blue": 100}, {})
    assert len(given.puts(since)) == 1
    assert "ROLLOUT_MIRROR" not in given.project.tags()

    given.project.release(3)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    _mirrors(given, 50)
    endpoint = given.endpoint()
    endpoint["properties"]["mirrorTraffic"] = {"green": 20}
    given.put(endpoint)
    held = given.project.preview("--expect-no-changes")
    assert held.step == "hold"
    assert "mirrored to green 20" in held.out
    endpoint["properties"]["mirrorTraffic"] = {"green": 50}
    given.put(endpoint)

    given.serve()
    since = given.azure.mark()
    assert given.up().step == "advance"
    assert (given.traffic(), given.mirror()) == ({"blue": 90, "green": 10}, {})
    (put,) = given.puts(since)
    assert (put["properties"]["traffic"], put["properties"]["mirrorTraffic"]) == (
        {"blue": 90, "green": 10},
        {},
    )


def _mirrors(given: Rollout, share: int) -> None:
    assert (given.traffic(), given.mirror()) == ({"blue": 100}, {"green": share})
    tags = given.project.tags()
    assert (tags["ROLLOUT_STAGE"], tags["ROLLOUT_MIRROR"]) == ("0", str(share))
    assert given.endpoint()["tags"]["ROLLOUT_MIRROR"] == str(share)
