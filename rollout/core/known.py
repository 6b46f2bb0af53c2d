"""The record as it is known: what the endpoint's tags say, and who is prod where that tag is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core.record import PROD, PROD_RELEASE, STAGE, TAGS, TRAFFIC, Record
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from rollout.core.observed import Observed


def known(seen: Observed) -> Record | None:
    """Return the record, or None where the endpoint has none that can be read."""
    found = Record.readable(seen.endpoint.tags) if seen.endpoint is not None else None
    return inferred(found, seen)[0] if found is not None else None


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


def inferred(record: Record, seen: Observed) -> tuple[Record, str | None]:
    """Return the record without its gaps, where tags are lost and it can be told what they were; what to say.

    Prod is the only deployment with traffic beside the candidate, if it isn't old prod and carries prod's
    release id, or any of ours where that is lost too, or is the one that was taken over. The candidate's
    stage is its share in the record's map. Other tags are as the stack tags have them, where these are of
    this record.
    """
    whole, lost = _as_published(seen)
    if whole is not None and set(lost) - {PROD, PROD_RELEASE}:
        return whole, _taken(lost)
    found, who = _with_prod(record, seen)
    if whole is not None and None in (found.prod, found.prod_release):
        return whole, _taken(lost)
    if found.candidate is None or found.stage is not None:
        return found, who
    share = found.traffic.get(found.candidate, 0)
    stage = f"the tag {STAGE} is missing: {found.candidate} has {share} % in {TRAFFIC}"
    return replace(found, stage=share), f"{who}; {stage}" if who else stage


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


def _as_published(seen: Observed) -> tuple[Record | None, list[str]]:
    """Return the stack tags' record, where the endpoint's own tags are a part of it, and what is lost."""
    published = seen.published.record
    there = {name: seen.endpoint.tags[name] for name in TAGS if seen.endpoint and name in seen.endpoint.tags}
    lost = [name for name in TAGS if name in published and name not in there]
    if not lost or not there.items() <= published.items():
        return None, []
    return Record.readable(published), lost


def _taken(lost: list[str]) -> str:
    tags, are = ("tag", "is") if len(lost) == 1 else ("tags", "are")
    return f"the {tags} {', '.join(lost)} of the endpoint {are} missing: taken from the stack's"
