"""A stack's config file, read only to tell which keys are the stack's own."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import yaml

if TYPE_CHECKING:
    from pathlib import Path


def stack_keys(file: Path) -> list[str] | None:
    """Return the keys that a stack's file sets; None where there is no such file to tell them from."""
    try:
        document = yaml.safe_load(file.read_text())
    except (OSError, yaml.YAMLError):
        return None
    config = cast("dict[str, object]", document).get("config") if isinstance(document, dict) else None
    return list(cast("dict[str, object]", config)) if isinstance(config, dict) else None
