"""The Pulumi CLI, asked by a command or by the program: one run, and its answer or one sentence."""

from __future__ import annotations

import json
import subprocess
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

PATIENCE = 60.0
"""Seconds that one run may take; against a backend in the cloud it is a request or two."""

_AGAIN = (0.1, 0.3, 1.0, 2.0)
"""Seconds before each new try, where the state was being written."""

NO_CLI = 'pulumi isn\'t on PATH: run `make setup`, then `eval "$(tools/env)"`'


class StackError(Exception):
    """The stack can't be read or written; says which, and what the Pulumi CLI said."""


def run(root: Path, *arguments: str) -> str:
    """Run `pulumi` in the project's folder and return what it printed. Raises `StackError`."""
    done = _once(root, arguments)
    for pause in _AGAIN:
        if not (done.returncode and is_being_written(done.stderr)):
            break
        time.sleep(pause)
        done = _once(root, arguments)
    if done.returncode:
        raise StackError(last_line(done.stderr) or f"`{_shown(arguments)}` failed")
    return done.stdout


def is_being_written(stderr: str) -> bool:
    """Return whether a run failed because it met the state half written.

    A backend of files doesn't write it in one step, and the engine does while it runs the program.
    """
    return "failed to load checkpoint" in stderr


def _once(root: Path, arguments: tuple[str, ...]) -> subprocess.CompletedProcess[str]:
    command = ["pulumi", *arguments]
    try:
        return subprocess.run(
            command,
            cwd=root,
            capture_output=True,
            check=False,
            timeout=PATIENCE,
            encoding="utf-8",
            errors="replace",
        )
    except OSError as error:
        raise StackError(not_run(root, error)) from None
    except subprocess.TimeoutExpired:
        raise StackError(f"`{_shown(arguments)}` didn't answer within {PATIENCE:.0f} s") from None


def not_run(root: Path, error: OSError) -> str:
    """Return why the CLI doesn't run in a folder: one that isn't there fails as a CLI does that isn't."""
    if not root.is_dir():
        what = "is no folder" if root.exists() else "isn't there"
        return f"{root} {what}: name the project's folder with --cwd"
    return NO_CLI if isinstance(error, FileNotFoundError) else f"pulumi can't be run in {root}: {error}"


def _shown(arguments: tuple[str, ...]) -> str:
    return " ".join(["pulumi", *arguments[:3]])


def ask(root: Path, *arguments: str) -> object:
    """Run `pulumi` and return the JSON that it printed. Raises `StackError`."""
    return parsed(run(root, *arguments, "--json", "--non-interactive"), *arguments)


def parsed(printed: str, *arguments: str) -> object:
    """Return the JSON that a run with these arguments printed. Raises `StackError` where it is none."""
    try:
        return json.loads(printed)
    except json.JSONDecodeError:
        raise StackError(f"`pulumi {' '.join(arguments)}` printed no JSON: {printed[:80]!r}") from None


def last_line(stderr: str) -> str:
    """Return the sentence with which the CLI ended; empty where it said nothing."""
    said = [line for line in stderr.splitlines() if line.strip()]
    return said[-1].removeprefix("error: ") if said else ""
