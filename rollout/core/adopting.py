"""An endpoint that serves without a whole record: who is prod there, and what taking it over takes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core import moves
from rollout.core.by_people import done
from rollout.core.intent import Verb
from rollout.core.known import nobody_knows
from rollout.core.observed import Provisioning
from rollout.core.record import Adopted, Record, without_failed
from rollout.core.step import Phase
from rollout.core.traffic import WHOLE, show
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from rollout.core.moves import Scene
    from rollout.core.observed import Deployment
    from rollout.core.step import Step


def without_prod(scene: Scene) -> Step | None:
    """Return the hold where the record names no prod and somebody serves all the same, or None.

    A person may have what serves taken over; what was being rolled out is over then.
    """
    if scene.record.prod is not None or not serving(scene.endpoint.traffic):
        return None
    return _taken_over(
        scene,
        f"the record names no prod, and the live traffic is {scene.endpoint.routing.show()} (the stack tags "
        "may say what the tags PROD_DEPLOYMENT and PROD_RELEASE of the endpoint were)",
    )


def without_release(scene: Scene) -> Step | None:
    """Return the hold where prod is known and which release it has isn't, or the step that a person wants."""
    if scene.record.prod is None or not nobody_knows(scene.seen):
        return None
    return _taken_over(
        scene,
        f"no tag says any more which release prod {scene.record.prod} has (PROD_RELEASE, ROLLOUT_RELEASE)",
    )


def take_over(scene: Scene) -> Step:
    """Decide where an endpoint has deployments or traffic and no record: nothing, until a person says so."""
    return _taken_over(
        scene,
        f"the endpoint serves already ({scene.endpoint.routing.show()}) and carries no record of a rollout",
    )


def _taken_over(scene: Scene, there: str) -> Step:
    """Return the hold that says how what is there is taken over, or the step that a person wants."""
    intent = scene.asked(Verb.ADOPT)
    taken = _record(scene)
    if isinstance(taken, str):
        return _left_alone(scene, f"{there}: nothing is touched; {taken}")
    record, what = taken
    if intent is None:
        return _left_alone(scene, f"{there}: nothing is touched; `rollout adopt` takes it over: {what}")
    known = replace(scene, record=record)
    return done(moves.adopt(known, record, f"taken over by {intent.told}: {what}"), intent)


def _left_alone(scene: Scene, reason: str) -> Step:
    return replace(moves.stay(scene, reason, phase=Phase.DEGRADED), as_found=True)


def _record(scene: Scene) -> tuple[Record, str] | str:
    """Return the record that taking over writes and what it says, or why it can't be."""
    if (copy := _published(scene)) is not None:
        return copy, f"the stack tags hold the record that was lost, and it is what is live ({_roles(copy)})"
    if not serving(scene.endpoint.traffic) and not serving(scene.endpoint.mirror):
        return Record(
            traffic=dict(scene.endpoint.traffic)
        ), "nothing serves, and its deployments are left alone"
    return who_serves(scene)


def who_serves(scene: Scene) -> tuple[Record, str] | str:
    """Return the record with the one that gets all requests as prod and what it says, or why it can't be."""
    shares = serving(scene.endpoint.traffic)
    if serving(scene.endpoint.mirror):
        return "end the mirror first: only prod's 100 % can be taken over"
    name = next(iter(shares), "")
    found = scene.live(name)
    if shares != {name: WHOLE} or found is None:
        return f"give one deployment all traffic first, it is {show(shares)}: that one is prod then"
    if found.state is not Provisioning.SUCCEEDED:
        return f"{name} is {found.state}: run again when it has Succeeded"
    return _of_prod(scene, found)


def _of_prod(scene: Scene, found: Deployment) -> tuple[Record, str] | str:
    """Return the record of a deployment that gets all requests."""
    traffic = scene.named(scene.endpoint.traffic)
    if found.release is not None:
        record = replace(
            _taken_back_before(scene, found.release),
            prod=found.name,
            prod_release=found.release,
            adopted=_taken_over_before(scene),
            traffic=traffic,
        )
        return record, f"{found.name}, the only deployment at 100 %, is prod with {found.release}"
    if scene.seen.differs:
        return (
            f"config disagrees with {found.name}, which serves: {'; '.join(scene.seen.differs)}: make config "
            "say what is live, then `rollout adopt`"
        )
    if found.content is None:
        return f"what {found.name} serves can't be told: it names no model"
    same = scene.record.prod == found.name
    before = scene.record if same else _taken_back_before(scene, scene.plan.release)
    record = replace(
        before,
        prod=found.name,
        prod_release=scene.plan.release,
        adopted=Adopted(found.name, found.content),
        traffic=traffic,
    )
    open_ = f"; not compared: {'; '.join(scene.seen.uncompared)}" if scene.seen.uncompared else ""
    return record, (
        f"{found.name}, the only deployment at 100 %, is prod with {scene.plan.release}, as config says; "
        f"only tags of the endpoint are written{open_}"
    )


def _taken_back_before(scene: Scene, release: str) -> Record:
    """Return a record of nothing but what is known of releases that were taken back, without that one."""
    last, before = without_failed(scene.record.failed, release)
    return Record(failed_release=last, failed_before=before)


def _taken_over_before(scene: Scene) -> Adopted | None:
    """Return the deployment that was taken over, by the stack tags, where it is still there."""
    copy = Record.whole(scene.seen.published.record)
    taken = (copy.adopted if copy is not None else None) or scene.record.adopted
    there = scene.live(taken.name) if taken is not None else None
    known = there is not None and taken is not None and there.content == taken.content
    return taken if known else None


def _published(scene: Scene) -> Record | None:
    """Return the record in the stack tags, where it is of what is live now."""
    copy = Record.whole(scene.seen.published.record)
    if copy is None or None in (copy.prod, copy.prod_release):
        return None
    if not copy.routing.same(scene.endpoint.routing):
        return None
    there = replace(scene, record=copy)
    roles = {copy.prod: copy.prod_release, copy.candidate: copy.release}
    for name, release in roles.items():
        found = scene.live(name)
        if name is not None and (found is None or not there.carries(found, release)):
            return None
    return replace(copy, traffic=scene.named(copy.traffic))


def _roles(record: Record) -> str:
    candidate = f", {record.candidate} ({record.release}) its candidate" if record.candidate else ""
    return f"{record.prod} ({record.prod_release}) is prod{candidate}"
