"""The Pulumi CLI, asked from a command: one run, and its answer or one sentence."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from rollout.stack.tags import NO_CLI

if TYPE_CHECKING:
    from pathlib import Path

_PATIENCE = 60.0
"""Seconds that one run may take; against a backend in the cloud it is a request or two."""


class StackError(Exception):
    """The stack can't be read or its tags can't be written; says which, and what the Pulumi CLI said."""


def run(root: Path, *arguments: str) -> str:
    """Run `pulumi` in the project's folder and return what it printed. Raises `StackError`."""
    command = ["pulumi", *arguments]
    shown = " ".join(command[:4])
    try:
        done = subprocess.run(
            command, cwd=root, capture_output=True, text=True, check=False, timeout=_PATIENCE
        )
    except FileNotFoundError:
        raise StackError(NO_CLI) from None
    except NotADirectoryError:
        raise StackError(f"{root} is no folder: name the project's with --cwd") from None
    except subprocess.TimeoutExpired:
        raise StackError(f"`{shown}` didn't answer within {_PATIENCE:.0f} s") from None
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise StackError(said[-1].removeprefix("error: ") if said else f"`{shown}` failed")
    return done.stdout


def ask(root: Path, *arguments: str) -> object:
    """Run `pulumi` and return the JSON that it printed. Raises `StackError`."""
    printed = run(root, *arguments, "--json", "--non-interactive")
    try:
        return json.loads(printed)
    except json.JSONDecodeError:
        raise StackError(f"`pulumi {' '.join(arguments)}` printed no JSON: {printed[:80]!r}") from None
