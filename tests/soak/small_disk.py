"""Run a command with the folder of Pulumi's state on a disk of its own, which gets full when it is told to.

    python small_disk.py FOLDER TRIGGER COMMAND...

In a mount namespace of its own, so root isn't needed where user namespaces are allowed. The folder is a tmpfs
with a copy of what is in it; once the file TRIGGER is there, it is filled to the last byte. When the command
has ended, the folder has what the command left in it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path

INSIDE = "SMALL_DISK_INSIDE"
ROOM = 8 * 2**20
"""Bytes that are free at first."""
BLOCK = 4096


def possible() -> bool:
    """Return whether this machine lets us mount."""
    if shutil.which("unshare") is None:
        return False
    probe = ["unshare", "--user", "--map-root-user", "--mount", "mount", "-t", "tmpfs", "none", "/mnt"]
    return subprocess.run(probe, check=False, capture_output=True).returncode == 0


def main() -> int:
    """Return the command's exit code."""
    if INSIDE not in os.environ:
        again = [sys.executable, __file__, *sys.argv[1:]]
        apart = ["unshare", "--user", "--map-root-user", "--mount", *again]
        return subprocess.run(apart, env={**os.environ, INSIDE: "1"}, check=False).returncode
    folder, trigger, *command = sys.argv[1:]
    with tempfile.TemporaryDirectory() as kept:
        copy, place = Path(kept) / "copy", Path(folder)
        shutil.copytree(place, copy)
        used = sum(path.stat().st_blocks * 512 + BLOCK for path in copy.rglob("*"))
        size = f"size={used + ROOM}"
        subprocess.run(["mount", "-t", "tmpfs", "-o", size, "none", folder], check=True)
        shutil.copytree(copy, place, dirs_exist_ok=True)
        code = _run(command, Path(trigger), place / "filler")
        shutil.rmtree(copy)
        shutil.copytree(place, copy)
        subprocess.run(["umount", folder], check=True)
        _replace(place, copy)
    return code


def _run(command: list[str], trigger: Path, filler: Path) -> int:
    if trigger.exists():
        _fill(filler)
    running = subprocess.Popen(command)
    while running.poll() is None:
        if trigger.exists() and not filler.exists():
            _fill(filler)
        time.sleep(0.01)
    filler.unlink(missing_ok=True)
    return running.returncode


def _fill(filler: Path) -> None:
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"\0" * BLOCK)


def _replace(place: Path, copy: Path) -> None:
    for each in place.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    shutil.copytree(copy, place, dirs_exist_ok=True)


if __name__ == "__main__":
    sys.exit(main())
