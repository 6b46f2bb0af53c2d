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

    `LOCALAZURE_PROVIDER=local` takes ours in any case. What was there before is replaced.

    Args:
        pulumi_home: the local `PULUMI_HOME`; never the user's own.
    """
    folder = plugin_folder(pulumi_home)
    folder.parent.mkdir(parents=True, exist_ok=True)
    _remove(folder)
    real = plugin_folder(Path.home() / ".pulumi")
    wanted_local = os.environ.get("LOCALAZURE_PROVIDER") == "local"
    if not wanted_local and real != folder and (real / EXECUTABLE).is_file():
        folder.symlink_to(real)
        return
    folder.mkdir()
    launcher = folder / EXECUTABLE
    launcher.write_text(_LAUNCHER.format(python=shlex.quote(sys.executable)), encoding="utf-8")
    launcher.chmod(0o755)


def _remove(folder: Path) -> None:
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)
