"""The release that config names: its references at a version, and the digest of its scoring code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.workspace import latest_version
from rollout.core.assets import AssetKind, VersionId
from rollout.core.release import Release, read_tree, tree_digest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.core.assets import AssetRef
    from rollout.core.config import Settings
    from rollout.core.place import Place
    from rollout.core.record import Record


@dataclass(frozen=True)
class Wanted:
    """What config asks for, ready to be deployed."""

    release: Release
    files: Mapping[str, bytes]
    """The scoring code by relative path; empty where the release has none."""


def wanted(  # noqa: PLR0917  # what is asked for, where, and what is there
    settings: Settings, arm: Arm, place: Place, sight: Sight, root: Path, record: Record | None
) -> Wanted:
    """Return the release that config names.

    `@latest` is whatever is newest now, but for a rollout under way, which keeps the version it started with:
    that of its candidate, or of the release in the record where that isn't live yet. A record names no
    environment: until the candidate is live, `environment: ...@latest` is whatever is newest.

    Args:
        settings: The stack's.
        arm: Where to ask for the newest version.
        place: The workspace.
        sight: What ARM shows.
        root: The project's folder.
        record: As it is known, lost tags filled in; None where there is none.

    Raises `CodeError` for an unreadable code folder, `ReadError` where the newest version can't be read.
    """
    asked = settings.deployment
    files = read_tree(root / asked.code, asked.scoring_script) if asked.code is not None else {}
    serving = _started_with(sight, record)

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


def _started_with(sight: Sight, record: Record | None) -> dict[str, tuple[str, str]]:
    """Return name and version of the workspace's assets that a rollout under way began with, by kind."""
    if record is None or record.candidate is None:
        return {}
    candidate = sight.deployments.get(record.candidate)
    if candidate is None or candidate.core.release not in (record.release, None):
        # Not live yet: what holds its slot, if anything, is left of another release.
        name, _, rest = (record.release or "").partition(":")
        version = rest.rpartition("-")[0]
        return {AssetKind.MODEL: (name, version)} if version else {}
    properties = candidate.inputs["properties"]
    ids = (str(properties.get(key) or "") for key in ("model", "environmentId"))
    found = (VersionId.parse(each) for each in ids if not each.startswith("azureml://"))
    return {each.kind: (each.name, each.version) for each in found if each is not None}
