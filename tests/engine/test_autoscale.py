"""A stack whose deployments Azure Monitor scales: what it makes of their count of instances stays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def _setting(given: Rollout, name: str) -> dict[str, Any] | None:
    group = given.endpoint_id.split("/providers/")[0]
    name = f"rollout-{given.project.endpoint}-{name}"
    return given.azure.arm("GET", f"{group}/providers/Microsoft.Insights/autoscalesettings/{name}")


def _bounds(given: Rollout) -> dict[str, tuple[str, str, str]]:
    """Return from where to where each deployment may scale, and where it does without measurements."""
    found: dict[str, tuple[str, str, str]] = {}
    for name in ("blue", "green"):
        setting = _setting(given, name)
        if setting is not None:
            (profile,) = setting["properties"]["profiles"]
            capacity = profile["capacity"]
            found[name] = (capacity["minimum"], capacity["maximum"], capacity["default"])
    return found


def _scale(given: Rollout, name: str, instances: int) -> None:
    """Give a deployment so many instances, as Azure Monitor does."""
    scaled = given.azure.arm("GET", f"{given.endpoint_id}/deployments/{name}")
    scaled["sku"]["capacity"] = instances
    given.azure.arm("PUT", f"{given.endpoint_id}/deployments/{name}", scaled)
    given.settled(name)


def _nothing_changes(given: Rollout) -> None:
    preview = given.project.preview("--expect-no-changes", check=False)
    assert preview.code == 0, preview.out


def test_deployments_scale_and_a_release_starts_with_what_prod_has(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:autoscale": {"min": 1, "max": 3, "cpu": 70}})
    given.healthy()
    setting = _setting(given, "blue")
    assert setting is not None
    assert setting["properties"]["targetResourceUri"] == f"{given.endpoint_id}/deployments/blue"
    assert _bounds(given) == {"blue": ("1", "3", "1")}
    assert given.up("--expect-no-changes").step == "none"

    _scale(given, "blue", 2)
    assert given.up("--expect-no-changes").step == "none"
    given.project.release(2)
    assert given.up().step == "start"
    capacity = {
        name: given.azure.arm("GET", f"{given.endpoint_id}/deployments/{name}")["sku"]["capacity"]
        for name in ("blue", "green")
    }
    assert capacity == {"blue": 2, "green": 2}


def test_nothing_shrinks_that_a_rollout_or_an_undo_may_need(rollout: Callable[..., Rollout]) -> None:
    given = rollout(
        **{
            "rollout:autoscale": {"min": 1, "max": 3, "cpu": 70},
            "rollout:stages": [{"traffic": 100, "bake": "10m", "minRequests": 5}],
            "rollout:gates": [each for each in CONFIG["rollout:gates"] if each["name"] == "latency"],
        }
    )
    given.healthy()
    _scale(given, "blue", 2)
    given.project.release(2)
    assert given.up().step == "start"
    assert _bounds(given) == {"blue": ("2", "3", "2"), "green": ("2", "3", "2")}

    _scale(given, "blue", 4)
    assert given.up().step == "advance"
    assert _bounds(given) == {"blue": ("4", "4", "4"), "green": ("4", "4", "4")}, "more than max, by hand"
    _scale(given, "green", 4)
    _nothing_changes(given)

    given.serve()
    assert given.up().step == "promote"
    assert _bounds(given) == {"blue": ("4", "4", "4"), "green": ("1", "3", "1")}
    _nothing_changes(given)
    given.say("undo", "--reason", "too slow")
    assert given.up(code=1).step == "undo"
    assert _bounds(given)["blue"] == ("1", "3", "1"), "it has the traffic: its load says how many"


def test_a_setting_that_the_state_lost_is_taken_over(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:autoscale": {"min": 1, "max": 3, "cpu": 70}})
    given.healthy()
    lost = next(
        each["urn"]
        for each in given.project.state()["deployment"]["resources"]
        if each["urn"].endswith("::autoscale-blue")
    )
    given.project.pulumi("state", "delete", lost, "--yes", "--force", "--target-dependents", check=True)
    given.project.configure(**{"rollout:autoscale": {"min": 1, "max": 5, "cpu": 70}})
    assert given.up().step == "none"
    assert _bounds(given) == {"blue": ("1", "5", "1")}
    _nothing_changes(given)
