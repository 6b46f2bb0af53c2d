"""The release that config names: its references at a version, and the digest of its scoring code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.workspace import latest_version
from rollout.core.assets import VersionId
from rollout.core.record import Record
from rollout.core.release import Release, read_tree, tree_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.core.assets import AssetRef
    from rollout.core.config import Settings
    from rollout.core.place import Place


@dataclass(frozen=True)
class Wanted:
    """What config asks for, ready to be deployed."""

    release: Release
    files: Mapping[str, bytes]
    """The scoring code by relative path; empty where the release has none."""


def wanted(settings: Settings, arm: Arm, place: Place, sight: Sight, root: Path) -> Wanted:
    """Return the release that config names.

    `@latest` is whatever is newest now, but for a rollout under way, which keeps the version it started with.
    Raises `CodeError` for an unreadable code folder, `ReadError` where the newest version can't be read.
    """
    asked = settings.deployment
    files = read_tree(root / asked.code, asked.scoring_script) if asked.code is not None else {}
    serving = _served(sight)

    def pinned(ref: AssetRef) -> AssetRef:
        if ref.version is not None:
            return ref
        under_way = serving.get(ref.kind)
        if under_way is not None and under_way[0] == ref.name:
            return ref.pinned(under_way[1])
        return ref.pinned(latest_version(arm, place.workspace_id, ref.kind, ref.name))

    environment = pinned(asked.environment) if asked.environment is not None else None
    code = tree_digest(files) if files else None
    return Wanted(settings.release(pinned(asked.model), environment, code), files)


def _served(sight: Sight) -> dict[str, tuple[str, str]]:
    """Return name and version of the workspace's assets that the candidate of a rollout serves, by kind."""
    record = Record.readable(sight.endpoint.core.tags) if sight.endpoint else None
    candidate = sight.deployments.get(record.candidate or "") if record else None
    if candidate is None:
        return {}
    properties = candidate.inputs["properties"]
    ids = (str(properties.get(key) or "") for key in ("model", "environmentId"))
    found = (VersionId.parse(each) for each in ids if not each.startswith("azureml://"))
    return {each.kind: (each.name, each.version) for each in found if each is not None}
