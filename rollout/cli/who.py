"""Who says what a command writes down."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

from rollout.azure.credential import claims
from rollout.azure.errors import AzureFault
from rollout.stack import machine

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from rollout.cli.stack import StackView

_LENGTH = 60
_WORDS = ("upn", "preferred_username", "unique_name", "name", "app_displayname")
"""Where a token says who it is for, in words."""
_IDS = ("appid", "oid")
SOMEBODY = "somebody"


def who(stack: StackView) -> str:
    """Return who is logged in: by the token's words, else by git, the machine, or the token's ids."""
    try:
        said = claims(stack.arm.tokens.token(stack.arm.cloud.arm_audience))
    except AzureFault:
        said = {}
    name = _first(said, _WORDS) or _git_name(stack.root) or machine.user() or _first(said, _IDS) or SOMEBODY
    return " ".join(name.split())[:_LENGTH]


def holder(said: Mapping[str, Any]) -> str:
    """Return who a token is for, by what it says of itself."""
    return _first(said, _WORDS + _IDS) or SOMEBODY


def _first(said: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(said[name]) for name in names if said.get(name)), "")


def _git_name(root: Path) -> str:
    try:
        done = subprocess.run(
            ["git", "config", "user.name"],
            cwd=root,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
            timeout=5,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip()
