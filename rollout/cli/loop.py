"""What the commands that look again and again have in common: how they end, and what is news."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure.errors import Throttled, Unavailable, Unreachable
from rollout.cli import codes, output
from rollout.cli.usage import UsageError, code_of
from rollout.stack.faults import FAULTS

if TYPE_CHECKING:
    from collections.abc import Callable

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
