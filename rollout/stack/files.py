"""A stack's config file: where it is, and which keys are the stack's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def stack_file(root: Path, stack: str) -> Path:
    """Return the config file of a stack, which may be `organization/project/stack`.

    It is beside `Pulumi.yaml`, or in the folder that `stackConfigDir` names there.
    """
    named = _mapping(root / "Pulumi.yaml").get("stackConfigDir")
    folder = root / named if isinstance(named, str) else root
    return folder / f"Pulumi.{stack.rpartition('/')[2]}.yaml"


def stack_keys(file: Path) -> list[str] | None:
    """Return the keys that a stack's file sets; None where there is no such file to tell them from."""
    config = _mapping(file).get("config")
    return list(cast("dict[str, object]", config)) if isinstance(config, dict) else None


def _mapping(file: Path) -> dict[str, object]:
    """Return what a file says; nothing where it can't be read."""
    try:
        document = yaml.safe_load(file.read_bytes())
    except (OSError, ValueError, yaml.YAMLError):  # ValueError: `2026-02-30`, which Pulumi takes for text
        return {}
    return cast("dict[str, object]", document) if isinstance(document, dict) else {}
