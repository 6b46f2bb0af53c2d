"""What is live on an endpoint that no tag tells the release of, compared with what config would deploy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from rollout.core.known import to_compare
from rollout.core.release import read_files
from rollout.core.sameness import code_hash, differences
from rollout.core.traffic import WHOLE, live

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveDeployment
    from rollout.azure.observe import Sight
    from rollout.azure.releases import Wanted
    from rollout.core.observed import Observed
    from rollout.core.place import Place

_HASH = "hash_sha256"
"""Where Azure's clients keep the hash of a code asset's files."""


def unidentified(sight: Sight, seen: Observed) -> LiveDeployment | None:
    """Return the one deployment with all traffic, where no tag says which release it has, or None."""
    endpoint = sight.endpoint
    if endpoint is None or not to_compare(seen):
        return None
    shares = live(endpoint.core.traffic)
    found = sight.deployments.get(next(iter(shares), ""))
    if found is None or shares != {found.name: WHOLE} or found.core.release is not None:
        return None
    return found


def compare(
    arm: Arm, place: Place, serving: LiveDeployment, wanted: Wanted, folder: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return where config differs from what serves, and what couldn't be compared, both as sentences.

    `folder` is that of config's scoring code. Raises `ReadError`.
    """
    differs = differences(wanted.release, serving.inputs, place.workspace_id)
    other, unknown = _code(arm, place, serving, wanted, folder)
    return (*differs, *other), unknown


def _code(
    arm: Arm, place: Place, serving: LiveDeployment, wanted: Wanted, folder: Path | None
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    properties = cast("dict[str, Any]", serving.inputs["properties"])
    code_id = str(cast("dict[str, Any]", properties.get("codeConfiguration") or {}).get("codeId") or "")
    digest = wanted.release.code
    if digest is None or not code_id:
        if digest is None and not code_id:
            return (), ()
        return (f"rollout:code is {folder if digest else 'not set'}, live {code_id or 'none'}",), ()
    if code_id.casefold() == place.code_id(digest).casefold():
        return (), ()
    body = arm.get(code_id, what=f"the code of {serving.name}").body or {}
    known = cast(
        "dict[str, Any]", cast("dict[str, Any]", body.get("properties") or {}).get("properties") or {}
    )
    said = known.get(_HASH)
    if not said:
        return (), (f"rollout:code with {code_id}, of which no hash is known",)
    if said in {code_hash(wanted.files), code_hash(_all_files(folder))}:
        return (), ()
    return (
        f"rollout:code is {folder} (hash {code_hash(wanted.files)[:8]}), live {code_id} (hash {said[:8]})",
    ), ()


def _all_files(folder: Path | None) -> dict[str, bytes]:
    """Return every file of a folder, those too that a release leaves out: other clients upload them."""
    return read_files(folder) if folder is not None else {}
