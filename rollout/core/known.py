"""The record as it is known: what the endpoint's tags say, and who is prod where that tag is lost."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core.record import PROD, PROD_RELEASE, STAGE, TAGS, TRAFFIC, Record
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.observed import Observed
    from rollout.core.record import RecordError


@dataclass(frozen=True)
class Known:
    """What is known of the record."""

    record: Record | None
    """None: the endpoint has none of which anything can be read."""
    said: str | None = None
    """What was filled in, and from where; None: nothing."""
    unread: RecordError | None = None
    """What is wrong with a tag that can't be read and that no copy tells. An abort needs none of these."""


def known(seen: Observed) -> Record | None:
    """Return the record, or None where the endpoint has none of which anything can be read."""
    return read(seen).record


def to_compare(seen: Observed) -> bool:
    """Return whether who gets all requests has to be compared with config before it is taken for prod.

    That is so where nobody knows what prod is, and where somebody gave all of prod's traffic to another one.
    """
    record = known(seen)
    if record is None or nobody_knows(seen):
        return True
    shares = serving(seen.endpoint.traffic) if seen.endpoint is not None else {}
    return record.candidate is None and record.prod not in shares


def read(seen: Observed) -> Known:
    """Return the record without its gaps, as far as can be told. A tag that can't be read is a gap, too.

    Prod is the only deployment with traffic beside the candidate, if it isn't old prod and carries prod's
    release id, or any of ours where that is lost too, or is the one that was taken over. The candidate's
    stage is its share in the record's map. Other tags are as the stack tags have them, where these are of
    this record.
    """
    if seen.endpoint is None:
        return Known(None)
    found, unread = Record.legible(seen.endpoint.tags)
    error = unread[0] if unread else None
    if found is None:
        return Known(None, None, error)
    illegible = [each.tag for each in unread]
    copy, lost = _as_published(seen, illegible)
    if copy is not None and (illegible or set(lost) - {PROD, PROD_RELEASE}):
        return Known(copy, _taken(lost, illegible))
    record, who = _with_prod(found, seen)
    if copy is not None and None in (record.prod, record.prod_release):
        return Known(copy, _taken(lost, illegible))
    if record.candidate is None or record.stage is not None:
        return Known(record, who, error)
    share = record.traffic.get(record.candidate, 0)
    stage = f"the tag {STAGE} is missing: {record.candidate} has {share} % in {TRAFFIC}"
    return Known(replace(record, stage=share), f"{who}; {stage}" if who else stage, error)


def nobody_knows(seen: Observed) -> bool:
    """Return whether no tag says any more who prod is, or which release it has while nothing is rolled out.

    Then what serves is like a deployment that no rollout made: config has to say what it is.
    """
    record = known(seen)
    if record is None:
        return False
    if record.prod is None:
        return True
    found = seen.deployments.get(record.prod)
    unknown = found is not None and record.prod_release is None and found.release is None
    return unknown and record.candidate is None


def _with_prod(record: Record, seen: Observed) -> tuple[Record, str | None]:
    shares = serving(seen.endpoint.traffic) if seen.endpoint is not None else {}
    others = [name for name in shares if name not in (record.candidate, record.old_prod)]
    name = record.prod or (others[0] if len(others) == 1 else None)
    found = seen.deployments.get(name or "")
    if found is None or (record.prod is not None and record.prod_release is not None):
        return record, None
    taken = record.adopted
    as_taken = taken is not None and (taken.name, taken.content) == (found.name, found.content)
    another = record.prod is None and found.release != (record.prod_release or found.release)
    if not as_taken and (found.release is None or another):
        return record, None
    release = record.prod_release or found.release or seen.published.record.get(PROD_RELEASE)
    if release is None:
        return record, None
    lost = PROD if record.prod is None else PROD_RELEASE
    known = replace(record, prod=found.name, prod_release=release)
    return known, f"the tag {lost} is missing: {found.name} serves, so it is prod with {release}"


def _as_published(seen: Observed, illegible: list[str]) -> tuple[Record | None, list[str]]:
    """Return the stack tags' record, where the endpoint's own tags are a part of it, and what is lost."""
    published = seen.published.record
    own: Mapping[str, str] = seen.endpoint.tags if seen.endpoint is not None else {}
    there = {name: own[name] for name in TAGS if name in own and name not in illegible}
    lost = [name for name in TAGS if name in published and name not in own]
    if not (lost or illegible) or not there.items() <= published.items():
        return None, []
    return Record.whole(published), lost


def _taken(lost: list[str], illegible: list[str]) -> str:
    """Return what is said of tags that were filled in from the stack's."""
    gaps = [(lost, "missing"), (illegible, "unreadable")]
    told = [f"{', '.join(names)} of the endpoint {_are(names)} {how}" for names, how in gaps if names]
    return (
        f"the {'tag' if len(lost + illegible) == 1 else 'tags'} {', and '.join(told)}: taken from the stack's"
    )


def _are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
