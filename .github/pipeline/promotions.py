"""Which releases are Healthy in one stack and not yet named by the next one's config."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import status
from checkout import blob
from identity import renew
from runner import error, output
from stacks import stacks


def promotions() -> int:
    """Set the output `changes`: the config files of stacks that should follow the stack before them.

    One that can't be read, or can't follow, keeps no other waiting; the exit code says it.
    """
    found: list[dict[str, str]] = []
    code = 0
    for source, target in pairwise(stacks()):
        try:
            change = _change(source, target)
        except (status.UnreadableError, OSError, _RefusedError) as wrong:
            error(str(wrong))
            code = 1
            continue
        if change is not None:
            found.append(change)
    output("changes", json.dumps(found))
    return code


class _RefusedError(Exception):
    """A release can't be promoted; says which one and why."""


def _change(source: str, target: str) -> dict[str, str] | None:
    """Return what lets the target follow the source, or None where there is nothing to do.

    Raises `_RefusedError`, `OSError`, and `UnreadableError` of the source's status.
    """
    seen = status.read(source)
    if not status.is_released(seen):
        print(f"{source} is {seen['phase']} and has nothing for {target}")
        return None
    file, release = Path(f"Pulumi.{target}.yaml"), seen["wanted"]
    before, made_from = file.read_bytes(), blob(str(file))
    try:
        if why := _refused(source, target):
            raise _RefusedError(f"{release} can't be promoted from {source} to {target}: {why}")
        after = file.read_bytes()
    finally:
        # The next pair asks about this stack as it is, not as it is proposed.
        file.write_bytes(before)
    if after == before:
        print(f"{target} names what is Healthy in {source}")
        return None
    named = {"from": source, "to": target, "release": release}
    return {**named, "file": str(file), "blob": made_from, "content": after.decode()}


def _refused(source: str, target: str) -> str:
    """Let the target's config name what is Healthy in the source; return why it can't, or an empty text."""
    renew()
    done = subprocess.run(
        ["rollout", "release", "--from", source, "--stack", target],
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    return "" if done.returncode == 0 else done.stderr.strip() or f"it ended with {done.returncode}"
