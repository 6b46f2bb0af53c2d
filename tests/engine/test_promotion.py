"""Promotion on the real engine: a stack starts what was Healthy at the endpoint below, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_from_dev_to_prod(rollout: Callable[..., Rollout]) -> None:
    dev = rollout(**{"rollout:gates": PATIENT_GATES})
    upper = {
        "rollout:gates": PATIENT_GATES,
        "rollout:endpoint": "e-upper",
        "rollout:promotesFrom": dev.endpoint_id,
    }
    prod = rollout(**upper)
    prod.project.endpoint = "e-upper"
    refused = prod.up(code=1)
    assert "isn't there, and releases are promoted from it" in refused.out
    assert prod.endpoint() is None

    dev.healthy()
    prod.healthy()

    prod.project.release(2)
    mark = prod.azure.mark()
    refused = prod.up(code=1)
    assert refused.step == "hold"
    assert "model azureml:tiny:2, there azureml:tiny:1" in refused.out
    assert prod.writes(mark) == []
    assert prod.traffic() == {"blue": 100}

    prod.project.release(1)
    prod.say("release", "2", code=2)
    prod.say("release", "2", "--override", "an incident")
    started = prod.up()
    assert started.step == "start"
    assert "an incident" in started.out
    assert prod.deployments()["green"].startswith("tiny:2-")
