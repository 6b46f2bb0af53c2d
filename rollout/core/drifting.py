"""Traffic that isn't the record's: it is left alone, until a person says which of the two is right."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core import moves
from rollout.core.adopting import who_serves
from rollout.core.by_people import done
from rollout.core.intent import Verb
from rollout.core.record import TRAFFIC
from rollout.core.step import Phase
from rollout.core.taking_back import WAIT, prod_serves, unfit_as, unready
from rollout.core.traffic import WHOLE, Routing
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from rollout.core.intent import Intent
    from rollout.core.moves import Scene
    from rollout.core.plan import Stage
    from rollout.core.record import Record
    from rollout.core.step import Step


def recorded(scene: Scene) -> Routing:
    """Return where requests should go by the record.

    An abort leaves others their share and records it; it is foreign traffic all the same.
    """
    record = scene.record
    settled = record.candidate is None and record.prod is not None
    return Routing({record.prod or "": WHOLE}) if settled else record.routing


def drifted(scene: Scene) -> Step | None:
    """Return the hold for traffic that somebody else changed, or what a person wants of it, or None."""
    ours = recorded(scene)
    if scene.endpoint.routing.same(ours):
        return None
    lost = scene.record.prod is not None and not serving(ours.traffic)
    if not lost and (intent := scene.asked(Verb.RESET)) is not None:
        return done(_reset(scene, intent, ours), intent)
    taken = _acceptable(scene)
    adopt = scene.asked(Verb.ADOPT)
    if adopt is not None and not isinstance(taken, str):
        what = "" if taken.prod == scene.record.prod else f"; {_anew(taken)}"
        reason = f"the live traffic is the record now, {scene.endpoint.routing.show()}: {adopt.told}{what}"
        return done(moves.adopt(replace(scene, record=taken), taken, reason), adopt)
    if lost:
        ways = f"the tag {TRAFFIC} of the endpoint is missing"
    elif lacking := _lacking(scene, ours):
        ways = (
            f"`rollout reset` can't set it back, as {lacking} and can't take it: {_until_then(scene, ours)}"
        )
    else:
        ways = "`rollout reset` sets it back"
    if isinstance(taken, str):
        ways += f"; {taken}"
        ways += f"; `rollout abort` takes {scene.record.candidate} back" if lost else ""
    else:
        ways += ", `rollout adopt` takes it for the record"
        ways += "" if taken.prod == scene.record.prod else f": {_anew(taken)}"
    return moves.stay(
        scene,
        f"the live traffic is {scene.endpoint.routing.show()}, the record says {ours.show()}: "
        f"somebody else changed it, and it is left as it is; {ways}",
        phase=Phase.DEGRADED,
    )


def off_ladder(scene: Scene) -> Step:
    """Return the hold of a candidate whose share is no rung any more, or the way down that a person wants."""
    plan, record = scene.plan, scene.record
    below = plan.stage_below(record.stage or 0, record.mirror)
    if below is not None and plan.compared_gates and below.has_control and record.baseline is None:
        below = None
    down = below.show() if below is not None else "0 %"
    if (intent := scene.asked(Verb.ADOPT)) is not None:
        reason = f"{scene.who} had {scene.rung}, which is no rung of the ladder: to {down}, by {intent.told}"
        return done(moves.adopt(scene, _at(scene, below), reason), intent)
    rungs = ", ".join(each.show().removesuffix(" %") for each in plan.stages)
    return moves.stay(
        scene,
        f"{scene.who} has {scene.rung}, which is no rung of the ladder ({rungs}): put the rung back into "
        f"config, or `rollout adopt` goes down to {down} and on from there",
        phase=Phase.DEGRADED,
    )


def _at(scene: Scene, stage: Stage | None) -> Record:
    """Return the record of a candidate at that rung of the ladder, or at the probe's."""
    before = scene.record
    share = stage.traffic if stage is not None else 0
    traffic = dict.fromkeys(before.traffic, 0)
    if before.prod is not None:
        traffic[before.prod] = WHOLE - share
    if before.candidate is not None and (share or before.candidate in traffic):
        traffic[before.candidate] = share
    traffic = scene.named(traffic)
    moved = replace(before, stage=share, mirror=stage.mirror if stage is not None else 0, traffic=traffic)
    return moved if stage is not None else replace(moved, baseline=None, past=())


def _acceptable(scene: Scene) -> Record | str:
    """Return the record that the live traffic makes, or why it makes none."""
    record, plan = scene.record, scene.plan
    shares, copies = serving(scene.endpoint.traffic), serving(scene.endpoint.mirror)
    candidate, prod = record.candidate, record.prod
    if candidate is None or prod is None:
        if record.old_prod is not None and shares == {record.old_prod: WHOLE} and not copies:
            return "`rollout undo` makes old prod prod again"
        if candidate is None and prod is not None and len(shares) == 1 and prod not in shares:
            return _another_prod(scene)
        return "it is nothing that a rollout could go on from"
    share, mirror = shares.get(candidate, 0), copies.get(candidate, 0)
    if set(shares) - {candidate, prod} or set(copies) - {candidate}:
        return "others than prod and candidate get requests"
    stage = plan.stage_at(share, mirror)
    if stage is None and (share, mirror) != (0, 0):
        return "it is no rung of the ladder"
    live = scene.live(candidate)
    if stage is not None and (live is None or unfit_as(scene, candidate, record.release) is not None):
        return f"{candidate} isn't live with {record.release or moves.UNKNOWN}"
    if stage is not None and plan.compared_gates and stage.has_control and record.baseline is None:
        return f"what is usual of {prod} wasn't frozen, so {stage.show()} can't be compared"
    named = scene.named({**dict.fromkeys(record.traffic, 0), **scene.endpoint.traffic})
    accepted = replace(record, stage=share, mirror=mirror, traffic=named)
    return accepted if stage is not None else replace(accepted, baseline=None, past=())


def _another_prod(scene: Scene) -> Record | str:
    """Return the record of who got all of prod's traffic by hand, or why it can't be prod.

    What was prod is old prod then, where it is still there: an undo goes back to it.
    """
    taken = who_serves(scene)
    if isinstance(taken, str):
        return taken
    record, before = taken[0], scene.live(scene.record.prod)
    if before is None or before.release is None:
        return record
    kept = {**record.traffic, before.name: 0}  # without it in the map it would count as retired
    return replace(record, old_prod=before.name, old_prod_release=scene.record.prod_release, traffic=kept)


def _anew(record: Record) -> str:
    left = f", {record.old_prod} is old prod" if record.old_prod is not None else ""
    return f"{record.prod} is prod with {record.prod_release}{left}"


def _reset(scene: Scene, intent: Intent, ours: Routing) -> Step:
    """Return the step that sets the traffic back, or the hold where one that is to get some can't."""
    why = f"the traffic is set back to {ours.show()} by {intent.told}"
    if lacking := _lacking(scene, ours):
        return moves.stay(
            scene,
            f"{why}; but {lacking} and can't take it: nothing is written; {_until_then(scene, ours)}",
            phase=Phase.DEGRADED,
        )
    named = scene.named(dict.fromkeys(scene.record.traffic, 0)) | serving(ours.traffic)
    return moves.reset(scene, named, f"{why}; it was {scene.endpoint.routing.show()}")


def _lacking(scene: Scene, ours: Routing) -> str | None:
    """Return why one that should get requests by the record can't, or None."""
    return next(iter(_unfit(scene, ours).values()), None)


def _until_then(scene: Scene, ours: Routing) -> str:
    """Return what has to happen before those that can't take the traffic can."""
    there = [scene.live(name) for name in _unfit(scene, ours)]
    busy = all(each is not None and each.state.at_work for each in there)
    return WAIT if busy else "restore it, then run again"


def _unfit(scene: Scene, ours: Routing) -> dict[str, str]:
    """Return who should get requests by the record and can't, each with the reason."""
    record = scene.record
    releases = {record.prod: record.prod_release, record.candidate: record.release}
    found: dict[str, str] = {}
    for name in {**serving(ours.traffic), **serving(ours.mirror)}:
        if name == record.prod and prod_serves(scene):
            continue
        lacking = unfit_as(scene, name, releases[name]) if name in releases else unready(scene, name)
        if lacking:
            found[name] = lacking
    return found
