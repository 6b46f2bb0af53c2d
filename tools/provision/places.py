"""Where things are: the project folder and the user's cache. Nothing else is written to."""

import os
import re
import sys
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
LOCK_FILE = PROJECT / "requirements.lock"
VENV = PROJECT / ".venv"
LOGS = PROJECT / ".local" / "setup"


@dataclass(frozen=True)
class Requirement:
    """A locked package: its version, and its lines in requirements.lock, hashes included."""

    version: str
    lines: str


def cache() -> Path:
    """The user's cache folder of this project."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "azureml-rollout"


def tools_folder() -> Path:
    """Where Pulumi is if set-up provides it; `tools/env` puts it on PATH."""
    return cache() / "tools" / locked("pulumi").version


def locked(package: str) -> Requirement:
    """What requirements.lock says of a package."""
    text = LOCK_FILE.read_text(encoding="utf-8")
    found = re.search(rf"^{re.escape(package)}==(\S+)[^\n]*\n(?:[ \t]+[^\n]*\n)*", text, re.MULTILINE)
    if found is None:
        raise LookupError(f"{LOCK_FILE} doesn't lock {package}")
    return Requirement(found[1], found[0])


def base_python() -> Path:
    """The Python that this one comes from if this one is of a virtual environment, which may go away."""
    base = Path(sys.base_prefix) / "bin" / f"python3.{sys.version_info.minor}"
    return base if base.exists() else Path(sys.executable)
