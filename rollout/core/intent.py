"""What people say by stack tags: that a rollout is paused, and the one thing that the next `up` is to do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.publication import TAG_LENGTH

if TYPE_CHECKING:
    from datetime import datetime

_RUNG = r"\d{1,3}(?:m\d{1,3})?"
_SAID = r"by (?P<who>.+?) at (?P<at>\d{4}-\d\d-\d\dT\S*[^\s:])(?:: (?P<why>.*))?"
_INTENT = re.compile(rf"(?P<verb>[a-z]+) (?P<release>[^\s@]+)(?:@(?P<rung>{_RUNG}))? {_SAID}", re.ASCII)
_PAUSED = re.compile(_SAID, re.ASCII)


class Verb(StrEnum):
    """What a person may ask for."""

    ABORT = "abort"
    """Take the candidate back now, from any stage, without asking any gate."""
    RETRY = "retry"
    """Start a release again that was taken back."""
    SKIP = "skip"
    """Make the candidate prod at once, whatever the gates say; needs a reason."""
    UNDO = "undo"
    """Go back to old prod while it lives."""
    ADOPT = "adopt"
    """Take what is live for the record."""
    RESET = "reset"
    """Set the live traffic back to what the record says."""


@dataclass(frozen=True)
class Intent:
    """The stack tag `ROLLOUT_INTENT`: said once, for one release, done once."""

    verb: Verb
    release: str
    rung: str | None
    """The rung that it is for: `10`, or `0m20`; None: whichever."""
    who: str
    at: datetime
    """Azure's time when it was said."""
    why: str = ""

    def show(self) -> str:
        """Return the tag's text: `abort credit-risk:8-1a2b3c4d@10 by ada at 2026-11-21T10:00:00Z: slow`."""
        rung = f"@{self.rung}" if self.rung is not None else ""
        return f"{self.verb} {self.release}{rung} {_said(self.who, self.at, self.why)}"[:TAG_LENGTH].rstrip()

    @property
    def told(self) -> str:
        """Who said it and why, for a sentence: `ada at 2026-11-21T10:00:00Z: too slow`."""
        return _said(self.who, self.at, self.why).removeprefix("by ")

    @classmethod
    def parse(cls, text: str) -> Intent | None:
        """Return the intent of that text, or None if it is none: what can't be read asks for nothing."""
        found = _INTENT.fullmatch(text)
        if found is None:
            return None
        try:
            verb, at = Verb(found["verb"]), times.parse_instant(found["at"])
        except ValueError:
            return None
        return cls(verb, found["release"], found["rung"], found["who"], at, (found["why"] or "").strip())


@dataclass(frozen=True)
class Paused:
    """The stack tag `ROLLOUT_PAUSED`: nothing goes up, starts or retires until it is taken away."""

    who: str
    at: datetime | None
    """When it was said; None where the tag doesn't tell."""
    why: str = ""

    def show(self) -> str:
        """Return the tag's text: `by ada at 2026-11-21T10:00:00Z: freeze`."""
        if self.at is None:
            return self.why[:TAG_LENGTH]
        return _said(self.who, self.at, self.why)[:TAG_LENGTH].rstrip()

    @property
    def told(self) -> str:
        """The pause for a sentence: `paused by ada at 2026-11-21T10:00:00Z: freeze`."""
        if self.at is None:
            return f"paused by {self.who}: {self.why}"
        return f"paused {_said(self.who, self.at, self.why)}"

    @classmethod
    def parse(cls, text: str) -> Paused:
        """Return the pause of that text. One that can't be read is a pause all the same: somebody's."""
        found = _PAUSED.fullmatch(text)
        try:
            at = times.parse_instant(found["at"]) if found is not None else None
        except ValueError:
            at = None
        if found is None or at is None:
            return cls("somebody", None, " ".join(text.split()))
        return cls(found["who"], at, (found["why"] or "").strip())


def _said(who: str, at: datetime, why: str) -> str:
    return f"by {who} at {times.show_instant(at)}" + (f": {why}" if why else "")
