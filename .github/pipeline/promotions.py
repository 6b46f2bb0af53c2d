"""Which releases are Healthy in one stack and not yet named by the next one's config."""

from __future__ import annotations

import json
import subprocess
from itertools import pairwise
from pathlib import Path

import status
from runner import error, output
from stacks import stacks

WHAT = ("rollout:model", "rollout:environment", "rollout:code", "rollout:scoringScript")
"""What makes a release, as far as config names it; sizes are each stack's own."""
LATEST = "@latest"


def promotions() -> int:
    """Set the output `changes`: the config files of stacks that should follow the stack before them.

    A stack that can't be read keeps no other waiting; the exit code says it.
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
        _release(source, target, seen["wanted"])
        after = file.read_text()
        if after == before:
            print(f"{target} names what is Healthy in {source}")
            continue
        found.append(
            {"from": source, "to": target, "release": seen["wanted"], "file": str(file), "content": after}
        )
    output("changes", json.dumps(found))
    return code


def _release(source: str, target: str, release: str) -> None:
    """Set what the target's config names to what is Healthy in the source."""
    wanted, named = _config(source), _config(target)
    for key in WHAT:
        value = wanted[key]
        if value.endswith(LATEST):
            value = f"{value.removesuffix(LATEST)}:{release.rpartition('-')[0].rpartition(':')[2]}"
        if value != named[key]:
            _pulumi("config", "set", "--stack", target, "--", key, value)


def _config(stack: str) -> dict[str, str]:
    found = json.loads(_pulumi("config", "--stack", stack, "--json"))
    return {key: found.get(key, {}).get("value", "") for key in WHAT}


def _pulumi(*arguments: str) -> str:
    return subprocess.run(["pulumi", *arguments], stdout=subprocess.PIPE, text=True, check=True).stdout
