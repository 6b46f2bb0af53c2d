"""What a loop sees look by look, made up, and a clock that only its sleeping moves: for `run` and `guard`."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from rollout.core.observed import Endpoint, Observed, Provisioning
from rollout.core.plan import Plan, Stage
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, Step, StepKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rollout.azure.assess import Assessment
    from rollout.cli.engine import Ran

__all__ = ["BACK", "BEFORE", "CLIMBING", "NEW", "Looks", "seen"]

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
OLD, NEW = "m:1-aaaaaaaa", "m:2-bbbbbbbb"
PLAN = Plan(NEW, (Stage(10, timedelta(minutes=30)), Stage(50), Stage(100)))
BEFORE = Record(prod="blue", prod_release=OLD, traffic={"blue": 100})
CLIMBING = replace(
    BEFORE,
    candidate="green",
    release=NEW,
    stage=10,
    since=NOW - timedelta(minutes=29, seconds=50),
    traffic={"blue": 90, "green": 10},
)
BACK = replace(BEFORE, failed_release=NEW)


def seen(
    kind: StepKind,
    record: Record,
    phase: Phase = Phase.PROGRESSING,
    reason: str = "so",
    outcome: Outcome = Outcome.FINE,
) -> Assessment:
    """Return what a look comes to."""
    endpoint = Endpoint(Provisioning.SUCCEEDED, record.traffic, record.tags())
    step = Step(kind, phase, reason, record, phase, outcome=outcome)
    found = SimpleNamespace(plan=PLAN, seen=Observed(NOW, endpoint), step=step, record=record, judgement=None)
    return cast("Assessment", found)


@dataclass
class Looks:
    """What there is to be seen, look by look, and what each `up` comes to; the last look is seen for ever."""

    looks: Sequence[Assessment | Exception]
    runs: list[Ran] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    slept: list[float] = field(default_factory=list)
    ups: int = 0
    at: float = 0.0
    looked: int = 0

    def look(self) -> Assessment:
        """Return what is to be seen now; what can't be read is raised."""
        found = self.looks[min(self.looked, len(self.looks) - 1)]
        self.looked += 1
        if isinstance(found, Exception):
            raise found
        return found

    def run(self, otherwise: Ran) -> Ran:
        """Return what the next `up` comes to."""
        self.ups += 1
        return self.runs.pop(0) if self.runs else otherwise

    def options(self) -> dict[str, Any]:
        """Return what both loops are given."""
        return {"look": self.look, "tell": self._tell, "sleep": self._sleep, "clock": lambda: self.at}

    def _tell(self, event: str, _: object, said: str) -> None:
        self.told.append(f"{event}: {said}")

    def _sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds
