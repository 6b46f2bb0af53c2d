"""The moves: for each kind of step, what the endpoint's tags and traffic become and what is declared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core.observed import Deployment, Endpoint, Observed, Provisioning
from rollout.core.plan import Stage
from rollout.core.publication import phase_of
from rollout.core.record import Record
from rollout.core.step import Form, Outcome, Phase, Step, StepKind
from rollout.core.traffic import NO_TRAFFIC, WHOLE, Routing, Traffic

if TYPE_CHECKING:
    from rollout.core.comparison.blocks import Baseline
    from rollout.core.past import PastStage
    from rollout.core.plan import Plan


@dataclass(frozen=True)
class Scene:
    """The plan, what is seen, and the record that the live endpoint carries."""

    plan: Plan
    seen: Observed
    endpoint: Endpoint
    record: Record

    @property
    def published_phase(self) -> Phase:
        """The phase that goes with the record as it is."""
        return phase_of(self.record, self.plan.release)

    @property
    def rung(self) -> str:
        """The candidate's rung as people write it, whether the ladder has it or not."""
        return Stage(self.record.stage or 0, mirror=self.record.mirror).show()

    def live(self, name: str | None) -> Deployment | None:
        """Return the live deployment of that name, or None."""
        return self.seen.deployments.get(name) if name is not None else None

    def frozen(self, *, without: str | None = None) -> dict[str, Form]:
        """Return every deployment of ours as it is live.

        One that failed to provision is left out unless it gets requests: the engine would retry it in every
        `up`.
        """
        return {
            name: Form.FROZEN
            for name, deployment in self.seen.deployments.items()
            if name != without and self._keeps(deployment)
        }

    def _keeps(self, deployment: Deployment) -> bool:
        name, routing = deployment.name, self.endpoint.routing
        gets = routing.traffic.get(name, 0) > 0 or routing.mirror.get(name, 0) > 0
        # A slot's name may be in the stack's state: undeclared, it would be deleted, whosever it is by now.
        ours = deployment.release is not None or deployment.name in (self.record.prod, *self.plan.slots)
        usable = deployment.state not in (Provisioning.FAILED, Provisioning.CANCELED, Provisioning.DELETING)
        return ours and (gets or name == self.record.prod or usable)


def stay(
    scene: Scene,
    reason: str,
    *,
    kind: StepKind = StepKind.HOLD,
    phase: Phase | None = None,
    outcome: Outcome = Outcome.FINE,
) -> Step:
    """Return a step that changes nothing: `hold`, or `none`."""
    published = scene.published_phase
    return Step(
        kind=kind,
        phase=phase or published,
        reason=reason,
        record=scene.record,
        published_phase=published,
        deployments=scene.frozen(),
        outcome=outcome,
        routing=scene.endpoint.routing,
    )


def repair(scene: Scene, reason: str, *, probe: str | None = None, without: str | None = None) -> Step:
    """Return a step that publishes the record again, probes where no probe is known, drops what is left."""
    published = scene.published_phase
    return Step(
        kind=StepKind.REPAIR,
        phase=published,
        reason=reason,
        record=scene.record,
        published_phase=published,
        deployments=scene.frozen(without=without),
        probe=probe,
        routing=scene.endpoint.routing,
    )


def start(plan: Plan, seen: Observed, scene: Scene | None, slot: str, reason: str) -> Step:
    """Return the step that creates the candidate in a slot at 0 %; prod keeps all traffic."""
    before = scene.record if scene is not None else Record()
    traffic: Traffic = {before.prod: WHOLE} if before.prod is not None else NO_TRAFFIC
    record = Record(
        prod=before.prod,
        prod_release=before.prod_release,
        failed_release=before.failed_release,
        candidate=slot,
        release=plan.release,
        stage=0,
        since=seen.now,
        traffic=traffic,
    )
    kept = scene.frozen(without=slot) if scene is not None else {}
    if scene is not None and before.candidate not in (None, slot):
        kept.pop(before.candidate or "", None)
    return Step(
        kind=StepKind.START,
        phase=Phase.PROGRESSING,
        reason=reason,
        record=record,
        published_phase=Phase.PROGRESSING,
        deployments={**kept, slot: Form.FRESH},
        probe=slot,
        routing=record.routing,
    )


def advance(
    scene: Scene,
    stage: Stage,
    reason: str,
    *,
    baseline: Baseline | None = None,
    over: PastStage | None = None,
) -> Step:
    """Return the step that raises the candidate's share to the next rung; prod gets the rest.

    A mirrored rung leaves the live traffic as it is. `baseline` is frozen with it; `over` is the compared
    stage that ends.
    """
    before = scene.record
    traffic = dict.fromkeys(before.traffic, 0)
    if before.prod is not None:
        traffic[before.prod] = WHOLE - stage.traffic
    if before.candidate is not None and (stage.traffic or before.candidate in traffic):
        traffic[before.candidate] = stage.traffic
    record = replace(
        before,
        stage=stage.traffic,
        mirror=stage.mirror,
        since=scene.seen.now,
        traffic=traffic,
        baseline=baseline or before.baseline,
        past=(*before.past, over) if over is not None else before.past,
    )
    return _written(scene, StepKind.ADVANCE, record, reason, scene.frozen())


def promote(scene: Scene, reason: str) -> Step:
    """Return the step that makes the candidate prod, and prod old prod; a first release gets all traffic."""
    before = scene.record
    first = before.prod is None
    candidate = before.candidate or ""
    traffic: Traffic = {candidate: WHOLE} if first else before.traffic
    record = Record(
        prod=candidate,
        old_prod=before.prod,
        prod_release=before.release,
        failed_release=before.failed_release,
        stage=WHOLE if first else None,
        since=scene.seen.now,
        traffic=traffic,
    )
    return _written(scene, StepKind.PROMOTE, record, reason, scene.frozen())


def retire(scene: Scene, reason: str) -> Step:
    """Return the step that takes old prod out of the traffic map and deletes it."""
    old = scene.record.old_prod
    traffic = {name: share for name, share in scene.record.traffic.items() if name != old}
    record = replace(scene.record, since=scene.seen.now, traffic=traffic)
    return _written(scene, StepKind.RETIRE, record, reason, scene.frozen(without=old))


def finish(scene: Scene, reason: str) -> Step:
    """Return the step that forgets an old prod that is confirmed gone."""
    old = scene.record.old_prod
    traffic = {name: share for name, share in scene.record.traffic.items() if name != old}
    record = replace(scene.record, old_prod=None, since=scene.seen.now, traffic=traffic)
    return _written(scene, StepKind.FINISH, record, reason, scene.frozen())


def abort(scene: Scene, reason: str, *, failed: bool) -> Step:
    """Return the step that moves exactly the candidate's share to prod, and ends its mirror in the same PUT.

    A candidate that failed a gate stays at 0 % where the plan keeps it; one that only was overtaken goes,
    unless Azure still works on it or somebody else put it there.
    """
    before = scene.record
    candidate = scene.live(before.candidate)
    kept = candidate is not None and (
        candidate.release is None
        or candidate.state in (Provisioning.CREATING, Provisioning.UPDATING, Provisioning.SCALING)
        or (
            failed
            and scene.plan.keep_failed
            and candidate.state is Provisioning.SUCCEEDED
            and candidate.release == before.release
        )
    )
    traffic = dict(scene.endpoint.traffic)
    if before.candidate is not None and before.candidate in traffic:
        share = traffic.pop(before.candidate)
        if before.prod is not None and share:
            traffic[before.prod] = traffic.get(before.prod, 0) + share
        if kept:
            traffic[before.candidate] = 0
    record = Record(
        prod=before.prod,
        old_prod=before.old_prod,
        prod_release=before.prod_release,
        failed_release=before.release if failed else before.failed_release,
        since=scene.seen.now,
        traffic=traffic,
    )
    deployments = scene.frozen() if kept else scene.frozen(without=before.candidate)
    outcome = Outcome.TAKEN_BACK if failed else Outcome.FINE
    step = _written(scene, StepKind.ABORT, record, reason, deployments, outcome)
    # Somebody else's mirror stays like their share, but Azure takes none to a deployment that serves.
    others = {
        name: share
        for name, share in scene.endpoint.mirror.items()
        if share and name != before.candidate and not traffic.get(name)
    }
    return replace(step, routing=Routing(traffic, others))


def condemn(scene: Scene, reason: str) -> Step:
    """Return the step that records a first release as failed; it keeps its traffic, for want of another."""
    record = replace(scene.record, stage=None, failed_release=scene.record.prod_release, since=scene.seen.now)
    return _written(scene, StepKind.ABORT, record, reason, scene.frozen(), Outcome.TAKEN_BACK)


def _written(  # noqa: PLR0917  # the step's own fields
    scene: Scene,
    kind: StepKind,
    record: Record,
    reason: str,
    deployments: dict[str, Form],
    outcome: Outcome = Outcome.FINE,
) -> Step:
    phase = phase_of(record, scene.plan.release)
    return Step(kind, phase, reason, record, phase, deployments, outcome=outcome, routing=record.routing)
