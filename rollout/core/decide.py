"""The decision: from the plan and what is seen, the one step that this `pulumi up` takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import moves, times
from rollout.core.judging import stage_opened
from rollout.core.moves import Scene
from rollout.core.observed import Deployment, Observed, Provisioning
from rollout.core.publication import lags
from rollout.core.record import Record, RecordError
from rollout.core.step import Outcome, Phase, Step, StepKind
from rollout.core.traffic import WHOLE, live, same, show
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from rollout.core.gates.judgement import Judgement
    from rollout.core.plan import Plan


def decide(plan: Plan, seen: Observed, judgement: Judgement | None) -> Step:
    """Return the next step. Total: for every observation there is one, and it says why.

    `judgement` is what the gates said to `rollout.core.judging.question`; None where that was None, or
    where the gates couldn't be asked at all.
    """
    if seen.endpoint is None:
        return moves.start(plan, seen, None, plan.slots[0], _starts(plan, plan.slots[0], first=True))
    try:
        record = Record.from_tags(seen.endpoint.tags)
    except RecordError as error:
        unread = Record(traffic=seen.endpoint.traffic)
        return _garbled(Scene(plan, seen, seen.endpoint, unread), error)
    scene = Scene(plan, seen, seen.endpoint, record or Record())
    if seen.endpoint.state.in_progress:
        state = seen.endpoint.state
        return moves.stay(scene, f"the endpoint is {state}: run again when Azure has finished")
    if record is None and not seen.deployments and not live(seen.endpoint.traffic):
        return _fresh_start(scene)
    if record is None:
        return moves.stay(
            scene,
            f"the endpoint serves already ({show(seen.endpoint.traffic)}) and carries no record of a "
            "rollout: nothing is touched",
            phase=Phase.DEGRADED,
        )
    if scene.record.candidate is not None:
        return _progressing(scene, judgement)
    return _settled(scene, judgement)


def _progressing(scene: Scene, judgement: Judgement | None) -> Step:
    """Decide while a release is being rolled out."""
    record, published = scene.record, scene.seen.published
    candidate = scene.live(record.candidate)
    ours = candidate is not None and candidate.release == record.release
    if failure := _failure(scene, candidate if ours else None, judgement):
        return _take_back(scene, failure, failed=True)
    if drift := _drift(scene):
        return drift
    if scene.plan.release != record.release:
        return _superseded(scene)
    if candidate is None or not ours:
        return _unfinished_start(scene, candidate)
    if candidate.state.in_progress:
        return moves.stay(scene, f"{candidate.name} is {candidate.state}: run again when Azure has finished")
    if unsound := _unsound_prod(scene):
        return unsound
    probe = published.probe
    probed = (
        probe is not None
        and probe.release == record.release
        and probe.verdict is Verdict.SUCCESSFUL
        and not (record.stage == 0 and record.since is not None and probe.at < record.since)
    )
    if not probed:
        return moves.repair(
            scene, f"no probe of {record.release} is known: {candidate.name} is probed", probe=candidate.name
        )
    if lags(record, published):
        return moves.repair(scene, "the stack tags lag behind the endpoint's: published again", probe=None)
    return _climb(scene, judgement)


def _climb(scene: Scene, judgement: Judgement | None) -> Step:
    """Decide whether a live, probed candidate goes up a rung."""
    plan, record = scene.plan, scene.record
    share = record.stage or 0
    who = f"{record.candidate} ({record.release})"
    if record.prod is None:
        return moves.promote(
            scene, f"{who} passed its probe and is the first release: it gets all traffic and is prod"
        )
    if share == 0:
        return moves.advance(scene, plan.stages[0], f"{who} passed its probe: to {plan.stages[0].traffic} %")
    stage = plan.stage_at(share)
    if stage is None:
        rungs = ", ".join(str(each.traffic) for each in plan.stages)
        return moves.stay(
            scene,
            f"{who} has {share} %, which is no rung of the ladder ({rungs}): put the rung back into config",
            phase=Phase.DEGRADED,
        )
    if judgement is None or judgement.verdict is Verdict.ERROR:
        reason = judgement.reason if judgement else "the gates could not be asked"
        return moves.stay(scene, f"{who} stays at {share} %: {reason}", outcome=Outcome.UNREADABLE)
    if judgement.verdict is Verdict.INCONCLUSIVE:
        return moves.stay(scene, f"{who} stays at {share} %: {judgement.reason}")
    left = stage_opened(record, scene.seen) + stage.bake - scene.seen.now
    if left.total_seconds() > 0:
        bake = f"{times.show_duration(left)} of its bake of {times.show_duration(stage.bake)} are left"
        return moves.stay(scene, f"{who} stays at {share} %: {bake}")
    following = plan.next_stage(share)
    if following is None:
        return moves.promote(
            scene,
            f"{who} baked at {share} % and all gates are Successful: it is prod; {record.prod} is old prod, "
            f"kept for {times.show_duration(plan.retire_after)}",
        )
    return moves.advance(
        scene, following, f"{who} baked at {share} % and all gates are Successful: to {following.traffic} %"
    )


def _settled(scene: Scene, judgement: Judgement | None) -> Step:
    """Decide while no release is being rolled out."""
    record, seen, plan = scene.record, scene.seen, scene.plan
    if contradiction := _drift(scene) or _unsound_prod(scene):
        return contradiction
    if (
        judgement is not None
        and judgement.verdict is Verdict.FAILED
        and record.prod_release != record.failed_release
    ):
        return moves.condemn(
            scene,
            f"{record.prod} ({record.prod_release}) failed at 100 %: {judgement.reason}; it keeps its "
            "traffic, because no earlier release is there to go back to: release another",
        )
    if lags(record, seen.published):
        return moves.repair(scene, "the stack tags lag behind the endpoint's: published again", probe=None)
    if judgement is not None and judgement.verdict is Verdict.ERROR:
        return moves.stay(
            scene, f"{record.prod} can't be judged: {judgement.reason}", outcome=Outcome.UNREADABLE
        )
    wanted = plan.release not in (record.prod_release, record.failed_release)
    if record.old_prod is not None:
        return _soaking(scene, record.old_prod, wanted=wanted)
    if wanted:
        return _fresh_start(scene)
    if left := _discarded(scene):
        return moves.repair(
            scene,
            f"{left} is left of {record.failed_release}, and keepFailed is false: deleted",
            without=left,
        )
    if seen.published.phase != scene.published_phase:
        return moves.repair(
            scene, f"with {plan.release} wanted, the phase is {scene.published_phase}", probe=None
        )
    if plan.release == record.failed_release:
        return moves.stay(scene, _refused(record, plan.release), kind=StepKind.NONE)
    return moves.stay(scene, f"{record.prod} serves {record.prod_release}: nothing to do", kind=StepKind.NONE)


def _discarded(scene: Scene) -> str | None:
    """Return the slot that holds a release that was taken back and isn't to be kept, or None."""
    record = scene.record
    return next(
        (
            name
            for name, each in scene.seen.deployments.items()
            if not scene.plan.keep_failed
            and name != record.prod
            and each.release is not None
            and each.release == record.failed_release
            and each.state is Provisioning.SUCCEEDED
        ),
        None,
    )


def _soaking(scene: Scene, old: str, *, wanted: bool) -> Step:
    """Decide while old prod is still recorded."""
    record, seen, plan = scene.record, scene.seen, scene.plan
    kept = scene.live(old)
    if kept is None:
        return moves.finish(scene, f"{old} is gone: its tag goes too")
    if kept.state is Provisioning.DELETING:
        return moves.stay(scene, f"{old} is being deleted: run again when Azure has finished")
    if old not in record.traffic:
        if seen.published.repaired is None or (record.since and seen.published.repaired < record.since):
            # The engine deletes only what its state has: declared once more, it is there if it was lost.
            return moves.repair(
                scene, f"{old} was to be deleted and is still there: taken up again", probe=None
            )
        return moves.retire(scene, f"{old} was to be deleted and is still there: deleted again")
    if wanted:
        return moves.retire(
            scene, f"{plan.release} waits to start: {old} is deleted now, and going back to it is over"
        )
    due = (record.since or seen.now) + plan.retire_after
    if seen.now >= due:
        kept_for = times.show_duration(plan.retire_after)
        return moves.retire(scene, f"{old} was kept for {kept_for} after the promotion: deleted")
    return moves.stay(
        scene,
        f"{record.prod} serves {record.prod_release}; {old} is kept until {times.show_instant(due)}",
        kind=StepKind.NONE,
    )


def _fresh_start(scene: Scene) -> Step:
    """Decide how the wanted release starts: in the first slot that is neither prod's nor somebody else's."""
    plan, record = scene.plan, scene.record
    others = [name for name in plan.slots if name != record.prod]
    free = [name for name in others if (there := scene.live(name)) is None or there.release is not None]
    slot = (free or others)[0]
    occupant = scene.live(slot)
    if occupant is not None and (blocked := _blocked(scene, occupant)):
        return blocked
    return moves.start(plan, scene.seen, scene, slot, _starts(plan, slot, first=record.prod is None))


def _blocked(scene: Scene, occupant: Deployment) -> Step | None:
    """Return the hold where a slot can't be replaced now, or None."""
    if occupant.state.in_progress:
        return moves.stay(scene, f"{occupant.name} is {occupant.state}: run again when Azure has finished")
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
            "replaced while it serves",
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
    return _take_back(scene, f"{record.release} is withdrawn: {why}", failed=False)


def _take_back(scene: Scene, reason: str, *, failed: bool) -> Step:
    """Return the abort, or a hold where prod can't take the traffic."""
    record = scene.record
    share = scene.endpoint.traffic.get(record.candidate or "", 0)
    if unfit := _unfit(scene):
        return moves.stay(
            scene,
            f"{reason}; but prod {unfit} and can't take its {share} %: nothing is written; "
            f"restore {record.prod}, then run again",
            phase=Phase.DEGRADED,
        )
    moved = f"its {share} % go back to {record.prod}" if share else "it never had traffic"
    if share and record.prod is None:
        moved = "its traffic ends"
    roles = (record.prod, record.candidate)
    others = {name: part for name, part in live(scene.endpoint.traffic).items() if name not in roles}
    if others:
        moved += f"; {show(others)} stay as they are"
    return moves.abort(scene, f"{reason}; {moved}", failed=failed)


def _failure(scene: Scene, candidate: Deployment | None, judgement: Judgement | None) -> str | None:
    """Return why the candidate is to be taken back, or None."""
    record, probe = scene.record, scene.seen.published.probe
    who = f"{record.candidate} ({record.release})"
    if candidate is not None and candidate.state in (Provisioning.FAILED, Provisioning.CANCELED):
        return f"{who} failed to provision"
    if candidate is None:
        return None
    if (
        probe is not None
        and probe.release == record.release
        and probe.verdict is Verdict.FAILED
        and (record.since is None or probe.at >= record.since)
    ):
        return f"{who} failed its probe"
    if judgement is not None and judgement.verdict is Verdict.FAILED:
        return f"{who} failed at {record.stage} %: {judgement.reason}"
    return None


def _drift(scene: Scene) -> Step | None:
    """Return the hold for traffic that somebody else changed, or None.

    An abort leaves others their share and records it; it is foreign traffic all the same.
    """
    record = scene.record
    settled = record.candidate is None and record.prod is not None
    ours = {record.prod or "": WHOLE} if settled else record.traffic
    if same(scene.endpoint.traffic, ours):
        return None
    return moves.stay(
        scene,
        f"the live traffic is {show(scene.endpoint.traffic)}, the record says {show(ours)}: "
        "somebody else changed it, and it is left as it is; set it back to go on",
        phase=Phase.DEGRADED,
    )


def _unsound_prod(scene: Scene) -> Step | None:
    """Return the hold for a prod that can't be relied on, or None."""
    if unfit := _unfit(scene):
        return moves.stay(scene, f"prod {unfit}: restore it, then run again", phase=Phase.DEGRADED)
    return None


def _unfit(scene: Scene) -> str | None:
    """Return why prod can't be given traffic, or None: it is gone, not `Succeeded` or another release."""
    record = scene.record
    if record.prod is None:
        return None
    prod = scene.live(record.prod)
    if prod is None or prod.state is not Provisioning.SUCCEEDED:
        return f"{record.prod} is {'gone' if prod is None else prod.state}"
    if prod.release != record.prod_release:
        return f"{record.prod} carries {prod.release or 'no release'}, not {record.prod_release},"
    return None


def _garbled(scene: Scene, error: RecordError) -> Step:
    """Hold where the record can't be read: every deployment of ours stays as it is."""
    reason = f"the endpoint's record can't be read: {error}: put it right, then run again"
    return moves.stay(scene, reason, phase=Phase.DEGRADED)


def _refused(record: Record, release: str) -> str:
    if release == record.prod_release:
        return f"{release} failed at 100 % and keeps its traffic, for want of an earlier one: release another"
    serving = f"{record.prod} ({record.prod_release}) serves" if record.prod else "nothing serves"
    return f"{release} was taken back and isn't tried again: {serving}; release another"


def _starts(plan: Plan, slot: str, *, first: bool) -> str:
    what = "the first release" if first else "a new release"
    return f"{plan.release} is {what}: it is created in {slot} at 0 % and probed"
