"""What the stack's config asks for: the release and the ladder it climbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

PROBE_RUNG = 0
"""Every ladder starts below its first configured stage, with the candidate probed at 0 %."""


@dataclass(frozen=True)
class Stage:
    """A rung of the ladder."""

    traffic: int
    """The candidate's share of live traffic, in percent."""
    bake: timedelta = timedelta(0)
    """The least time the stage is watched."""
    min_requests: int = 1
    """The least count of requests to the candidate that a verdict needs."""


@dataclass(frozen=True)
class Plan:
    """What to roll out, and how carefully."""

    release: str
    """The id of the release that config names."""
    stages: tuple[Stage, ...]
    """Rising shares, the last 100."""
    slots: tuple[str, ...] = ("blue", "green")
    retire_after: timedelta = timedelta(hours=24)
    """How long old prod is kept after a promotion."""
    keep_failed: bool = True
    """Whether a candidate that failed a gate is kept at 0 % until its slot is used again."""
    settle: timedelta = timedelta(minutes=2)
    """After a traffic change, the time that isn't judged."""
    lag: timedelta = timedelta(minutes=3)
    """How far behind now the judging window ends, because metrics arrive late."""

    def stage_at(self, traffic: int) -> Stage | None:
        """Return the stage with that share, or None if it is no rung of the ladder."""
        return next((stage for stage in self.stages if stage.traffic == traffic), None)

    def next_stage(self, traffic: int) -> Stage | None:
        """Return the first stage above that share, or None at the top."""
        return next((stage for stage in self.stages if stage.traffic > traffic), None)
