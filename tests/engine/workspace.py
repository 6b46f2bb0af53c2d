"""The workspace that tests share, with the models in it that they release."""

from __future__ import annotations

import hashlib
import json
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
    """Make the workspace by one `pulumi up` of a stack of its own, and stock it."""
    owner = Project(folder / "project", environment(azure.env), "owner", "unused")
    owner.create()
    owner.up()
    stock(azure, CONFIG["rollout:resourceGroup"], CONFIG["rollout:workspace"])


def stock(azure: LocalAzure, group: str, workspace: str, subscription: str | None = None) -> None:
    """Register the models, and what serves them, in a workspace that is there.

    It is done as ARM has it; the real client, which does the same, takes seconds to be imported.
    """
    workspace = (
        f"/subscriptions/{subscription or azure.env['AZURE_SUBSCRIPTION_ID']}/resourceGroups/{group}"
        f"/providers/Microsoft.MachineLearningServices/workspaces/{workspace}"
    )
    for version, quality in QUALITIES.items():
        model = json.dumps({"name": f"tiny {version}", "quality": quality})
        content = hashlib.sha256(model.encode()).hexdigest()
        uri = azure.upload(workspace, f"LocalUpload/{content}/tiny/model.json", model)
        azure.arm("PUT", f"{workspace}/models/tiny/versions/{version}", {"properties": {"modelUri": uri}})
    served = {
        "image": "mcr.microsoft.com/azureml/minimal-ubuntu22.04-py311-cpu-inference:latest",
        "condaFile": (TINY / "conda.yml").read_text(),
    }
    azure.arm("PUT", f"{workspace}/environments/tiny/versions/1", {"properties": served})
