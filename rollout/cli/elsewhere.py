"""What is Healthy elsewhere, as config here would name it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.azure import ids, observe, sharing
from rollout.azure.promotion import Lower, read_lower, same_content
from rollout.cli.asked import ENDPOINT
from rollout.cli.say import Moment
from rollout.cli.stack import open_stack
from rollout.cli.status import phase_now
from rollout.cli.usage import UsageError
from rollout.core.plan import Stage
from rollout.core.release import read_tree, tree_digest
from rollout.core.step import Phase
from rollout.core.traffic import WHOLE, live
from rollout.stack import tags

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.azure.promotion import Serving
    from rollout.cli.stack import StackView
    from rollout.core.assets import AssetRef


@dataclass(frozen=True)
class Copy:
    """What isn't here and has to go through a registry."""

    workspace_id: str
    """Where it is."""
    ref: AssetRef
    """What it is called there."""
    to: AssetRef
    """What it will be called in the registry."""


@dataclass(frozen=True)
class Brought:
    """What is released elsewhere."""

    changes: dict[str, str]
    """Keys of config, and what they are to say."""
    endpoint: str
    release: str
    copies: tuple[Copy, ...]
    """What has to be copied to a registry for it."""


def find(stack: StackView, source: str) -> Brought:
    """Return what is Healthy in a stack of that name or at the endpoint of that ARM id; writes nothing.

    Raises `UsageError` where nothing is, or where it can't be had here; `ReadError`, and `WriteRefused` where
    a registry has an unfinished copy.
    """
    lower = read_lower(stack.arm, _endpoint_id(stack, source))
    found = healthy(lower)
    changes = _code(stack, found)
    copies: list[Copy] = []
    changes["model"] = _here(stack, lower, found.model, copies)
    changes["environment"] = _here(stack, lower, found.environment, copies) if found.environment else ""
    return Brought(changes, lower.endpoint, found.release or "", tuple(copies))


def share(stack: StackView, copies: Iterable[Copy]) -> list[str]:
    """Copy to registries, and return what wasn't there before. Raises `ReadError` and `WriteRefused`."""
    done: list[str] = []
    for each in copies:
        found = sharing.share(stack.arm, each.workspace_id, each.ref, each.to.registry or "")
        if found.copied:
            done.append(str(found.ref))
    return done


def healthy(lower: Lower) -> Serving:
    """Return prod of an endpoint where a release is Healthy. Raises `UsageError` where none is."""
    record, name = lower.record, lower.endpoint
    if record.candidate is not None:
        at = Stage(record.stage or 0, mirror=record.mirror).show()
        raise UsageError(f"{name} isn't Healthy: {record.release} is on its way there, at {at}")
    if not lower.serving or lower.serving[0].deployment != record.prod:
        raise UsageError(f"{name} isn't Healthy: {lower.lacking or 'its prod is not sound'}")
    if live(lower.routing.traffic) != {record.prod: WHOLE}:
        raise UsageError(
            f"{name} isn't Healthy: its traffic is {lower.routing.show()}, and {record.prod} is prod"
        )
    return lower.serving[0]


def _endpoint_id(stack: StackView, source: str) -> str:
    if source.startswith("/"):
        if ids.type_of(source).lower() != ENDPOINT:
            raise UsageError(f"--from: {source!r} is no online endpoint's ARM id, and no stack's name")
        return source.rstrip("/")
    other = open_stack(source, stack.root)
    published = tags.parse(other.tags())
    seen = Moment(other, observe.look(other.arm, other.place), published).outlook()
    if (phase := phase_now(seen)) is not Phase.HEALTHY:
        raise UsageError(f"{other.name} is {phase}: {seen.step.reason}")
    return other.place.endpoint_id


def _code(stack: StackView, found: Serving) -> dict[str, str]:
    """Return what config is to say of the scoring code, which comes from this checkout."""
    asked = stack.settings.deployment
    if found.code is None:
        return {"code": "", "scoringScript": ""} if asked.code is not None else {}
    if asked.code is None:
        raise UsageError(f"{found.release} has scoring code, and rollout:code names none here")
    digest = tree_digest(read_tree(stack.root / asked.code, asked.scoring_script))
    if found.code not in stack.place.code_id(digest).split("/"):
        raise UsageError(
            f"the scoring code of {found.release} isn't what {asked.code} holds: check out the commit that "
            "it was released from"
        )
    return {"scoringScript": found.script} if found.script and found.script != asked.scoring_script else {}


def _here(stack: StackView, lower: Lower, ref: AssetRef, copies: list[Copy]) -> str:
    """Return how config here refers to an asset of there; one that isn't here goes through a registry."""
    ours, theirs = stack.place.workspace_id, lower.workspace_id
    if ref.registry is not None or ours.lower() == theirs.lower():
        return str(ref)
    if same_content(stack.arm, ref, theirs, ours):
        return str(ref)
    registry = stack.settings.shared_through
    if registry is None:
        raise UsageError(
            f"{ref} of {ids.name_of(theirs)} isn't in {stack.place.workspace} with the same content: set "
            "rollout:models to {share: REGISTRY}, or register it there"
        )
    there = sharing.destination(stack.arm, theirs, ref, registry)
    if not sharing.in_registry(stack.arm, there):
        copies.append(Copy(theirs, ref, there))
    return str(there)
