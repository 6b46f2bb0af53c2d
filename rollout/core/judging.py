"""Which deployment is judged now, at which stage, and over which time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.intended import aborting
from rollout.core.known import known
from rollout.core.observed import Provisioning
from rollout.core.plan import PROBE_RUNG, Stage
from rollout.core.traffic import WHOLE
from rollout.core.verdict import Verdict
from rollout.core.window import Window

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.observed import Deployment, Endpoint, Observed
    from rollout.core.past import PastStage
    from rollout.core.plan import Plan
    from rollout.core.record import Record


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

    That is the latest of the step's own time, the time at which the traffic was read back, and the last
    repair of the published record.
    """
    published = seen.published
    known = [at for at in (record.since, published.settled, published.repaired) if at is not None]
    return max(known, default=seen.now)


def question(plan: Plan, seen: Observed) -> Question | None:
    """Return what the gates are to judge, or None where nothing that is judged has traffic.

    A share that the ladder has no more is judged all the same, and so is what Azure scales or updates while
    it serves. None where a person takes the candidate back: that needs no measurement.
    """
    if seen.endpoint is None or aborting(plan, seen):
        return None
    record = known(seen)
    if record is None or record.stage is None:
        return None
    stage = plan.stage_at(record.stage, record.mirror)
    if stage is None and record.candidate is not None and (record.stage or record.mirror):
        stage = Stage(record.stage, mirror=record.mirror)
    judged = record.candidate or record.prod
    live = seen.deployments.get(judged) if judged is not None else None
    if stage is None or live is None or not _answers(live, seen.endpoint):
        return None
    opened = stage_opened(record, seen)
    if record.candidate is None and not watched(plan, record, seen):
        return None
    window = Window(opened + plan.settle, seen.now - plan.lag)
    if record.candidate is None:
        return Question(live.name, stage, window)
    return Question(live.name, stage, window, record.prod, record.baseline, record.past)


def _answers(live: Deployment, endpoint: Endpoint) -> bool:
    """Return whether a deployment is there to be judged."""
    at_work = live.state in (Provisioning.UPDATING, Provisioning.SCALING) and live.gets(endpoint.routing)
    return at_work or live.state is Provisioning.SUCCEEDED


def probed(record: Record, seen: Observed) -> bool:
    """Return whether the candidate's release is known to have passed its probe.

    Before its first stage, only a probe after its start counts.
    """
    probe = seen.published.probe
    return (
        probe is not None
        and probe.release == record.release
        and probe.verdict is Verdict.SUCCESSFUL
        and not (_at_probe_rung(record) and record.since is not None and probe.at < record.since)
    )


@dataclass(frozen=True)
class BaselineQuestion:
    """Whose history has to be measured before a candidate is compared."""

    prod: str
    end: datetime
    """When the history ends: what is later may not have arrived yet."""


def baseline_due(plan: Plan, seen: Observed) -> BaselineQuestion | None:
    """Return whose history the next step freezes, or None where it opens no comparison.

    That is so where the candidate passed its probe, the next stage has prod beside it, and gates compare.
    """
    record = known(seen)
    if record is None or record.prod is None or not plan.compared_gates or aborting(plan, seen):
        return None
    following = plan.next_stage(0)
    candidate = seen.deployments.get(record.candidate or "")
    ready = (
        _at_probe_rung(record)
        and plan.release == record.release
        and candidate is not None
        and candidate.release == record.release
        and candidate.state is Provisioning.SUCCEEDED
        and probed(record, seen)
    )
    if not ready or following is None or not following.has_control:
        return None
    return BaselineQuestion(record.prod, seen.now - plan.lag)


def _at_probe_rung(record: Record) -> bool:
    return (record.stage or 0, record.mirror) == (PROBE_RUNG, 0)


def watched(plan: Plan, record: Record, seen: Observed) -> bool:
    """Return whether a first release is under watch: at 100 %, with nothing to go back to.

    It is watched for the bake of the last stage; a new release ends the watch.
    """
    last = plan.stage_at(WHOLE)
    return (
        record.candidate is None
        and record.stage == WHOLE
        and plan.release == record.prod_release
        and plan.release not in record.failed
        and last is not None
        and seen.now < stage_opened(record, seen) + plan.settle + last.bake + plan.lag
    )
