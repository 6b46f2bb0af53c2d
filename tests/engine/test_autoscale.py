"""A stack whose deployments Azure Monitor scales: what it makes of their count of instances stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def _setting(given: Rollout, name: str) -> dict[str, Any] | None:
    group = given.endpoint_id.split("/providers/")[0]
    name = f"rollout-{given.project.endpoint}-{name}"
    return given.azure.arm("GET", f"{group}/providers/Microsoft.Insights/autoscalesettings/{name}")


def test_deployments_scale_and_a_release_starts_with_what_prod_has(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:autoscale": {"min": 1, "max": 3, "cpu": 70}})
    given.healthy()
    setting = _setting(given, "blue")
    assert setting is not None
    (profile,) = setting["properties"]["profiles"]
    assert profile["capacity"] == {"minimum": "1", "maximum": "3", "default": "1"}
    assert setting["properties"]["targetResourceUri"] == f"{given.endpoint_id}/deployments/blue"
    assert given.up("--expect-no-changes").step == "none"

    scaled = given.azure.arm("GET", f"{given.endpoint_id}/deployments/blue")
    scaled["sku"]["capacity"] = 2
    given.azure.arm("PUT", f"{given.endpoint_id}/deployments/blue", scaled)
    given.settled("blue")
    assert given.up("--expect-no-changes").step == "none"
    given.project.release(2)
    assert given.up().step == "start"
    capacity = {
        name: given.azure.arm("GET", f"{given.endpoint_id}/deployments/{name}")["sku"]["capacity"]
        for name in ("blue", "green")
    }
    assert capacity == {"blue": 2, "green": 2}
    assert _setting(given, "green") is not None
