"""The workspace that tests share, with the models in it that they release."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.engine.project import CONFIG, TINY, Project, environment

if TYPE_CHECKING:
    from pathlib import Path

    from tests.engine.local import LocalAzure

QUALITIES = {
    1: "good",
    2: "good",
    3: "good",
    4: "wrong shape",
    5: "does not load",
    6: "nonsense",
}
"""The versions of the model that tests release, and how each behaves."""


def furnish(azure: LocalAzure, folder: Path) -> None:
    """Make the workspace by one `pulumi up` of a stack of its own, and register the models in it."""
    owner = Project(folder / "project", environment(azure.env), "owner", "unused")
    owner.create()
    owner.up()
    models = folder / "models"
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
