"""What is deployed, and the id that tells one release from another."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rollout.core.assets import AssetKind, AssetRef
from rollout.core.serving import ServingSettings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

__all__ = [
    "AssetKind",
    "AssetRef",
    "CodeError",
    "Release",
    "read_files",
    "read_tree",
    "release_id",
    "tree_digest",
]


class CodeError(ValueError):
    """The folder of scoring code can't be read, or isn't what config says."""


@dataclass(frozen=True)
class Release:
    """A model and what serves it; how many instances do so and which tools made them is no part of it."""

    model: AssetRef
    instance_type: str
    code: str | None = None
    """`tree_digest` of the scoring code; None for an MLflow model or a custom container."""
    scoring_script: str | None = None
    environment: AssetRef | None = None
    settings: ServingSettings = field(default_factory=ServingSettings)

    @property
    def id(self) -> str:
        """The release id: `credit-risk:7-1a2b3c4d`."""
        return release_id(self)


def release_id(release: Release) -> str:
    """Return `<model>:<version>-<8 hex>`, the hex from a digest of everything in the release.

    Raises `ValueError` where a reference is still `@latest`: a release is made of versions.
    """
    for ref in (release.model, release.environment):
        if ref is not None and ref.version is None:
            raise ValueError(f"{ref} has to be resolved to a version before it can be released")
    canonical = {
        "model": str(release.model),
        "instanceType": release.instance_type,
        "code": release.code,
        "scoringScript": release.scoring_script,
        "environment": None if release.environment is None else str(release.environment),
        "settings": release.settings.canonical(),
    }
    text = json.dumps(canonical, sort_keys=True, separators=(",", ":"))
    digest = hashlib.sha256(text.encode()).hexdigest()
    return f"{release.model.name}:{release.model.version}-{digest[:8]}"


def tree_digest(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of a tree of files, given by relative path; their order doesn't matter."""
    tree = hashlib.sha256()
    for path in sorted(files):
        tree.update(f"{hashlib.sha256(files[path]).hexdigest()} {path}\n".encode())
    return tree.hexdigest()


def read_tree(folder: Path, scoring_script: str | None = None) -> dict[str, bytes]:
    """Return the files below a folder by relative path, without `__pycache__` and hidden ones.

    Raises `CodeError` if it is no folder, holds no file or one that can't be read, or lacks the script.
    """
    if not folder.is_dir():
        raise CodeError(f"code: {folder} is not a folder; rollout:code names the folder of the scoring code")
    files = read_files(folder, lambda path: not any(_ignored(part) for part in path.parts))
    if not files:
        raise CodeError(f"code: {folder} holds no file; rollout:code names the folder of the scoring code")
    if scoring_script is not None and scoring_script not in files:
        raise CodeError(
            f"scoringScript: {scoring_script} is not in {folder}, which holds {', '.join(sorted(files)[:8])}"
        )
    return files


def read_files(folder: Path, wanted: Callable[[Path], bool] = lambda _: True) -> dict[str, bytes]:
    """Return the files below a folder whose path relative to it is wanted, by that path in UTF-8.

    Raises `CodeError` where one can't be read.
    """
    found: dict[str, bytes] = {}
    try:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and wanted(within := path.relative_to(folder)):
                found[bytes(within).decode()] = path.read_bytes()
    except OSError as error:
        raise CodeError(f"code: {error.filename} can't be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        name = error.object.decode(errors="backslashreplace")
        raise CodeError(f"code: the name of {name} in {folder} isn't UTF-8: rename it") from None
    return found


def _ignored(part: str) -> bool:
    return part == "__pycache__" or part.startswith(".")
