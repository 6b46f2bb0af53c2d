"""Puts the provider where the engine looks for plugins."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Final

EXECUTABLE: Final = "pulumi-resource-azure-native"

_LAUNCHER = """\
#!/bin/sh
# Started by the Pulumi engine. -P: the program's own folder must not shadow packages.
exec {python} -P -m localazure.provider "$@"
"""


def plugin_folder(pulumi_home: Path) -> Path:
    """Give the folder in which the engine expects the plugin of the installed SDK's version."""
    return pulumi_home / "plugins" / f"resource-azure-native-v{version('pulumi-azure-native')}"


def install(pulumi_home: Path) -> None:
    """Write the plugin's folder, or link the real plugin's if the user has it in `~/.pulumi`.

    `LOCALAZURE_PROVIDER=local` takes ours in any case. What is right already stays untouched.

    Args:
        pulumi_home: the local `PULUMI_HOME`; never the user's own.
    """
    folder = plugin_folder(pulumi_home)
    folder.parent.mkdir(parents=True, exist_ok=True)
    real = plugin_folder(Path.home() / ".pulumi")
    ours = os.environ.get("LOCALAZURE_PROVIDER") == "local" or not (real / EXECUTABLE).is_file()
    if ours:
        _write(folder, _LAUNCHER.format(python=shlex.quote(sys.executable)))
    elif not (folder.is_symlink() and folder.readlink() == real):
        _remove(folder)
        folder.symlink_to(real)


def _write(folder: Path, launcher: str) -> None:
    """Write the launcher in one step: an engine may be starting it."""
    if folder.is_symlink():
        folder.unlink()
    folder.mkdir(exist_ok=True)
    file = folder / EXECUTABLE
    if file.is_file() and file.read_text(encoding="utf-8") == launcher:
        return
    new = folder / f"{EXECUTABLE}.{os.getpid()}"
    new.write_text(launcher, encoding="utf-8")
    new.chmod(0o755)
    new.replace(file)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
