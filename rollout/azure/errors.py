"""What can go wrong with Azure, as sentences for people.

AzureFault
├── ReadError            it couldn't be read, which is not the same as absent
│   ├── Unauthorised     no token, or one that Azure doesn't take (401)
│   ├── Forbidden        the identity lacks a role (403)
│   ├── Throttled        too many requests (429)
│   ├── Unavailable      Azure answers 5xx
│   ├── Unreachable      no answer at all: name, network, TLS, time-out
│   ├── Unintelligible   an answer that isn't what Azure says
│   └── Missing          it isn't there, and must be
├── WriteRefused         a write was refused, or its operation failed
└── NotReadBack          written, but what is live isn't what was written
"""

# ruff: noqa: N818 - each name says what happened, and the tree is read as one

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass
class AzureFault(Exception):
    """Any of the faults above; its text is one sentence and what mends it."""

    what: str
    """What was to be read or written, as people call it: `the endpoint credit-prod`."""
    why: str
    """Why it couldn't be, without a full stop."""
    remedy: str = ""
    """The command or the place that mends it."""
    status: int | None = None
    """The HTTP status, where there was an answer."""
    code: str | None = None
    """Azure's own error code."""

    verb: ClassVar[str] = "can't be read"

    def __str__(self) -> str:
        stop = "" if self.why.endswith((".", "?", "!")) else "."
        return f"{self.what} {self.verb}: {self.why}{stop} {self.remedy}".rstrip()


class ReadError(AzureFault):
    """Something couldn't be read."""


class Unauthorised(ReadError):
    """There is no token, or Azure doesn't take it."""


class Forbidden(ReadError):
    """The identity is known and lacks a role."""


class Throttled(ReadError):
    """Too many requests."""


class Unavailable(ReadError):
    """Azure answered that it is in trouble itself."""


class Unreachable(ReadError):
    """There was no answer."""


class Unintelligible(ReadError):
    """There was an answer, and it isn't one that Azure gives."""


class Missing(ReadError):
    """What must be there isn't."""


class WriteRefused(AzureFault):
    """A write was refused, or the operation that it started failed."""

    verb: ClassVar[str] = "wasn't done"


class NotReadBack(AzureFault):
    """The live traffic map isn't the one that was written."""

    verb: ClassVar[str] = "isn't what was written"
