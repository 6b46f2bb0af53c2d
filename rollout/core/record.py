"""The record: who is prod, who is candidate and where the rollout stands, as the endpoint's ARM tags."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

from rollout.core import frozen, past, times
from rollout.core.traffic import NO_TRAFFIC, WHOLE, Routing, Traffic, rung

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.past import PastStage

PROD = "PROD_DEPLOYMENT"
OLD_PROD = "OLD_PROD_DEPLOYMENT"
CANDIDATE = "CANDIDATE_DEPLOYMENT"
PROD_RELEASE = "PROD_RELEASE"
OLD_PROD_RELEASE = "OLD_PROD_RELEASE"
RELEASE = "ROLLOUT_RELEASE"
FAILED_RELEASE = "FAILED_RELEASE"
FAILED_BEFORE = "FAILED_RELEASES"
ADOPTED = "ADOPTED_DEPLOYMENT"
STAGE = "ROLLOUT_STAGE"
SINCE = "ROLLOUT_SINCE"
TRAFFIC = "ROLLOUT_TRAFFIC"
MIRROR = "ROLLOUT_MIRROR"
BASELINE = "ROLLOUT_BASELINE"
STAGES = "ROLLOUT_STAGES"

TAGS = (
    PROD,
    OLD_PROD,
    CANDIDATE,
    PROD_RELEASE,
    OLD_PROD_RELEASE,
    RELEASE,
    FAILED_RELEASE,
    FAILED_BEFORE,
    ADOPTED,
    STAGE,
    SINCE,
    TRAFFIC,
    MIRROR,
    BASELINE,
    STAGES,
)
"""Every tag the record is made of. Azure allows 50 tags of 512 and 256 characters on a resource."""


LONGEST = 256
"""Characters that the value of a tag may have."""


class RecordError(ValueError):
    """The endpoint's tags don't make a record: a tag has a value that was never written by a rollout."""

    def __init__(self, tag: str, text: str, why: str) -> None:
        super().__init__(f"tag {tag} is {text!r}, {why}")
        self.tag = tag


@dataclass(frozen=True)
class Adopted:
    """A deployment that somebody else made and that was taken over while it served."""

    name: str
    content: str
    """The digest of its model, environment and code when it was taken over."""

    def show(self) -> str:
        """Return the text of the tag `ADOPTED_DEPLOYMENT`: `main 1a2b3c4d`."""
        return f"{self.name} {self.content}"


@dataclass(frozen=True)
class Record:
    """What the endpoint's own tags say; written in the same PUT as the traffic, so never apart from it."""

    prod: str | None = None
    old_prod: str | None = None
    candidate: str | None = None
    prod_release: str | None = None
    release: str | None = None
    """The release that is being rolled out; None when none is."""
    failed_release: str | None = None
    """The release that was taken back last."""
    stage: int | None = None
    """The candidate's share of live traffic at its rung, in percent."""
    since: datetime | None = None
    """When the step that wrote this record was decided."""
    traffic: Traffic = field(default_factory=lambda: NO_TRAFFIC)
    """The traffic map of the PUT that wrote this record."""
    mirror: int = 0
    """The share of live traffic that is copied to the candidate at its rung, in percent."""
    baseline: Baseline | None = None
    """What was frozen when the first compared stage opened."""
    past: tuple[PastStage, ...] = ()
    """The compared stages that are over, oldest first."""
    old_prod_release: str | None = None
    """The release that old prod serves: what `undo` goes back to."""
    failed_before: tuple[str, ...] = ()
    """The releases that were taken back before `failed_release` and not tried again since, newest first."""
    adopted: Adopted | None = None
    """The deployment that was taken over as it was: it carries no release id of ours."""

    @property
    def failed(self) -> tuple[str, ...]:
        """Every release that isn't tried again, newest first."""
        return ((self.failed_release,) if self.failed_release else ()) + self.failed_before

    @property
    def routing(self) -> Routing:
        """Where requests go, and copies of them, by this record."""
        return Routing(self.traffic, {self.candidate: self.mirror} if self.candidate and self.mirror else {})

    @property
    def rung(self) -> str:
        """The candidate's rung as tags have it: `10`, or `0m20`."""
        return rung(self.stage or 0, self.mirror)

    def tags(self) -> dict[str, str]:
        """Return the record as tags; what is None has none."""
        texts = {
            PROD: self.prod,
            OLD_PROD: self.old_prod,
            CANDIDATE: self.candidate,
            PROD_RELEASE: self.prod_release,
            RELEASE: self.release,
            OLD_PROD_RELEASE: self.old_prod_release,
            FAILED_RELEASE: self.failed_release,
            FAILED_BEFORE: " ".join(self.failed_before) or None,
            ADOPTED: None if self.adopted is None else self.adopted.show(),
            STAGE: None if self.stage is None else str(self.stage),
            SINCE: None if self.since is None else times.show_instant(self.since),
            TRAFFIC: self._traffic(),
            MIRROR: str(self.mirror) if self.mirror else None,
            BASELINE: None if self.baseline is None else frozen.show(self.baseline),
            STAGES: past.show(self.past) if self.past else None,
        }
        return {name: text for name, text in texts.items() if text is not None}

    def _traffic(self) -> str:
        """Return the map as a tag. Others' zeros, which say nothing, are left out where they don't fit."""
        text = _show(self.traffic)
        if len(text) <= LONGEST:
            return text
        roles = (self.prod, self.old_prod, self.candidate)
        return _show({name: share for name, share in self.traffic.items() if share or name in roles})

    @classmethod
    def whole(cls, tags: Mapping[str, str]) -> Record | None:
        """Return the record in these tags, or None where there is none or a tag of it can't be read."""
        found, unread = cls.legible(tags)
        return None if unread else found

    @classmethod
    def readable(cls, tags: Mapping[str, str]) -> Record | None:
        """Return what can be read of the record in these tags, or None where that is nothing."""
        return cls.legible(tags)[0]

    @classmethod
    def legible(cls, tags: Mapping[str, str]) -> tuple[Record | None, tuple[RecordError, ...]]:
        """Return the record without the tags that can't be read, and what is wrong with each of these."""
        left, unread = dict(tags), list[RecordError]()
        while True:
            try:
                return cls.from_tags(left), tuple(unread)
            except RecordError as error:
                unread.append(error)
                del left[error.tag]

    @classmethod
    def from_tags(cls, tags: Mapping[str, str]) -> Record | None:
        """Return the record in these tags, or None if there is none of its tags at all.

        Raises `RecordError` naming the tag and its value where one can't be read.
        """
        if not any(name in tags for name in TAGS):
            return None
        return cls(
            prod=tags.get(PROD),
            old_prod=tags.get(OLD_PROD),
            candidate=tags.get(CANDIDATE),
            prod_release=tags.get(PROD_RELEASE),
            release=tags.get(RELEASE),
            failed_release=tags.get(FAILED_RELEASE),
            stage=_percentage(STAGE, tags.get(STAGE)),
            since=_since(tags.get(SINCE)),
            traffic=_traffic(tags.get(TRAFFIC)),
            mirror=_percentage(MIRROR, tags.get(MIRROR)) or 0,
            baseline=_baseline(tags.get(BASELINE)),
            past=_past(tags.get(STAGES)),
            old_prod_release=tags.get(OLD_PROD_RELEASE),
            failed_before=tuple(tags.get(FAILED_BEFORE, "").split()),
            adopted=_adopted(tags.get(ADOPTED)),
        )


def with_failed(failed: tuple[str, ...], release: str | None) -> tuple[str | None, tuple[str, ...]]:
    """Return `failed_release` and `failed_before` once one more was taken back; the oldest are forgotten."""
    if release is None:
        return (failed[0] if failed else None), failed[1:]
    kept: list[str] = []
    for each in failed:
        if each == release:
            continue
        if len(" ".join([*kept, each])) > LONGEST:
            break
        kept.append(each)
    return release, tuple(kept)


def without_failed(failed: tuple[str, ...], release: str) -> tuple[str | None, tuple[str, ...]]:
    """Return `failed_release` and `failed_before` once that release is tried again."""
    left = tuple(each for each in failed if each != release)
    return (left[0] if left else None), left[1:]


def _percentage(tag: str, text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isdecimal() or int(text) > WHOLE:
        raise RecordError(tag, text, "not a whole percentage")
    return int(text)


def _since(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        return times.parse_instant(text)
    except ValueError:
        raise RecordError(SINCE, text, "not an instant such as 2026-11-21T10:00:00Z") from None


def _show(traffic: Traffic) -> str:
    return json.dumps(dict(sorted(traffic.items())), separators=(",", ":"))


def _traffic(text: str | None) -> Traffic:
    if text is None:
        return {}
    loaded: object
    try:
        loaded = json.loads(text)
    except json.JSONDecodeError:
        loaded = None
    if not isinstance(loaded, dict):
        raise RecordError(TRAFFIC, text, "not a traffic map such as {'blue':100}")
    shares = cast("dict[str, object]", loaded)
    if not all(type(share) is int for share in shares.values()):
        raise RecordError(TRAFFIC, text, "and not all its shares are whole numbers")
    return cast("dict[str, int]", shares)


def _baseline(text: str | None) -> Baseline | None:
    if text is None:
        return None
    try:
        return frozen.parse(text)
    except ValueError:
        raise RecordError(
            BASELINE,
            text,
            'not what a rollout freezes, such as {"tier":"logs","requests":5400,"minutes":60,'
            '"errors":0.004,"slow":[9.1,20.5,31.0],"stages":2,"gates":2}',
        ) from None


def _past(text: str | None) -> tuple[PastStage, ...]:
    if text is None:
        return ()
    try:
        return past.parse(text)
    except ValueError:
        raise RecordError(
            STAGES, text, "not stages one after another, such as 10@2026-11-21T10:02:00Z/2580s"
        ) from None


def _adopted(text: str | None) -> Adopted | None:
    if text is None:
        return None
    name, _, content = text.partition(" ")
    if not name or not content or " " in content:
        raise RecordError(ADOPTED, text, "not a deployment and a digest, such as main 1a2b3c4d")
    return Adopted(name, content)
