"""Which deployment is judged now, at which stage, and over which time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.observed import Provisioning
from rollout.core.record import Record
from rollout.core.traffic import WHOLE
from rollout.core.window import Window

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.observed import Observed
    from rollout.core.past import PastStage
    from rollout.core.plan import Plan, Stage


@dataclass(frozen=True)
class Question:
    """What the gates are asked."""

    deployment: str
    stage: Stage
    window: Window
    prod: str | None = None
    """Whom the deployment is compared with; None where it has nobody beside it."""
    baseline: Baseline | None = None
    """What was frozen when the rollout opened its first compared stage."""
    past: tuple[PastStage, ...] = ()
    """The compared stages that are over, oldest first."""


def stage_opened(record: Record, seen: Observed) -> datetime:
    """Return when the traffic of the present stage was in force: its bake is counted from here.

    That is the latest of the step's own time, the endpoint's `lastModifiedAt` at read-back, and the last
    repair of the published record.
    """
    published = seen.published
    known = [at for at in (record.since, published.settled, published.repaired) if at is not None]
    return max(known, default=seen.now)


def question(plan: Plan, seen: Observed) -> Question | None:
    """Return what the gates are to judge, or None where nothing that is judged has traffic."""
    if seen.endpoint is None:
        return None
    record = Record.readable(seen.endpoint.tags)
    if record is None or record.stage is None:
        return None
    stage = plan.stage_at(record.stage)
    judged = record.candidate or record.prod
    live = seen.deployments.get(judged) if judged is not None else None
    if stage is None or live is None or live.state is not Provisioning.SUCCEEDED:
        return None
    opened = stage_opened(record, seen)
    if record.candidate is None and not watched(plan, record, seen):
        return None
    return Question(live.name, stage, Window(opened + plan.settle, seen.now - plan.lag))


def watched(plan: Plan, record: Record, seen: Observed) -> bool:
    """Return whether a first release is under watch: at 100 %, with nothing to go back to.

    It is watched for the bake of the last stage; a new release ends the watch.
    """
    last = plan.stage_at(WHOLE)
    return (
        record.candidate is None
        and record.stage == WHOLE
        and plan.release == record.prod_release != record.failed_release
        and last is not None
        and seen.now < stage_opened(record, seen) + plan.settle + last.bake + plan.lag
    )
