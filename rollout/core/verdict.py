"""The four verdicts of a gate, ordered: the worst of several wins."""

from __future__ import annotations

from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable


class Verdict(IntEnum):
    """What a check on measured behaviour came to, from best to worst."""

    SUCCESSFUL = 0
    """Enough was measured, and all of it is within the limit."""
    INCONCLUSIVE = 1
    """Too little was measured to say; no data at all is one reason."""
    ERROR = 2
    """The measurement couldn't be read, or isn't a number."""
    FAILED = 3
    """Measured, and beyond the limit."""

    def __str__(self) -> str:
        return self.name.capitalize()

    @classmethod
    def parse(cls, text: str) -> Verdict:
        """Return the verdict of that name. Raises `KeyError` for any other text."""
        return cls[text.upper()]


def worst(verdicts: Iterable[Verdict]) -> Verdict:
    """Return the worst verdict; of none at all, `INCONCLUSIVE`: nothing judged is not success."""
    found = list(verdicts)
    return max(found) if found else Verdict.INCONCLUSIVE
