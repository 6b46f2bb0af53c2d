"""What the stack's config asks for: the release and the ladder it climbs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rollout.core.traffic import WHOLE, rung

PROBE_RUNG = 0
"""Every ladder starts below its first configured stage, with the candidate probed at 0 %."""


class OnInconclusive(StrEnum):
    """What becomes of a stage whose gates can't tell within `maxWait`."""

    HOLD = "hold"
    """It waits for a person, who may accept the margin that is proved."""
    ADVANCE = "advance"
    """It goes on, though nothing is proved."""
    ABORT = "abort"


class OnNoData(StrEnum):
    """What becomes of a stage in which nothing was measured within `maxWait`. Never success."""

    HOLD = "hold"
    ABORT = "abort"


@dataclass(frozen=True)
class Stage:
    """A rung of the ladder."""

    traffic: int
    """The candidate's share of live traffic, in percent; 0 where it only gets mirrored requests."""
    bake: timedelta = timedelta(0)
    """The least time the stage is watched."""
    min_requests: int = 1
    """The least count of requests to the candidate that a verdict needs."""
    mirror: int = 0
    """The share of live traffic that is copied to the candidate, in percent; its answers reach nobody."""
    approval: bool = False
    """Whether a person has to approve before the candidate gets this share."""
    deadline: timedelta | None = None
    """How long the gates may be in doubt at this stage, although they could tell, before it is taken back."""

    @property
    def name(self) -> str:
        """The rung as tags have it: `10`, or `0m20`."""
        return rung(self.traffic, self.mirror)

    @property
    def has_control(self) -> bool:
        """Whether prod serves at the same time, so that the two can be compared."""
        return self.traffic < WHOLE

    def show(self) -> str:
        """Return the stage as people write it: `10 %`, or `0 %, 20 % mirrored`."""
        return f"{self.traffic} %, {self.mirror} % mirrored" if self.mirror else f"{self.traffic} %"


@dataclass(frozen=True)
class Plan:
    """What to roll out, and how carefully."""

    release: str
    """The id of the release that config names."""
    stages: tuple[Stage, ...]
    """Rising: the mirrored ones first, then shares of live traffic, the last 100."""
    slots: tuple[str, ...] = ("blue", "green")
    retire_after: timedelta = timedelta(hours=24)
    """How long old prod is kept after a promotion."""
    keep_failed: bool = True
    """Whether a candidate that failed a gate is kept at 0 % until its slot is used again."""
    settle: timedelta = timedelta(minutes=2)
    """After a traffic change, the time that isn't judged."""
    lag: timedelta = timedelta(minutes=3)
    """How far behind now the judging window ends, because measurements arrive late."""
    compared_gates: int = 0
    """How many gates compare the candidate with prod."""
    max_wait: timedelta = timedelta(minutes=60)
    """How long the gates of a stage may be Inconclusive before `on_inconclusive` and `on_no_data` count."""
    on_inconclusive: OnInconclusive = OnInconclusive.HOLD
    on_no_data: OnNoData = OnNoData.HOLD

    @property
    def compared_stages(self) -> int:
        """How many stages have prod beside the candidate."""
        return sum(stage.has_control for stage in self.stages)

    def stage_at(self, traffic: int, mirror: int = 0) -> Stage | None:
        """Return the stage with those shares, or None if they are no rung of the ladder."""
        return next((s for s in self.stages if (s.traffic, s.mirror) == (traffic, mirror)), None)

    def next_stage(self, traffic: int, mirror: int = 0) -> Stage | None:
        """Return the first stage above those shares, or None at the top. Any live share is above a mirror."""
        return next((s for s in self.stages if (s.traffic, s.mirror) > (traffic, mirror)), None)

    def stage_below(self, traffic: int, mirror: int = 0) -> Stage | None:
        """Return the last stage below those shares, or None where only the probe's rung is."""
        below = [s for s in self.stages if (s.traffic, s.mirror) < (traffic, mirror)]
        return below[-1] if below else None
