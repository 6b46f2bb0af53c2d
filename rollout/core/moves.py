"""The moves: for each kind of step, what the endpoint's tags and traffic become and what is declared."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core.intended import asked
from rollout.core.observed import Deployment, Endpoint, Observed, Provisioning
from rollout.core.plan import Stage
from rollout.core.publication import phase_of
from rollout.core.record import PROD, Record, with_failed, without_failed
from rollout.core.step import Form, Outcome, Phase, Step, StepKind
from rollout.core.traffic import NO_TRAFFIC, WHOLE, Routing, Traffic
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from rollout.core.comparison.blocks import Baseline
    from rollout.core.intent import Intent, Verb
    from rollout.core.past import PastStage
    from rollout.core.plan import Plan
    from rollout.core.record import RecordError

UNKNOWN = "a release that isn't recorded"
"""How sentences name the candidate's release where that tag is lost."""


@dataclass(frozen=True)
class Scene:
    """The plan, what is seen, and the record that the live endpoint carries."""

    plan: Plan
    seen: Observed
    endpoint: Endpoint
    record: Record
    unread: RecordError | None = None
    """What is wrong with a tag of the record that no copy tells: nothing goes on then."""

    @property
    def published_phase(self) -> Phase:
        """The phase that goes with the record as it is."""
        return phase_of(self.record, self.plan.release)

    @property
    def rung(self) -> str:
        """The candidate's rung as people write it, whether the ladder has it or not."""
        return Stage(self.record.stage or 0, mirror=self.record.mirror).show()

    @property
    def who(self) -> str:
        """The candidate as sentences name it."""
        return f"{self.record.candidate} ({self.record.release or UNKNOWN})"

    def asked(self, verb: Verb) -> Intent | None:
        """Return the intent of that verb that a person has for what is there now, or None."""
        return asked(verb, self.plan, self.seen, self.record)

    def carries(self, deployment: Deployment, release: str | None) -> bool:
        """Return whether a live deployment says itself that it has that release.

        One that was taken over has no release id: it is known by its name and what it is made of.
        """
        if deployment.release is not None:
            return deployment.release == release
        taken = self.record.adopted
        return taken is not None and (taken.name, taken.content) == (deployment.name, deployment.content)

    def named(self, traffic: Traffic) -> dict[str, int]:
        """Return a map with what may be named in it: what gets requests, and at 0 what is there."""
        return {name: share for name, share in traffic.items() if share or self.live(name) is not None}

    def unmoved(self, *, without: str | None = None) -> dict[str, int]:
        """Return the map of a step that moves nothing, for what goes with it named no more.

        The live shares count: the tag with the record's may be lost, and an empty map would end all traffic.
        """
        shares = self.named({**dict.fromkeys(self.record.traffic, 0), **serving(self.endpoint.traffic)})
        return {name: share for name, share in shares.items() if name != without}

    def live(self, name: str | None) -> Deployment | None:
        """Return the live deployment of that name, or None."""
        return self.seen.deployments.get(name) if name is not None else None

    def frozen(self, *, without: str | None = None) -> dict[str, Form]:
        """Return every deployment of ours as it is live.

        One that failed to provision is left out unless it gets requests or was prod: the engine would retry
        it in every `up`.
        """
        return {
            name: Form.FROZEN
            for name, deployment in self.seen.deployments.items()
            if name != without and self._keeps(deployment)
        }

    def _keeps(self, deployment: Deployment) -> bool:
        name = deployment.name
        # Whatever may be in the stack's state by its name would be deleted undeclared, whosever it is by now.
        taken = self.record.adopted
        over = taken.name if taken is not None else None
        roles = (self.record.prod, self.record.old_prod, over, *self.plan.slots)
        ours = deployment.release is not None or name in roles
        # What was prod when it was last published is protected in the state, which refuses to delete it.
        protected = name in (self.record.prod, self.seen.published.record.get(PROD))
        # Old prod was made: whatever has failed since, it is kept to go back to, and deleted by its own step.
        kept = name == self.record.old_prod and deployment.state is not Provisioning.DELETING
        return protected or kept or (ours and not deployment.spent(self.endpoint.routing))


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


def repair(scene: Scene, reason: str, *, probe: str | None = None, discards: str | None = None) -> Step:
    """Return a step that publishes the record again, probes where no probe is known, drops what is left."""
    published = scene.published_phase
    return Step(
        kind=StepKind.REPAIR,
        phase=published,
        reason=reason,
        record=scene.record,
        published_phase=published,
        deployments=scene.frozen(without=discards),
        discards=discards,
        probe=probe,
        routing=scene.endpoint.routing,
    )


def start(plan: Plan, seen: Observed, scene: Scene | None, slot: str, reason: str) -> Step:
    """Return the step that creates the candidate in a slot at 0 %; prod keeps all traffic."""
    before = scene.record if scene is not None else Record()
    traffic: Traffic = {before.prod: WHOLE} if before.prod is not None else NO_TRAFFIC
    failed, earlier = without_failed(before.failed, plan.release)
    record = Record(
        prod=before.prod,
        prod_release=before.prod_release,
        failed_release=failed,
        failed_before=earlier,
        adopted=before.adopted,
        candidate=slot,
        release=plan.release,
        stage=0,
        since=seen.now,
        traffic=traffic,
    )
    kept = scene.frozen(without=slot) if scene is not None else {}
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
    traffic = scene.named(dict.fromkeys(before.traffic, 0))
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
    """Return the step that makes the candidate prod, and prod old prod; whatever isn't there yet, it gets."""
    before = scene.record
    first = before.prod is None
    candidate = before.candidate or ""
    old = scene.live(before.prod)
    traffic: Traffic = scene.named(dict.fromkeys(before.traffic, 0)) | {candidate: WHOLE}
    record = Record(
        prod=candidate,
        old_prod=old.name if old is not None else None,
        prod_release=before.release,
        old_prod_release=before.prod_release if old is not None else None,
        failed_release=before.failed_release,
        failed_before=before.failed_before,
        adopted=before.adopted,
        stage=WHOLE if first else None,
        since=scene.seen.now,
        traffic=traffic,
    )
    return _written(scene, StepKind.PROMOTE, record, reason, scene.frozen())


def retire(scene: Scene, reason: str) -> Step:
    """Return the step that takes old prod out of the traffic map and deletes it."""
    old = scene.record.old_prod
    record = replace(scene.record, since=scene.seen.now, traffic=scene.unmoved(without=old))
    return _written(scene, StepKind.RETIRE, record, reason, scene.frozen(without=old))


def finish(scene: Scene, reason: str) -> Step:
    """Return the step that forgets an old prod that is confirmed gone."""
    old = scene.record.old_prod
    adopted = scene.record.adopted
    record = replace(
        scene.record,
        old_prod=None,
        old_prod_release=None,
        adopted=adopted if adopted is not None and adopted.name != old else None,
        since=scene.seen.now,
        traffic=scene.unmoved(without=old),
    )
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
        or candidate.state.at_work
        or (
            failed
            and scene.plan.keep_failed
            and candidate.state is Provisioning.SUCCEEDED
            and candidate.release == before.release
        )
    )
    traffic = scene.named(scene.endpoint.traffic)
    if before.candidate is not None and before.candidate in traffic:
        share = traffic.pop(before.candidate)
        if before.prod is not None and share:
            traffic[before.prod] = traffic.get(before.prod, 0) + share
        if kept:
            traffic[before.candidate] = 0
    last, earlier = with_failed(before.failed, before.release if failed else None)
    record = Record(
        prod=before.prod,
        old_prod=before.old_prod,
        prod_release=before.prod_release,
        old_prod_release=before.old_prod_release,
        failed_release=last,
        failed_before=earlier,
        adopted=before.adopted,
        since=scene.seen.now,
        traffic=traffic,
    )
    deployments = scene.frozen() if kept else scene.frozen(without=before.candidate)
    outcome = Outcome.TAKEN_BACK if failed else Outcome.FINE
    step = _written(scene, StepKind.ABORT, record, reason, deployments, outcome)
    return replace(step, routing=Routing(traffic, _others_mirror(scene, traffic)))


def undo(scene: Scene, release: str | None, reason: str) -> Step:
    """Return the step that moves exactly prod's share to old prod, which is prod again.

    The release that was prod counts as taken back; its deployment stays at 0 % as one that failed a gate.
    Where somebody took prod's share away, old prod gets what nobody has.
    """
    before = scene.record
    left, back = before.prod or "", before.old_prod or ""
    traffic = scene.named(scene.endpoint.traffic)
    if left in traffic:
        traffic[left] = 0
    traffic[back] = WHOLE - sum(share for name, share in traffic.items() if name != back)
    last, earlier = with_failed(before.failed, before.prod_release)
    record = Record(
        prod=back,
        prod_release=release,
        failed_release=last,
        failed_before=earlier,
        adopted=before.adopted,
        since=scene.seen.now,
        traffic=traffic,
    )
    step = _written(scene, StepKind.UNDO, record, reason, scene.frozen(), Outcome.TAKEN_BACK)
    return replace(step, routing=Routing(traffic, _others_mirror(scene, traffic)))


def adopt(scene: Scene, record: Record, reason: str) -> Step:
    """Return the step that writes what a person takes for the record; at 0 % it probes the candidate."""
    adopted = replace(record, since=scene.seen.now)
    return _probing(scene, _written(scene, StepKind.ADOPT, adopted, reason, scene.frozen()))


def reset(scene: Scene, traffic: Traffic, reason: str) -> Step:
    """Return the step that sets the live traffic, and the mirror, back to the record's."""
    record = replace(scene.record, since=scene.seen.now, traffic=traffic)
    return _probing(scene, _written(scene, StepKind.RESET, record, reason, scene.frozen()))


def _probing(scene: Scene, step: Step) -> Step:
    """Return the step with a probe of a candidate that is below its first stage."""
    record = step.record
    candidate = scene.live(record.candidate)
    if candidate is None or candidate.release != record.release or record.stage or record.mirror:
        return step
    return replace(step, probe=record.candidate)


def condemn(scene: Scene, reason: str) -> Step:
    """Return the step that records a first release as failed; it keeps its traffic, for want of another."""
    last, earlier = with_failed(scene.record.failed, scene.record.prod_release)
    record = replace(
        scene.record,
        stage=None,
        failed_release=last,
        failed_before=earlier,
        since=scene.seen.now,
        traffic=scene.unmoved(),
    )
    return _written(scene, StepKind.ABORT, record, reason, scene.frozen(), Outcome.TAKEN_BACK)


def _others_mirror(scene: Scene, traffic: Traffic) -> dict[str, int]:
    """Return somebody else's mirror: it stays like their share, but Azure takes none to what serves."""
    return {
        name: share
        for name, share in scene.endpoint.mirror.items()
        if share and name != scene.record.candidate and not traffic.get(name)
    }


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
