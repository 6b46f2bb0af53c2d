"""Wrong usage: what the parser alone can't see."""

from __future__ import annotations


class UsageError(Exception):
    """The arguments don't go together, or what they ask for isn't to be had; says what would do."""
