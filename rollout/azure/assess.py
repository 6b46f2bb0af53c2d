"""Assess: from what is seen to the step that is due. The program and the commands see it alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure import releases
from rollout.azure.metrics import measure
from rollout.core.decide import decide
from rollout.core.gates.judge import judge
from rollout.core.gates.queries import fixed_queries
from rollout.core.judging import question
from rollout.core.record import Record

if TYPE_CHECKING:
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.core.config import Settings
    from rollout.core.gates.judgement import Judgement
    from rollout.core.observed import Observed, Published
    from rollout.core.place import Place
    from rollout.core.plan import Plan
    from rollout.core.step import Step


@dataclass(frozen=True)
class Assessment:
    """Everything a decision rested on, and the decision."""

    wanted: releases.Wanted
    plan: Plan
    seen: Observed
    judgement: Judgement | None
    step: Step

    @property
    def record(self) -> Record:
        """The record as the live endpoint has it now; an empty one where there is none that can be read."""
        found = Record.readable(self.seen.endpoint.tags) if self.seen.endpoint else None
        return found or Record()


def assess(
    settings: Settings, arm: Arm, place: Place, *, sight: Sight, published: Published, root: Path
) -> Assessment:
    """Return the step that is due, and what it rests on; reads what the gates ask for, and writes nothing.

    `root` is the project's folder. Raises `CodeError` and `ReadError` for the release that config names; what
    a gate can't read is no error but a verdict.
    """
    seen = sight.observed(published)
    wanted = releases.wanted(settings, arm, place, sight, root)
    plan = settings.plan(wanted.release.id)
    judgement = _judge(settings, arm, place, plan, seen, sight)
    return Assessment(wanted, plan, seen, judgement, decide(plan, seen, judgement))


def _judge(  # noqa: PLR0917  # the seam between what is asked and what is measured
    settings: Settings, arm: Arm, place: Place, plan: Plan, seen: Observed, sight: Sight
) -> Judgement | None:
    asked = question(plan, seen)
    if asked is None or sight.endpoint is None:
        return None
    wanted = fixed_queries(settings.gates, asked.deployment, asked.stage, asked.window)
    evidence = measure(wanted, place.endpoint_id, sight.endpoint.location, arm.cloud, arm.tokens)
    return judge(settings.gates, settings.comparison, asked, None, evidence)
