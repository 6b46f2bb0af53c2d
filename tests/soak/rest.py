"""The end of a history: all is put right, a person does what each hold says, and it comes to rest."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.soak.phases import SOAKED
from tests.soak.portal import RELEASE, shares
from tests.soak.watch import Broken

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.soak.world import World

Match = re.Match[str]

LADDER = (10, 50, 100)
PATIENCE = 16
"""`up`s within which an undisturbed rollout comes to its end."""


def comes_to_rest(world: World, *, gives_up: bool) -> None:
    """Put all right and run `up`s until nothing is left to do. Raises where that takes more than `PATIENCE`.

    `gives_up`: config goes back to prod's release; else what it names has to come out, or be taken back.
    """
    world.fault(None)
    world.ladder(LADDER)
    if "ROLLOUT_PAUSED" in world.rollout.project.tags() and world.say("resume"):
        raise Broken("the pause can't be ended")
    if gives_up:
        world.back_to_prod()
    for _ in range(PATIENCE):
        settled = _is_settled(world)
        run = world.up(*(("--expect-no-changes",) if settled else ()))
        if settled and run.step == "none" and run.code == 0:
            break
        do_what_it_says(world)
        world.serve(SOAKED)
    else:
        raise Broken(f"no end after {PATIENCE} ups")
    traffic, record = world.rollout.traffic(), _record(world)
    if traffic != {record.get("PROD_DEPLOYMENT"): 100}:
        raise Broken(f"at the end {traffic}, with {record}")


def _is_settled(world: World) -> bool:
    """Return whether an `up` may have nothing left to do."""
    tags = _record(world)
    return "PROD_DEPLOYMENT" in tags and not {"OLD_PROD_DEPLOYMENT", "CANDIDATE_DEPLOYMENT"} & set(tags)


def _record(world: World) -> dict[str, str]:
    """Return the record: what the endpoint's tags have lost, the stack's have until the next PUT."""
    return {**world.rollout.project.tags(), **world.rollout.endpoint()["tags"]}


def do_what_it_says(world: World) -> None:
    """Do as a person does who reads why the last `up` did nothing."""
    if world.last is None or world.last.step not in ("hold", "none", "repair"):
        return
    for told, does in WAYS:
        if found := re.search(told, world.last.out):
            does(world, found)
            return


def _gives_one_all_traffic(world: World, _: Match) -> None:
    published = world.rollout.project.tags().get("PROD_DEPLOYMENT", "")
    ready = world.portal.ready()
    world.at_the_portal("gives", {published if published in ready else ready[0]: 100})


def _tags_as_published(world: World, _: Match) -> None:
    """Put the endpoint's tags back to what the stack tags say, with the traffic as it is."""
    published, live = world.rollout.project.tags(), world.rollout.traffic()
    if "PROD_DEPLOYMENT" not in published:
        most = max(live, key=lambda name: live[name], default=world.portal.ready()[0])
        world.at_the_portal("gives", {most: 100})
        live = {most: 100}
    record = {name: text for name, text in published.items() if "_DEPLOYMENT" in name or "RELEASE" in name}
    known = shares(published) == live
    record["ROLLOUT_TRAFFIC"] = published["ROLLOUT_TRAFFIC"] if known else json.dumps(live)
    world.at_the_portal("writes_tags", record)
    world.done.append("portal: tags as published")


def _releases_as_recorded(world: World, _: Match) -> bool:
    """Put back the release tags of deployments that lost theirs; returns whether any had.

    Which release that is the endpoint's tags say, or the stack's where they are lost too.
    """
    tags = {**world.rollout.project.tags(), **world.rollout.endpoint()["tags"]}
    there = world.portal.deployments()
    lost = False
    for role, release in (
        ("PROD_DEPLOYMENT", "PROD_RELEASE"),
        ("CANDIDATE_DEPLOYMENT", "ROLLOUT_RELEASE"),
        ("OLD_PROD_DEPLOYMENT", "OLD_PROD_RELEASE"),
    ):
        name = tags.get(role, "")
        if name in there and RELEASE not in there[name]["tags"] and release in tags:
            world.at_the_portal("says_the_release_of", name, tags[release])
            world.done.append(f"portal: {name} has its release tag again")
            lost = True
    return lost


def _who_is_prod(world: World, told: Match) -> None:
    """Put back the tags of prod as the sentence says it."""
    world.at_the_portal("writes_tags", {"PROD_DEPLOYMENT": told[1], "PROD_RELEASE": told[2]})
    world.done.append(f"portal: tags say {told[1]} is prod")


def _removes_the_stranger(world: World, told: Match) -> None:
    """Delete what no rollout made, unless it is one of ours that lost its tag."""
    if not _releases_as_recorded(world, told):
        world.at_the_portal("deletes_what_is_idle")


WAYS: tuple[tuple[str, Callable[[World, Match], object]], ...] = (
    ("`pulumi refresh` ends that", lambda world, _: world.refresh()),
    ("give one deployment all traffic first", _gives_one_all_traffic),
    ("`rollout reset` sets it back", lambda world, _: world.say("reset")),
    ("make config say what is live", lambda world, _: world.back_to_prod()),
    ("`rollout adopt`", lambda world, _: world.say("adopt")),
    ("`rollout abort` takes", lambda world, _: world.say("abort")),
    ("record can't be read|the record names no prod", _tags_as_published),
    ("holds a deployment that no rollout made: delete it", _removes_the_stranger),
    ("or `rollout skip` makes", lambda world, _: _releases_as_recorded(world, _) or world.say("skip")),
    (r"restore \S+, then run again|put its tag ROLLOUT_RELEASE (back|right)", _releases_as_recorded),
    (r"the tag PROD_\w+ is missing: (\S+) serves, so it is prod with ([^\s;]+)", _who_is_prod),
)
"""What a sentence says, and what a person then does; the first that is said."""
