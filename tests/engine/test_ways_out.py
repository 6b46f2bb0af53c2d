"""Abort and tear-down in the middle of a rollout; `make soak` does both in every phase.

An abort works while config can't be used at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES
from tests.soak.ways_out import BESIDE, abort, tear_down, watchers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_a_person_aborts_and_the_stack_is_torn_down(rollout: Callable[..., Rollout]) -> None:
    """The workspace and what is in it stay, though the stack declares them; also when it stops to.

    A destroy that is refused leaves alerts, autoscale and logs as they are, too.
    """
    given = rollout(**{"rollout:gates": PATIENT_GATES, "rollout:createWorkspace": True, **BESIDE})
    given.healthy()
    life = Life(given)
    assert abort(life, "advance to 50").endswith("→ blue 100")
    beside = _beside(given)
    assert len(beside) > 5, beside
    assert len(watchers(given)) > 1
    given.project.configure(**{"rollout:createWorkspace": False})
    tear_down(life, "advance to 10", whole=False)
    assert not _declares_workspace(given)
    given.project.configure(**{"rollout:createWorkspace": True})
    tear_down(life, "advance to 50", whole=True)
    assert _beside(given) == beside


def test_an_abort_needs_neither_config_nor_code(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    project = given.project
    project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]

    (project.folder / "serving").rename(project.folder / "moved")
    assert "is not a folder" in given.up(code=1).out
    whole = project.file.read_text()
    project.configure(**{"rollout:stages": "ten, fifty, all"})
    assert "1 problem in the config" in given.up(code=1).out, "nobody asked for an abort"
    assert given.traffic() == {"blue": 90, "green": 10}
    project.file.write_text("config: [")
    given.say("abort", "--reason", "three o'clock")
    assert "invalid YAML" in given.up(code=1).out
    empty = project.folder / "empty.yaml"
    empty.write_text("config: {}\n")
    before = {each["urn"] for each in project.state()["deployment"]["resources"]}
    mark = given.azure.mark()
    run = given.up("--config-file", str(empty), code=1)
    assert run.step == "abort", run.out
    assert given.traffic() == {"blue": 100}
    assert len(given.puts(mark)) == 1
    assert {each["urn"] for each in project.state()["deployment"]["resources"]} == before
    assert "ROLLOUT_INTENT" not in project.tags()

    project.file.write_text(whole)
    (project.folder / "moved").rename(project.folder / "serving")
    assert given.up().step == "none"
    assert given.history()[-1]["step"] == "abort"


def _beside(given: Rollout) -> set[str]:
    """Return what is in the endpoint's resource group beside what belongs to an endpoint."""
    group = given.endpoint_id.partition("/providers/")[0]
    listed = given.azure.arm("GET", f"{group}/resources")["value"]
    others = {each["id"] for each in listed if "/onlineEndpoints/" not in each["id"]}
    return others - watchers(given)


def _declares_workspace(given: Rollout) -> bool:
    resources = given.project.state()["deployment"]["resources"]
    return any(each["type"].endswith("resources:ResourceGroup") for each in resources)
