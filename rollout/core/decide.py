"""The decision: from the plan and what is seen, the one step that this `pulumi up` takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core import moves, times
from rollout.core.adopting import take_over, without_prod, without_release
from rollout.core.by_people import aborted, done, skipped, undone
from rollout.core.climbing import climb
from rollout.core.drifting import drifted
from rollout.core.heard import heard
from rollout.core.inconclusive import overdue
from rollout.core.intent import Verb
from rollout.core.judging import probed
from rollout.core.known import read
from rollout.core.moves import Scene
from rollout.core.observed import Deployment, Observed, Provisioning
from rollout.core.pausing import stopped
from rollout.core.publication import lags
from rollout.core.record import RELEASE, Record
from rollout.core.step import Outcome, Phase, Step, StepKind
from rollout.core.taking_back import take_back, unfit_as, unsound_prod
from rollout.core.traffic import live
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.evidence import Unreadable
    from rollout.core.gates.history import Thin
    from rollout.core.gates.judgement import Judgement
    from rollout.core.plan import Plan
    from rollout.core.record import RecordError


def decide(
    plan: Plan,
    seen: Observed,
    judgement: Judgement | None,
    baseline: Baseline | Thin | Unreadable | None = None,
) -> Step:
    """Return the next step. Total: for every observation there is one, and it says why.

    `judgement` is what the gates said to `rollout.core.judging.question`; None where that was None, or
    where the gates couldn't be asked at all. `baseline` likewise is what `rollout.core.judging.baseline_due`
    asks for.
    """
    return heard(plan, seen, _decided(plan, seen, judgement, baseline))


def _decided(
    plan: Plan,
    seen: Observed,
    judgement: Judgement | None,
    baseline: Baseline | Thin | Unreadable | None,
) -> Step:
    if seen.endpoint is None:
        return moves.start(plan, seen, None, plan.slots[0], _starts(plan, plan.slots[0], first=True))
    found = read(seen)
    scene = Scene(plan, seen, seen.endpoint, found.record or Record(), found.unread)
    if seen.endpoint.state.in_progress:
        state = seen.endpoint.state
        step = moves.stay(scene, f"the endpoint is {state}: run again when Azure has finished")
        return replace(step, as_found=found.record is None or found.unread is not None)
    if found.record is None:
        return _without_record(scene)
    step = without_prod(scene)
    if step is None:
        rolling = found.record.candidate is not None
        step = _progressing(scene, judgement, baseline) if rolling else _settled(scene, judgement)
    step = stopped(scene, _only_back(scene, step))
    return replace(step, reason=f"{step.reason}; {found.said}") if found.said else step


def _without_record(scene: Scene) -> Step:
    """Decide where nothing can be read of a record: there is none, or all of its tags are garbled."""
    if scene.unread is not None:
        return _garbled(scene, scene.unread)
    empty = not scene.seen.deployments and not live(scene.endpoint.traffic)
    return stopped(scene, _fresh_start(scene)) if empty else take_over(scene)


def _only_back(scene: Scene, step: Step) -> Step:
    """Return the step; where a tag can't be read, only one that takes back, or says why it can't."""
    back = step.kind in (StepKind.ABORT, StepKind.UNDO) or step.outcome is Outcome.STUCK
    return step if scene.unread is None or back else _garbled(scene, scene.unread)


def _progressing(
    scene: Scene, judgement: Judgement | None, baseline: Baseline | Thin | Unreadable | None
) -> Step:
    """Decide while a release is being rolled out."""
    record = scene.record
    candidate = scene.live(record.candidate)
    ours = candidate if candidate is not None and candidate.release == record.release else None
    # What gets requests in its place is taken back for it, whatever its own tag says by now.
    serves = candidate if candidate is not None and candidate.gets(scene.endpoint.routing) else None
    if abort := aborted(scene):
        return abort
    if failure := _failure(scene, ours or serves, judgement):
        return take_back(scene, failure, failed=True)
    if drift := drifted(scene):
        return drift
    if scene.plan.release != record.release:
        return _superseded(scene)
    if scene.unread is not None:
        return _garbled(scene, scene.unread)
    if ours is None:
        return _unfinished_start(scene, candidate)
    return _not_ready(scene, ours) or climb(scene, judgement, baseline)


def _not_ready(scene: Scene, candidate: Deployment) -> Step | None:
    """Decide what comes before a live candidate may go on, or that a person lets it go on at once."""
    record = scene.record
    if candidate.state.in_progress:
        return moves.stay(scene, f"{candidate.name} is {candidate.state}: run again when Azure has finished")
    if stop := skipped(scene) or unsound_prod(scene):
        return stop
    if not probed(record, scene.seen):
        return moves.repair(
            scene, f"no probe of {record.release} is known: {candidate.name} is probed", probe=candidate.name
        )
    if lags(record, scene.seen.published):
        return moves.repair(scene, "the stack tags lag behind the endpoint's: published again")
    return None


def _settled(scene: Scene, judgement: Judgement | None) -> Step:
    """Decide while no release is being rolled out."""
    record, seen, plan = scene.record, scene.seen, scene.plan
    if contradiction := undone(scene) or without_release(scene) or drifted(scene) or unsound_prod(scene):
        return contradiction
    if (
        judgement is not None
        and judgement.verdict is Verdict.FAILED
        and record.prod_release not in record.failed
    ):
        return moves.condemn(
            scene,
            f"{record.prod} ({record.prod_release}) failed at 100 %: {judgement.reason}; it keeps its "
            "traffic, because no earlier release is there to go back to: release another",
        )
    if lags(record, seen.published):
        return moves.repair(scene, "the stack tags lag behind the endpoint's: published again")
    if judgement is not None and judgement.verdict is Verdict.ERROR:
        return moves.stay(
            scene, f"{record.prod} can't be judged: {judgement.reason}", outcome=Outcome.UNREADABLE
        )
    retry = scene.asked(Verb.RETRY)
    wanted = retry is not None or plan.release not in (record.prod_release, *record.failed)
    if record.old_prod is not None:
        return _soaking(scene, record.old_prod, wanted=wanted)
    if wanted:
        step = _fresh_start(scene)
        return done(step, retry) if retry is not None and step.kind is StepKind.START else step
    if left := _discarded(scene):
        return _discard(scene, *left)
    if seen.published.phase != scene.published_phase:
        return moves.repair(scene, f"with {plan.release} wanted, the phase is {scene.published_phase}")
    if plan.release in record.failed:
        return _nothing(scene, _refused(record, plan.release))
    return _nothing(scene, f"{record.prod} serves {record.prod_release}: nothing to do")


def _discarded(scene: Scene) -> tuple[str, str] | None:
    """Return the slot that holds a release that isn't to be kept, and why it isn't; None: there is none."""
    record = scene.record
    for name, each in _left(scene).items():
        if each.release not in record.failed and scene.seen.now >= _left_until(scene):
            return name, "which serves nobody and has no role: deleted"
        if each.release in record.failed and not scene.plan.keep_failed:
            return name, "and keepFailed is false: deleted"
    return None


def _left(scene: Scene) -> dict[str, Deployment]:
    """Return the deployments of rollouts that are over: taken back, or withdrawn and not deleted yet."""
    record = scene.record
    return {
        name: each
        for name, each in scene.seen.deployments.items()
        if each.release is not None
        and name not in (record.prod, record.old_prod)
        and (each.release in record.failed or name in scene.plan.slots)
        and each.state is Provisioning.SUCCEEDED
    }


def _left_until(scene: Scene) -> datetime:
    """Return until when what is left of a rollout is kept, if it didn't fail: it may have been prod."""
    return (scene.record.since or scene.seen.now) + scene.plan.retire_after


def _discard(scene: Scene, left: str, why_not: str) -> Step:
    """Return the repair that deletes what is left of a release."""
    release = scene.seen.deployments[left].release
    return moves.repair(scene, f"{left} is left of {release}, {why_not}", discards=left)


def _nothing(scene: Scene, reason: str) -> Step:
    """Return the step that does nothing, and says what is left over and until when."""
    until = times.show_instant(_left_until(scene))
    left = [
        f"; {name} is left of {each.release}, kept until {until}"
        for name, each in _left(scene).items()
        if each.release not in scene.record.failed
    ]
    return moves.stay(scene, f"{reason}{''.join(left)}", kind=StepKind.NONE)


def _soaking(scene: Scene, old: str, *, wanted: bool) -> Step:
    """Decide while old prod is still recorded."""
    record, seen, plan = scene.record, scene.seen, scene.plan
    kept = scene.live(old)
    if kept is None:
        return moves.finish(scene, f"{old} is gone: its tag goes too")
    if kept.state is Provisioning.DELETING:
        return moves.stay(scene, f"{old} is being deleted: run again when Azure has finished")
    if record.traffic and old not in record.traffic:
        if seen.published.repaired is None or (record.since and seen.published.repaired < record.since):
            # The engine deletes only what its state has: declared once more, it is there if it was lost.
            return moves.repair(scene, f"{old} was to be deleted and is still there: taken up again")
        return _retired(scene, kept, f"{old} was to be deleted and is still there: deleted again")
    due = (record.since or seen.now) + plan.retire_after
    back = plan.release == record.old_prod_release and unfit_as(scene, old, plan.release) is None
    if wanted and back and seen.now < due:
        return moves.stay(
            scene,
            f"config went back to {plan.release}, which is old prod: `rollout undo` makes {old} prod again "
            f"at once; else it is deleted at {times.show_instant(due)}, and {plan.release} starts anew",
            phase=Phase.PAUSED,
        )
    if wanted:
        over = f"{plan.release} waits to start: {old} is deleted now, and going back to it is over"
        return _retired(scene, kept, over)
    if seen.now >= due:
        kept_for = times.show_duration(plan.retire_after)
        return _retired(scene, kept, f"{old} was kept for {kept_for} after the promotion: deleted")
    return moves.stay(
        scene,
        f"{record.prod} serves {record.prod_release}; {old} is kept until {times.show_instant(due)}",
        kind=StepKind.NONE,
    )


def _retired(scene: Scene, old: Deployment, reason: str) -> Step:
    """Return the step that deletes old prod, or the hold while Azure works on it, which refuses to."""
    if old.state.at_work:
        return moves.stay(scene, f"{old.name} is {old.state}: run again when Azure has finished")
    return moves.retire(scene, reason)


def _fresh_start(scene: Scene) -> Step:
    """Decide how the wanted release starts: in the first slot that is neither prod's nor somebody else's."""
    plan, record = scene.plan, scene.record
    others = [name for name in plan.slots if name != record.prod]
    free = [name for name in others if (there := scene.live(name)) is None or there.release is not None]
    slot = (free or others)[0]
    occupant = scene.live(slot)
    if occupant is not None and (blocked := _blocked(scene, occupant)):
        return blocked
    reason = _starts(plan, slot, first=record.prod is None)
    if (retry := scene.asked(Verb.RETRY)) is not None:
        reason = f"{plan.release} is tried again by {retry.told}: it starts in {slot} at 0 % and is probed"
    return moves.start(plan, scene.seen, scene, slot, reason)


def _blocked(scene: Scene, occupant: Deployment) -> Step | None:
    """Return the hold where a slot can't be replaced now, or None."""
    if occupant.state.in_progress:
        return moves.stay(scene, f"{occupant.name} is {occupant.state}: run again when Azure has finished")
    if occupant.release is None and occupant.name == scene.record.candidate:
        return moves.stay(
            scene,
            f"the candidate {occupant.name} carries no release, not {scene.record.release}: put its tag "
            f"{RELEASE} back, or `rollout abort`",
            phase=Phase.DEGRADED,
        )
    if occupant.release is None:
        return moves.stay(
            scene,
            f"the slot {occupant.name} holds a deployment that no rollout made: delete it, or name other "
            "slots in config",
            phase=Phase.DEGRADED,
        )
    if scene.endpoint.traffic.get(occupant.name, 0):
        share = scene.endpoint.traffic[occupant.name]
        return moves.stay(
            scene,
            f"{occupant.name} serves {share} % with {occupant.release}, not {scene.record.release}: it isn't "
            f"replaced while it serves: put its tag {RELEASE} right, or `rollout abort`",
            phase=Phase.DEGRADED,
        )
    if copies := scene.endpoint.mirror.get(occupant.name, 0):
        return moves.stay(
            scene,
            f"{copies} % of the live traffic are mirrored to {occupant.name} with {occupant.release}, not "
            f"{scene.record.release}: it isn't replaced while it gets any",
            phase=Phase.DEGRADED,
        )
    return None


def _unfinished_start(scene: Scene, occupant: Deployment | None) -> Step:
    """Decide where the record names a candidate that isn't live with its release: the start goes on."""
    record = scene.record
    slot = record.candidate or scene.plan.slots[0]
    if occupant is not None and (blocked := _blocked(scene, occupant)):
        return blocked
    reason = f"{slot} isn't live with {record.release} yet: the start goes on, at 0 %"
    return moves.start(scene.plan, scene.seen, scene, slot, reason)


def _superseded(scene: Scene) -> Step:
    """Decide when config names another release than the one that is being rolled out."""
    record, plan = scene.record, scene.plan
    back = plan.release == record.prod_release
    why = f"config went back to {plan.release}" if back else f"{plan.release} supersedes it"
    return take_back(scene, f"{record.release or moves.UNKNOWN} is withdrawn: {why}", failed=False)


def _failure(scene: Scene, candidate: Deployment | None, judgement: Judgement | None) -> str | None:
    """Return why the candidate is to be taken back, or None."""
    record, probe, who = scene.record, scene.seen.published.probe, scene.who
    if candidate is not None and candidate.state.broken:
        return f"{who} failed to provision"
    if candidate is None:
        return None
    if (
        probe is not None
        and probe.release == record.release
        and probe.verdict is Verdict.FAILED
        and (record.since is None or probe.at >= record.since)
    ):
        return f"{who} failed its probe{_probe_said(scene)}"
    if late := overdue(scene, judgement):
        return late
    if judgement is not None and judgement.verdict is Verdict.FAILED:
        return f"{who} failed at {scene.rung}: {judgement.reason}"
    return None


def _probe_said(scene: Scene) -> str:
    """Return what the probe found, as it was published with it."""
    said = scene.seen.published.reason or ""
    start = f"probe of {scene.record.candidate} {Verdict.FAILED}: "
    return f": {said.removeprefix(start)}" if said.startswith(start) else ""


def _garbled(scene: Scene, error: RecordError) -> Step:
    """Hold where a tag of the record can't be read: all that is the stack's stays as it is."""
    reason = f"the endpoint's record can't be read: {error}: put it right, then run again"
    return replace(moves.stay(scene, reason, phase=Phase.DEGRADED), as_found=True)


def _refused(record: Record, release: str) -> str:
    if release == record.prod_release:
        return f"{release} failed at 100 % and keeps its traffic, for want of an earlier one: release another"
    named = f" ({record.prod_release})" if record.prod_release else ""
    serving = f"{record.prod}{named} serves" if record.prod else "nothing serves"
    return f"{release} was taken back and isn't tried again: {serving}; release another, or `rollout retry`"


def _starts(plan: Plan, slot: str, *, first: bool) -> str:
    what = "the first release" if first else "a new release"
    return f"{plan.release} is {what}: it is created in {slot} at 0 % and probed"
