"""The machine that the program or a command runs on."""

from __future__ import annotations

import getpass


def user() -> str:
    """Return the user's name; empty where the machine knows none of that number, as in many containers."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
