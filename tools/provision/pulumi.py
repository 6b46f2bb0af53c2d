"""The Pulumi CLI: the one on PATH, or Pulumi's own release, or one built from its Go module."""

import os
import re
import shutil
import subprocess
from pathlib import Path

from . import host
from .places import PROJECT, VENV, locked, tools_folder
from .running import SetupError, only_one, run, say

# From here on a file backend can remove a stack tag, and hooks run as the rollout needs them.
OLDEST = (3, 249)
_MODULE = PROJECT / "tools" / "pulumi"
_COMMAND = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi"
_VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_INSTALL = """
import socket, sys
from pulumi.automation import PulumiCommand
socket.setdefaulttimeout(10)
PulumiCommand.install(root=sys.argv[1])
"""
_INSTALL_TIMEOUT = 300.0  # seconds
# What an official release has and its program host needs beside the CLI.
_RELEASED = ("pulumi", "pulumi-language-python")


def provide() -> None:
    """Makes sure that `tools/env` puts a usable Pulumi on PATH."""
    folder = tools_folder()
    if _usable_on_path(folder):
        return
    with only_one(folder):
        released = folder / "release" / "bin"
        built = (folder / "pulumi").is_file() and not (folder / "pulumi").is_symlink()
        if not built and not _version(folder / "pulumi"):
            built = not _install_release(folder, released)
            if built:
                _build(folder)
        if built:
            host.provide(folder)


def _usable_on_path(ours: Path) -> bool:
    elsewhere = [p for p in os.get_exec_path() if p and Path(p).resolve() != ours.resolve()]
    found = shutil.which("pulumi", path=os.pathsep.join(elsewhere))
    if found is None:
        return False
    version = _version(Path(found))
    if version is None or version < OLDEST:
        say(f"{found} is older than Pulumi {OLDEST[0]}.{OLDEST[1]}, which is needed, so it is left alone")
        return False
    beside = Path(found).resolve().with_name("pulumi-language-python")
    return (
        beside.exists() or shutil.which("pulumi-language-python", path=os.pathsep.join(elsewhere)) is not None
    )


def _version(executable: Path) -> tuple[int, int] | None:
    if not executable.exists():
        return None
    answer = subprocess.run(
        [executable, "version"],
        env={**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"},
        capture_output=True,
        text=True,
        check=False,
    )
    found = re.match(r"v?(\d+)\.(\d+)\.", answer.stdout)
    return (int(found[1]), int(found[2])) if found else None


def _install_release(folder: Path, released: Path) -> bool:
    say(f"fetching Pulumi {locked('pulumi').version} with Pulumi's own installer (up to a minute)")
    try:
        run(
            "pulumi-install",
            [VENV / "bin" / "python", "-c", _INSTALL, released.parent],
            folder=folder,
            timeout=_INSTALL_TIMEOUT,
        )
    except SetupError:
        return False
    for name in _RELEASED:
        link = folder / name
        link.unlink(missing_ok=True)
        link.symlink_to(released / name)
    return True


def _build(folder: Path) -> None:
    version = locked("pulumi").version
    go = shutil.which("go")
    if go is None:
        raise SetupError(
            f"Pulumi {OLDEST[0]}.{OLDEST[1]} or newer is not on PATH and its installer cannot be "
            "reached from here: install Pulumi, or install Go 1.25 or newer so that set-up can build it"
        )
    say(f"that cannot be reached; building Pulumi {version} with Go (once: 4 minutes, 3 GB in Go's caches)")
    new = folder / "pulumi.new"
    run(
        "pulumi-build",
        [
            go,
            "build",
            "-trimpath",
            "-ldflags",
            f"-s -w -X {_VERSION_VARIABLE}=v{version}",
            "-o",
            new,
            _COMMAND,
        ],
        folder=_MODULE,
        environment={"GOFLAGS": "-mod=readonly"},
    )
    new.replace(folder / "pulumi")
