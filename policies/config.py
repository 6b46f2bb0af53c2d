"""The stack's config, from its files: the engine gives a policy pack no other way to it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def read(folder: Path, stack: str) -> dict[str, str]:
    """Return every key that is set for the stack or has a default, as text; objects and lists as JSON.

    Raises `OSError` and `yaml.YAMLError` where a file can't be read.
    """
    project = _document(folder / "Pulumi.yaml")
    name = str(project.get("name", ""))
    found: dict[str, Any] = {}
    for key, entry in _mapping(project.get("config")).items():
        declared = _mapping(entry)
        found[key if ":" in key else f"{name}:{key}"] = declared.get("default", declared.get("value", entry))
    file = folder / f"Pulumi.{stack}.yaml"
    if file.exists():
        found |= _mapping(_document(file).get("config"))
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in found.items()}


def _document(file: Path) -> dict[str, Any]:
    return _mapping(yaml.safe_load(file.read_text()))


def _mapping(value: object) -> dict[str, Any]:
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}
