"""What must change nothing: a wrong config, a model that isn't there, unreadable metrics, somebody's edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

WRONG = {
    "rollout:model": "credit-risk",
    "rollout:instances": 0,
    "rollout:stages": [{"traffic": 10, "bake": "never"}, {"traffic": 90}],
    "rollout:nosuchkey": True,
}


def _all(given: Rollout) -> tuple[Any, ...]:
    """Return everything that a run could have changed."""
    resources = given.project.state()["deployment"]["resources"]
    state = {each["urn"]: (each.get("inputs"), each.get("outputs")) for each in resources if each["custom"]}
    return given.project.tags(), given.endpoint(), given.deployments(), state


def test_what_must_change_nothing(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    right = {key: given.project.settings()[key] for key in WRONG if key in given.project.settings()}
    before = _all(given)

    given.project.configure(**WRONG)
    since = given.azure.mark()
    said = given.up(code=1).out
    for key in ("rollout:model", "rollout:instances", "rollout:stages[0].bake", "rollout:nosuchkey"):
        assert key in said, "all wrong keys at once"
    assert given.project.file.name in said
    assert "Traceback" not in said
    assert given.writes(since) == []
    given.project.configure(**{key: right.get(key) for key in WRONG})

    given.project.release(99)
    said = given.up(code=1).out
    assert "model azureml:tiny:99" in said
    assert "isn't registered" in said
    assert "Traceback" not in said
    assert given.writes(since) == []
    assert _all(given) == before

    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    given.serve()
    forbidden = {"match": {"method": "POST", "path": ".*getBatch.*"}, "times": None, "status": 403}
    given.azure.control("POST", "faults", forbidden)
    try:
        held = given.up(code=1)
    finally:
        given.azure.control("DELETE", "faults")
    assert held.step == "hold"
    assert "Traceback" not in held.out
    assert given.traffic() == {"blue": 90, "green": 10}

    given.edit({"blue": 70, "green": 30})
    before = _all(given)
    held = given.up("--expect-no-changes")
    assert held.step == "hold"
    assert "blue 70, green 30" in held.out
    assert _all(given) == before

    given.edit({"blue": 90, "green": 10})
    assert given.up().step == "advance", "with the traffic put back and metrics that answer, it goes on"
