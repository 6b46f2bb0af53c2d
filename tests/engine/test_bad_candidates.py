"""Candidates that never get traffic: one that answers nonsense, one that vanishes, one that doesn't load."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

WRONG_SHAPE, DOES_NOT_LOAD = 4, 5


def test_candidates_that_never_get_traffic(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:model": f"azureml:tiny:{WRONG_SHAPE}"})
    assert given.up().step == "start"
    assert given.project.tags()["ROLLOUT_PROBE"].startswith("Failed tiny:4-")
    assert given.up(code=1).step == "abort"
    assert given.traffic() == {}
    assert given.up("--expect-no-changes").step == "none"

    given.project.release(1)
    assert given.up().step == "start"
    given.azure.arm("DELETE", f"{given.endpoint_id}/deployments/blue")
    while given.deployments():
        time.sleep(0.1)
    assert given.up().step == "start"
    assert given.deployments()["blue"].startswith("tiny:1-")
    assert given.up().step == "promote"
    assert given.traffic() == {"blue": 100}

    given.project.release(DOES_NOT_LOAD)
    assert "does not load" in given.up(code=1).out
    assert given.up(code=1).step == "abort"
    assert given.traffic() == {"blue": 100}
    given.project.release(2)
    assert given.up().step == "start"
    assert given.deployments()["green"].startswith("tiny:2-")
    assert given.traffic() == {"blue": 100}
