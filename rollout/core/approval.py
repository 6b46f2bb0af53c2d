"""What a person accepted: how much worse than prod one release may be, to go on from one stage."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core import times

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.gates.judgement import Finding

_TEXT = re.compile(
    r"(?P<release>\S+)@(?P<stage>\d{1,3}(?:m\d{1,3})?)(?: margin (?P<margin>\d{1,3}(?:\.\d{1,6})?)pp)?"
    r" by (?P<who>.+) at (?P<at>\S+)",
    re.ASCII,
)
_TENTHS = 1000
"""Tenths of a percentage point in a whole."""
ROUNDING = 1e-9
"""A share that is greater by no more is the same one."""


@dataclass(frozen=True)
class Approval:
    """The stack tag `ROLLOUT_APPROVED`."""

    release: str
    stage: str
    """The rung: `10`, or `0m20`."""
    who: str
    at: datetime
    margin: float | None = None
    """How much worse than prod the release may be, a share from 0 to 1; None accepts no doubt at all."""

    def show(self) -> str:
        """Return the tag's text: `credit-risk:8-1a2b3c4d@10 margin 2.1pp by ada at 2026-11-21T10:00:00Z`."""
        margin = "" if self.margin is None else f" margin {show_margin(self.margin)}"
        return f"{self.release}@{self.stage}{margin} by {self.who} at {times.show_instant(self.at)}"

    @classmethod
    def parse(cls, text: str) -> Approval | None:
        """Return the approval of that text, or None if it is none: what can't be read accepts nothing."""
        found = _TEXT.fullmatch(text)
        if found is None:
            return None
        margin = None if found["margin"] is None else round(float(found["margin"]) / 100, 8)
        try:
            return cls(
                found["release"], found["stage"], found["who"], times.parse_instant(found["at"]), margin
            )
        except ValueError:
            return None

    def covers(self, certified: float) -> bool:
        """Return whether a release that is at most so much worse is accepted."""
        return self.margin is not None and certified <= self.margin + ROUNDING


def proved_margin(finding: Finding) -> float | None:
    """Return how much worse than prod the candidate is proved not to be by a gate, a share from 0 to 1.

    None where nothing is proved, and where what is proved is a percentage of prod's latency: a margin of
    points accepts nothing about that.
    """
    return finding.compared.certified if finding.compared is not None and finding.unit != "%" else None


def show_margin(margin: float) -> str:
    """Return a margin as people write it: `2.1pp`."""
    return f"{margin * 100:.6g}pp"


def margin_over(certified: float) -> float:
    """Return the least margin of whole tenths of a percentage point that covers what is proved."""
    return math.ceil(certified * _TENTHS - ROUNDING) / _TENTHS
