"""What a person asks for while all is as recorded: take back, go back, or go on without the gates."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core import moves, times
from rollout.core.intent import Verb
from rollout.core.judging import probed
from rollout.core.step import Outcome, Phase
from rollout.core.taking_back import WAIT, take_back, unfit_as, unready
from rollout.core.traffic import live as serving
from rollout.core.traffic import show

if TYPE_CHECKING:
    from rollout.core.intent import Intent
    from rollout.core.moves import Scene
    from rollout.core.step import Step


def aborted(scene: Scene) -> Step | None:
    """Return the step that takes the candidate back because a person wants it, or None."""
    intent = scene.asked(Verb.ABORT)
    if intent is None:
        return None
    step = take_back(scene, f"{scene.who} is aborted at {scene.rung} by {intent.told}", failed=True)
    return done(step, intent)


def skipped(scene: Scene) -> Step | None:
    """Return the promotion that a person wants without gates, or None.

    It needs a reason, a candidate that is provisioned and probed, and no pause.
    """
    intent = scene.asked(Verb.SKIP)
    ready = (
        unready(scene, scene.record.candidate or "") is None
        and probed(scene.record, scene.seen)
        and scene.seen.published.paused is None
    )
    if intent is None or not intent.why or not ready:
        return None
    record = scene.record
    kept = times.show_duration(scene.plan.retire_after)
    old = f"; {record.prod} is old prod, kept for {kept}" if scene.live(record.prod) is not None else ""
    reason = f"{scene.who} is prod from {scene.rung} on, without its gates, by {intent.told}{old}"
    return done(moves.promote(scene, reason), intent)


def undone(scene: Scene) -> Step | None:
    """Return the step that goes back to old prod because a person wants it, or None.

    It moves exactly prod's share, so it also takes for granted what somebody moved by hand already. One that
    can't be done holds, until config names another release: that is the way on that the hold tells of.
    """
    intent = scene.asked(Verb.UNDO)
    record = scene.record
    old = scene.live(record.old_prod)
    if intent is None or record.old_prod is None:
        return None
    release = record.old_prod_release or (old.release if old is not None else None)
    why = f"{record.prod} ({record.prod_release}) is undone by {intent.told}"
    if lacking := unfit_as(scene, record.old_prod, release):
        busy = old is not None and old.state.at_work
        if not busy and scene.plan.release not in (record.prod_release, *record.failed):
            return None
        other = WAIT if busy else "release the earlier model as a new release"
        step = moves.stay(
            scene,
            f"{why}; but {lacking} and can't take the traffic: nothing is written; {other}",
            phase=Phase.DEGRADED,
            outcome=Outcome.STUCK,
        )
        return done(step, intent)
    share = scene.endpoint.traffic.get(record.prod or "", 0)
    roles = (record.prod, record.old_prod)
    others = {name: part for name, part in serving(scene.endpoint.traffic).items() if name not in roles}
    left = f"; {show(others)} stay as they are" if others else ""
    if share:
        moved = f"its {share} % go back to {record.old_prod} ({release}), which is prod again{left}"
    elif serving(scene.endpoint.traffic):
        moved = f"its traffic was taken away already; {record.old_prod} ({release}) is prod again{left}"
    else:
        moved = f"nobody gets requests; {record.old_prod} ({release}) gets all of them, and is prod again"
    return done(moves.undo(scene, release, f"{why}; {moved}"), intent)


def done(step: Step, intent: Intent) -> Step:
    """Return the step as the one that a person asked for."""
    return replace(step, honours=intent, who=intent.who)
