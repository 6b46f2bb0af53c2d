"""`rollout status` of a stack, and what pipelines make of it."""

from __future__ import annotations

import json
import subprocess
from typing import Any

from identity import renew

READ = (0, 3, 4)
"""The exit codes of `rollout status` with which it printed a status."""
IDLE = frozenset({"none", "hold"})
WITHOUT_APPROVAL = IDLE | {"start", "abort", "repair", "retire", "finish", "undo", "adopt", "reset"}
"""Steps that give a candidate no more than it has, and those that somebody asked for by name."""


class UnreadableError(Exception):
    """The status can't be read; says why in the command's own words."""


def read(stack: str) -> dict[str, Any]:
    """Return what `rollout status --json` says. Raises `UnreadableError`."""
    renew()
    done = subprocess.run(
        ["rollout", "status", "--stack", stack, "--json"], capture_output=True, text=True, check=False
    )
    if done.returncode not in READ:
        raise UnreadableError(
            f"{stack}: {done.stderr.strip() or f'rollout status ended with {done.returncode}'}"
        )
    return json.loads(done.stdout)


def is_due(status: dict[str, Any]) -> bool:
    """Return whether another `pulumi up` may have something to do.

    While a release is on its way each run looks again, so one that can't read its gates is red.
    """
    return status["phase"] == "Progressing" or status["next"]["step"] not in IDLE


def needs_approval(status: dict[str, Any]) -> bool:
    """Return whether the next step gives a candidate more than it has. A step not known here does."""
    return status["next"]["step"] not in WITHOUT_APPROVAL


def is_released(status: dict[str, Any]) -> bool:
    """Return whether what config names is prod, and nothing is on its way."""
    prod = [each["release"] for each in status["deployments"] if each["role"] == "prod"]
    return status["phase"] == "Healthy" and prod == [status["wanted"]]


def title(stack: str, status: dict[str, Any]) -> str:
    """Return the next step in a few words that stay the same until it is another step."""
    stage, step = status["stage"], status["next"]["step"]
    at = ""
    if stage is not None:
        at = f" at {stage['mirror']} % mirrored" if stage["mirror"] else f" at {stage['traffic']} %"
    return f"{stack}: {step}, {status['wanted']}{at}"
