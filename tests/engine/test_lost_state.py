"""All of a stack's state lost in the middle of a rollout, its tags with it: what Azure has is taken over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.workspace import stock
from tests.soak.phases import SOAKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

ANEW = ("ROLLOUT_PROBE", "ROLLOUT_REASON", "ROLLOUT_REPAIRED", "ROLLOUT_SETTLED")
"""The stack tags that say when something was last done, and why."""


def test_the_rollout_goes_on(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    assert given.up("--expect-no-changes").step == "hold"
    mark = given.azure.mark()
    _is_taken_over(given)
    assert given.up("--expect-no-changes").step == "hold"

    for step in ("advance", "advance", "promote", "retire", "finish"):
        given.serve(minutes=SOAKED)
        assert given.up().step == step
    assert (given.traffic(), list(given.deployments())) == ({"green": 100}, ["green"])
    deleted = [each.partition("?")[0] for each in given.writes(mark) if each.startswith("DELETE")]
    assert deleted == [f"DELETE {given.endpoint_id}/deployments/blue"]
    assert given.up("--expect-no-changes").step == "none"


def test_a_workspace_of_its_own_is_taken_over_too(rollout: Callable[..., Rollout]) -> None:
    own = {"rollout:resourceGroup": "rg-lost", "rollout:workspace": "mlw-lost"}
    given = rollout(**{"rollout:createWorkspace": True, **own})
    given.up()
    stock(given.azure, "rg-lost", "mlw-lost")
    given.healthy()
    given.project.release(2)
    assert given.up().step == "start"
    assert "/workspaces/mlw-lost" in " ".join(_is_taken_over(given))
    assert given.up().step == "advance"


def _is_taken_over(given: Rollout) -> dict[str, bool]:
    """Lose the state, and run `up`: all is as it was, in Azure and in Pulumi. Returns what the state has."""
    live, held, tags = _live(given), _held(given), _record(given)
    given.project.pulumi("stack", "rm", "--force", "--preserve-config", "--yes", check=True)
    given.project.pulumi("stack", "init", given.project.stack, check=True)
    assert given.project.tags() == {}
    mark = given.azure.mark()
    found = given.up()
    assert found.step == "repair", found.out
    assert not [each for each in given.writes(mark) if not each.partition("?")[0].endswith("/listKeys")]
    assert _live(given) == live
    assert _held(given) == held
    assert _record(given) == tags
    return held


def _record(given: Rollout) -> dict[str, str]:
    """Return the record as the stack tags have it."""
    return {name: text for name, text in given.project.tags().items() if name not in ANEW}


def _live(given: Rollout) -> list[Any]:
    """Return the endpoint and its deployments, whole."""
    return [given.endpoint(), given.azure.arm("GET", f"{given.endpoint_id}/deployments")]


def _held(given: Rollout) -> dict[str, bool]:
    """Return the ARM ids that the stack's state has, and whether each is protected."""
    resources = given.project.state()["deployment"]["resources"]
    return {
        each["id"].lower(): bool(each.get("protect"))
        for each in resources
        if each.get("id", "").startswith("/subscriptions/")
    }
