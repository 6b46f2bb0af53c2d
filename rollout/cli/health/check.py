"""What one check came to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class State(StrEnum):
    """How bad it is."""

    OK = "ok"
    UNKNOWN = "unknown"
    """It couldn't be looked at, because of a problem that is named elsewhere."""
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Check:
    """One thing that was looked at."""

    name: str
    state: State
    said: str
    """What was seen."""
    do: str = ""
    """What mends it; empty where nothing has to be."""
