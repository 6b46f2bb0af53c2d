from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from tests.engine.local import LocalAzure
from tests.engine.project import CONFIG, TINY, Project, environment
from tests.engine.rollout import Rollout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

QUALITIES = {
    1: "good",
    2: "good",
    3: "good",
    4: "wrong shape",
    5: "does not load",
    6: "nonsense",
}
"""The versions of the model that tests release, and how each behaves."""


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    running = LocalAzure.start(tmp_path_factory.mktemp("azure"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def workspace(azure: LocalAzure, tmp_path_factory: pytest.TempPathFactory) -> LocalAzure:
    """A workspace with the models registered, made by one `pulumi up` of a stack of its own."""
    folder = tmp_path_factory.mktemp("workspace") / "project"
    owner = Project(folder, environment(azure.env), "owner", "unused")
    owner.create()
    owner.up()
    models = tmp_path_factory.mktemp("models")
    for version, quality in QUALITIES.items():
        model = models / str(version) / "tiny"
        model.mkdir(parents=True)
        (model / "model.json").write_text(json.dumps({"name": f"tiny {version}", "quality": quality}))
    subprocess.run(
        [sys.executable, str(TINY / "register.py"), str(models)],
        env=environment(azure.env)
        | {"GROUP": CONFIG["rollout:resourceGroup"], "WORKSPACE": CONFIG["rollout:workspace"]},
        check=True,
        capture_output=True,
        timeout=120,
    )
    return azure


@pytest.fixture
def rollout(
    workspace: LocalAzure, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Rollout]]:
    """Makes a stack with an endpoint of its own in the shared workspace."""
    made: list[Rollout] = []

    def make(**config: object) -> Rollout:
        name = "e-" + request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[5:30].strip("-")
        project = Project(
            tmp_path / f"project-{len(made)}",
            environment(workspace.env),
            f"{name}-{len(made)}",
            name,
            {"rollout:createWorkspace": False, **config},
        )
        project.create()
        made.append(Rollout(workspace, project))
        return made[-1]

    yield make
    for each in made:
        workspace.arm("DELETE", each.endpoint_id)
