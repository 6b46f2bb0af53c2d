from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.engine.local import LocalAzure
from tests.engine.project import Project, environment
from tests.engine.rollout import Rollout
from tests.engine.workspace import furnish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalAzure]:
    running = LocalAzure.start(tmp_path_factory.mktemp("azure"))
    yield running
    running.stop()


@pytest.fixture(scope="session")
def workspace(azure: LocalAzure, tmp_path_factory: pytest.TempPathFactory) -> LocalAzure:
    """A workspace with the models registered, made by one `pulumi up` of a stack of its own."""
    furnish(azure, tmp_path_factory.mktemp("workspace"))
    return azure


@pytest.fixture
def rollout(
    workspace: LocalAzure, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Rollout]]:
    """Makes a stack with an endpoint of its own in the shared workspace; in its own backend, if wanted."""
    made: list[Rollout] = []

    def make(*, backend: Path | None = None, **config: object) -> Rollout:
        name = "e-" + request.node.name.replace("_", "-").replace("[", "-").replace("]", "")[5:30].strip("-")
        project = Project(
            tmp_path / f"project-{len(made)}",
            environment(workspace.env) | ({"PULUMI_BACKEND_URL": f"file://{backend}"} if backend else {}),
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
