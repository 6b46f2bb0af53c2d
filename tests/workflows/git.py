"""Git, as somebody."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it printed."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, *files: str) -> str:
    """Commit these files and return the commit."""
    git(folder, "add", "--", *files)
    git(folder, "commit", "-qm", "Change")
    return git(folder, "rev-parse", "HEAD")
