"""Where everything here happens: a local Azure with the models, and stacks in it, at no load's mercy."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.engine.local import LocalAzure
from tests.engine.project import CONFIG, Project, environment
from tests.engine.rollout import Rollout
from tests.engine.workspace import furnish

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENT_GATES = [
    CONFIG["rollout:gates"][0],
    {**CONFIG["rollout:gates"][1], "max": "20s"},
]
"""Latency that a busy machine can't break: what is shown here isn't about it."""


@dataclass
class Place:
    """A local Azure with a workspace."""

    azure: LocalAzure
    folder: Path
    stacks: int = 0

    def stack(self, name: str, **config: Any) -> Rollout:
        """Make a stack with an endpoint of its own."""
        self.stacks += 1
        name = f"{name}-{self.stacks}"
        project = Project(
            self.folder / name,
            environment(self.azure.env),
            name,
            f"e-{name}",
            {"rollout:createWorkspace": False, "rollout:gates": PATIENT_GATES, **config},
        )
        project.create()
        return Rollout(self.azure, project)


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Start a local Azure in that folder, and end it."""
    azure = LocalAzure.start(folder / "azure")
    try:
        furnish(azure, folder / "workspace")
        yield Place(azure, folder)
    finally:
        azure.stop()
