"""The gates that the project ships, on the real engine: what compares with prod goes up, and comes down."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

CONFIG = {
    "rollout:gates": None,
    "rollout:stages": [
        {"traffic": 10, "bake": "20m"},
        {"traffic": 50, "bake": "20m"},
        {"traffic": 100, "bake": "20m"},
    ],
}


def test_a_release_is_compared_with_prod_by_the_endpoints_log(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**CONFIG)
    given.healthy()
    given.serve(minutes=20, per_minute=600, errors={"blue": 3})
    given.project.release(2)
    assert given.up().step == "start"

    opened = given.up()
    assert opened.step == "advance"
    assert "what is usual of blue is frozen from 1" in opened.out
    usual = json.loads(given.endpoint()["tags"]["ROLLOUT_BASELINE"])
    assert usual["tier"] == "logs"
    assert usual["requests"] > 10_000
    assert usual["errors"] == pytest.approx(3 / 603, rel=1e-3)

    given.serve(minutes=24, per_minute=600, errors={"blue": 3})
    since = given.azure.mark()
    proved = given.up()
    assert proved.step == "advance", proved.out
    assert given.traffic() == {"blue": 50, "green": 50}
    assert "by the traffic log" in proved.out
    (asked,) = given.measured(since)
    assert asked.startswith("/v1/workspaces/")

    given.serve(minutes=12, per_minute=600, errors={"blue": 1, "green": 12})
    worse = given.up(code=1)
    assert worse.step == "abort"
    assert "that it is worse" in worse.out
    assert given.traffic() == {"blue": 100}
    assert {"ROLLOUT_BASELINE", "ROLLOUT_STAGES"}.isdisjoint(given.endpoint()["tags"])
