"""What the commands that look again and again have in common: how they end, and what is news."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Generic, TypeVar

from rollout.azure.errors import AzureFault, Throttled, Unavailable, Unreachable
from rollout.cli import codes, output
from rollout.cli.usage import UsageError, code_of
from rollout.stack.faults import FAULTS
from rollout.stack.pulumi_cli import StackError

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")

SOON = 10.0
"""Seconds at most until the next look, after one that failed."""
PATIENCE = 900.0
"""Seconds for which gates, Azure or the stack may be unreadable before that is the end."""
PASSING = (Throttled, Unavailable, Unreachable)
"""What is survived even at the first look: it is over by itself, as a missing login, role or name isn't."""

_AMOUNT = re.compile(r"(?:\d[\d.,:^TZ-]*(?:ms|[smhd](?![a-z]))?)+")


@dataclass(frozen=True)
class End:
    """How the loop ends."""

    code: int
    why: str


def gist(text: str) -> str:
    """Return a sentence without its amounts, times and instants: what changes with every look is no news."""
    return _AMOUNT.sub("", text)


@dataclass
class Eyes(Generic[T]):
    """Looks of which some may fail: that is told, and over again by itself, or else the end."""

    look: Callable[[], T]
    tell: Callable[[str], None]
    """Hears of each fault once, until it is over."""
    clock: Callable[[], float] = time.monotonic
    faults: tuple[type[Exception], ...] = (AzureFault, StackError)
    _seen: bool = field(default=False, init=False)
    _dark: float | None = field(default=None, init=False)
    """Since when there is nothing to be seen."""
    _told: str = field(default="", init=False)

    def open(self) -> T | None:
        """Return what is to be seen; None where it can't be read just now.

        Raises at the first look what isn't over by itself, later what lasts longer than `PATIENCE`.
        """
        try:
            found = self.look()
        except self.faults as error:
            if self._dark is None:
                self._dark = self.clock()
            passing = self._seen or isinstance(error, PASSING)
            if not passing or self.clock() - self._dark >= PATIENCE:
                raise
            if gist(str(error)) != self._told:
                self.tell(str(error))
            self._told = gist(str(error))
            return None
        self._seen, self._dark, self._told = True, None, ""
        return found


def ended(loop: Callable[[], End], *, as_json: bool) -> int:
    """Go through a loop, say how it ended, and return the exit code; in JSON that is always the last line.

    What ends it as an error goes on to whoever says it on standard error.
    """
    try:
        end = loop()
    except KeyboardInterrupt:
        end = End(codes.INTERRUPTED, "interrupted")
    except (*FAULTS, UsageError) as error:
        if as_json:
            _last(End(code_of(error), str(error)))
        raise
    if as_json:
        _last(end)
    else:
        output.tell(end.why, error=end.code != 0)
    return end.code


def _last(end: End) -> None:
    output.tell(json.dumps({"event": "end", "code": end.code, "reason": end.why}))
