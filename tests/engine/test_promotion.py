"""Promotion on the real engine: a stack starts what was Healthy at the endpoint below, or says why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.settings import OTHER_SUBSCRIPTION
from tests.engine.workspace import stock
from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.engine.rollout import Rollout


def test_from_dev_to_prod(rollout: Callable[..., Rollout], tmp_path: Path) -> None:
    """Prod has a subscription, a workspace and a backend of its own: all it reads is dev's endpoint."""
    backend = tmp_path / "upper"
    backend.mkdir()
    dev = rollout(**{"rollout:gates": PATIENT_GATES})
    upper = {
        "azure-native:subscriptionId": OTHER_SUBSCRIPTION,
        "rollout:resourceGroup": "rg-upper",
        "rollout:workspace": "mlw-upper",
        "rollout:createWorkspace": True,
        "rollout:gates": PATIENT_GATES,
        "rollout:endpoint": "e-upper",
        "rollout:promotesFrom": dev.endpoint_id,
    }
    prod = rollout(backend=backend, **upper)
    prod.project.endpoint = "e-upper"
    prod.up()
    stock(prod.azure, "rg-upper", "mlw-upper", OTHER_SUBSCRIPTION)
    refused = prod.up(code=1)
    assert "isn't there, and releases are promoted from it" in refused.out
    assert prod.endpoint() is None

    dev.healthy()
    mark = prod.azure.mark()
    prod.healthy()
    assert not [each for each in prod.writes(mark) if dev.workspace_id.lower() in each.lower()]
    assert prod.traffic() == {"blue": 100}
    assert [name for name in prod.project.kept() if prod.project.stack in name]
    assert not [name for name in prod.project.kept() if dev.project.stack in name]

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
