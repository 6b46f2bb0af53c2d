"""Scoring code the workspace doesn't hold yet: where it goes, and how a hook brings it there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.azure import code_upload
from rollout.stack.assets import NewCode

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.azure.arm import Arm
    from rollout.azure.workspace import LiveWorkspace


def new_code(
    arm: Arm, workspace: LiveWorkspace, code_id: str, digest: str, files: Mapping[str, bytes]
) -> NewCode:
    """Return the code as a new version: its place in the workspace's own datastore, and how it is uploaded.

    Raises `ReadError` where the workspace's storage can't be told.
    """
    store = code_upload.code_store(arm, workspace)

    def upload() -> None:
        code_upload.upload(arm, store, files, digest)

    return NewCode(code_id, store.uri(digest), upload)
