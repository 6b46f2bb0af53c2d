"""Which releases are Healthy in one stack and not yet named by the next one's config."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import status
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
            seen = status.read(source)
        except status.UnreadableError as wrong:
            error(str(wrong))
            code = 1
            continue
        if not status.is_released(seen):
            print(f"{source} is {seen['phase']} and has nothing for {target}")
            continue
        file = Path(f"Pulumi.{target}.yaml")
        before = file.read_text()
        if why := _refused(source, target):
            error(f"{seen['wanted']} can't be promoted from {source} to {target}: {why}")
            code = 1
            continue
        after = file.read_text()
        if after == before:
            print(f"{target} names what is Healthy in {source}")
            continue
        found.append(
            {"from": source, "to": target, "release": seen["wanted"], "file": str(file), "content": after}
        )
    output("changes", json.dumps(found))
    return code


def _refused(source: str, target: str) -> str:
    """Let the target's config name what is Healthy in the source; return why it can't, or an empty text."""
    done = subprocess.run(
        ["rollout", "release", "--from", source, "--stack", target],
        capture_output=True,
        text=True,
        check=False,
    )
    print(done.stdout)
    return "" if done.returncode == 0 else done.stderr.strip() or f"it ended with {done.returncode}"
