"""The stages that a rollout has behind it: what a comparison has to read again at every look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.core.window import Window


@dataclass(frozen=True)
class PastStage:
    """A compared stage that is over."""

    traffic: int
    mirror: int
    window: Window
    """The time that was judged, from `settle` after its opening to the step that ended it."""
