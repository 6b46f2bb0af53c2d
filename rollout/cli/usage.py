"""Wrong usage: what the parser alone can't see."""

from __future__ import annotations

from rollout.cli import codes
from rollout.core.config import ConfigError


class UsageError(Exception):
    """The arguments don't go together, or what they ask for isn't to be had; says what would do."""


def code_of(error: Exception) -> int:
    """Return the exit code of a command that ends with this error."""
    return codes.USAGE if isinstance(error, ConfigError | UsageError) else codes.FAULT
