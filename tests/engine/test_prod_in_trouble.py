"""Prod, and what was prod, at their worst moment: at work, failed, or replaced by hand at night."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from tests.soak.phases import BAKED, SOAKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_prod_is_scaled_and_old_prod_fails(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    _taken_back_while_prod_is_scaled(given)
    _old_prod_that_failed_is_kept_for_its_time(given)


def test_prod_is_replaced_by_hand(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    blue = given.azure.arm("GET", f"{given.endpoint_id}/deployments/blue")
    model = blue["properties"]["model"].replace("/versions/1", "/versions/3")
    hotfix = {**blue, "tags": {}, "properties": {**blue["properties"], "model": model}}
    given.azure.arm("PUT", f"{given.endpoint_id}/deployments/hotfix", hotfix)
    given.settled("hotfix")
    given.edit({"hotfix": 100})
    given.azure.arm("DELETE", f"{given.endpoint_id}/deployments/blue")
    given.gone("blue")
    assert "config disagrees with hotfix, which serves: rollout:model" in given.up("--expect-no-changes").out

    given.project.release(3)
    held = given.up("--expect-no-changes")
    assert "`rollout adopt` takes it for the record: hotfix is prod" in held.out
    given.say("adopt", "--reason", "incident 12")
    assert given.up().step == "adopt"
    assert given.endpoint()["tags"]["PROD_DEPLOYMENT"] == "hotfix"
    given.project.release(2)
    assert given.up().step == "start"
    assert given.traffic() == {"hotfix": 100}


def _taken_back_while_prod_is_scaled(given: Rollout) -> None:
    _scale(given, "blue", {"outcome": "hang", "seconds": 3600})
    given.say("abort", "--reason", "users complain")
    aborted = given.up(code=1)
    assert aborted.step == "abort", aborted.out
    assert given.traffic() == {"blue": 100}
    held = given.up("--expect-no-changes")
    assert "run again when Azure has finished" in held.out
    given.azure.advance(minutes=60)
    given.settled("blue")
    assert given.up("--expect-no-changes").step == "none"


def _old_prod_that_failed_is_kept_for_its_time(given: Rollout) -> None:
    given.project.release(3)
    while "OLD_PROD_DEPLOYMENT" not in given.endpoint()["tags"]:
        assert given.up().step in ("start", "advance", "promote")
        given.serve(minutes=BAKED)
    _scale(given, "blue", {"outcome": "fail"})
    held = given.up("--expect-no-changes")
    assert "blue is kept until" in held.out
    given.serve(minutes=SOAKED)
    assert [given.up().step, given.up().step] == ["retire", "finish"]
    assert list(given.deployments()) == ["green"]


def _scale(given: Rollout, name: str, fault: dict[str, Any]) -> None:
    """Give a deployment one more instance as somebody at a portal does, with Azure at fault."""
    path = f"{given.endpoint_id}/deployments/{name}"
    given.azure.control("POST", "faults", {"operation": {"path": f"/deployments/{name}", **fault}})
    body = given.azure.arm("GET", path)
    given.azure.arm("PUT", path, {**body, "sku": {**body["sku"], "capacity": body["sku"]["capacity"] + 1}})
    while (
        fault["outcome"] == "fail"
        and given.azure.arm("GET", path)["properties"]["provisioningState"] != "Failed"
    ):
        time.sleep(0.1)
    given.azure.control("DELETE", "faults")
