"""Files of the state folder that a cut leaves whole: as they were, or as they were to be."""

from __future__ import annotations

import os
import secrets
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kept", "kept_secret", "write"]


def write(path: Path, content: bytes) -> None:
    """Replace a file in one step; its owner alone can read it, from the first byte on."""
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(prefix=f"{path.name}.", suffix=".part", dir=path.parent)
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def kept(path: Path, make: Callable[[], bytes]) -> bytes:
    """What a file holds; it is made on first use, and anew where it is empty."""
    if not path.exists() or not path.read_bytes().strip():
        write(path, make())
    return path.read_bytes()


def kept_secret(path: Path) -> str:
    """A random secret of one line, kept in a file; never empty."""
    return kept(path, lambda: secrets.token_urlsafe(32).encode() + b"\n").decode().strip()
