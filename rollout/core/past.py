"""The stages that a rollout has behind it: what a comparison has to read again at every look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise

from rollout.core import times
from rollout.core.traffic import rung
from rollout.core.window import Window

COMPARED_STAGES_LIMIT = 7
"""How many stages of a ladder may compare: all of them are in one tag of 256 characters, 36 for each."""

_ENTRY = re.compile(r"(\d{1,3})(?:m(\d{1,3}))?@(\S{1,40})/(\d{1,8})s", re.ASCII)


@dataclass(frozen=True)
class PastStage:
    """A compared stage that is over."""

    traffic: int
    mirror: int
    window: Window
    """The time that was judged, from `settle` after its opening to the step that ended it."""

    def show(self) -> str:
        """Return the stage as its tag has it: `10@2026-11-21T10:02:00Z/2580s`, `0m20@...` if mirrored."""
        seconds = int((self.window.end - self.window.start).total_seconds())
        return f"{rung(self.traffic, self.mirror)}@{times.show_instant(self.window.start)}/{seconds}s"

    @classmethod
    def parse(cls, text: str) -> PastStage:
        """Return the stage of that text. Raises `ValueError` where it is none."""
        found = _ENTRY.fullmatch(text)
        if found is None:
            raise ValueError(f"{text!r} is no stage")
        traffic, mirror, start, seconds = found.groups()
        opened = times.parse_instant(start)
        try:
            window = Window(opened, opened + timedelta(seconds=int(seconds)))
        except OverflowError as error:
            raise ValueError(str(error)) from None
        return cls(int(traffic), int(mirror or 0), window)


def show(stages: tuple[PastStage, ...]) -> str:
    """Return the text of the tag `ROLLOUT_STAGES`, oldest stage first."""
    return " ".join(stage.show() for stage in stages)


def parse(text: str) -> tuple[PastStage, ...]:
    """Return the stages of that text. Raises `ValueError` where it holds others, or two that overlap."""
    stages = tuple(PastStage.parse(each) for each in text.split())
    if not stages or any(after.window.start < before.window.end for before, after in pairwise(stages)):
        raise ValueError(f"{text!r} isn't one stage after another")
    return stages
