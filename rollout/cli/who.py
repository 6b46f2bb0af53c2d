"""Who says what a command writes down."""

from __future__ import annotations

import getpass
import subprocess
from typing import TYPE_CHECKING

from rollout.azure.credential import claims
from rollout.azure.errors import AzureFault

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.cli.stack import StackView

_LENGTH = 60
_NAMES = ("upn", "preferred_username", "unique_name", "name", "app_displayname")
"""Where a token says who it is for, in words."""


def who(stack: StackView) -> str:
    """Return who is logged in: by the token, else by git, else by the machine."""
    try:
        said = claims(stack.arm.tokens.token(stack.arm.cloud.arm_audience))
    except AzureFault:
        said = {}
    names = [str(said[name]) for name in _NAMES if said.get(name)]
    name = names[0] if names else _git_name(stack.root) or getpass.getuser()
    return " ".join(name.split())[:_LENGTH]


def _git_name(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "user.name"], cwd=root, capture_output=True, text=True, check=False, timeout=5
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
