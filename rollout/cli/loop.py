"""What the commands that look again and again have in common: how they end, and what is news."""

from __future__ import annotations

import re
from dataclasses import dataclass

TIMED_OUT, INTERRUPTED = 5, 130

_AMOUNT = re.compile(r"(?:\d[\d.,:^TZ-]*(?:ms|[smhd](?![a-z]))?)+")


@dataclass(frozen=True)
class End:
    """How the loop ends."""

    code: int
    why: str


def gist(text: str) -> str:
    """Return a sentence without its amounts, times and instants: what changes with every look is no news."""
    return _AMOUNT.sub("", text)
