"""How long to wait until the next `pulumi up` can find the stage judged."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.config import Settings

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Wait:
    """Time of Azure's that has to pass, and why."""

    azure: timedelta
    why: str
    idle: bool = False
    """Nothing is judged meanwhile, so that the clock can be hurried."""

    @property
    def minutes(self) -> float:
        """The time in minutes."""
        return self.azure / MINUTE

    def seconds(self, rate: float) -> float:
        """Return it by the wall's clock, where Azure's runs at `rate`."""
        return self.azure.total_seconds() / rate


def share(traffic: Mapping[str, int], candidate: str | None) -> int:
    """Return the candidate's percentage of live traffic."""
    return traffic.get(candidate, 0) if candidate else 0


def after(settings: Settings, step: str, percent: int) -> Wait | None:
    """Return what to wait for after a step that left the candidate at that share; None for nothing.

    Gates are judged on whole minutes between `settle` after the change and `lag` before the judging: the
    wait is the bake, or what that window needs where the bake is shorter, and a minute for the alignment.
    """
    ladder = settings.ladder
    if step in {"advance", "repair"}:
        stage = next((each for each in ladder.stages if each.traffic == percent), None)
        if stage is None:
            return None
        window = max(settings.needs(gate) for gate in settings.gates)
        judged = ladder.settle + window + ladder.lag + MINUTE
        return Wait(max(stage.bake, judged), f"the stage of {percent} % bakes")
    if step == "promote":
        return Wait(ladder.retire_after, "old prod is kept, in case it is needed again", idle=True)
    if step in {"hold", "none"}:
        return Wait(2 * MINUTE, "it held; tried again")
    return None
