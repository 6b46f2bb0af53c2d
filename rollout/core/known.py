"""The record as it is known: what the endpoint's tags say, and who is prod where that tag is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from rollout.core.record import PROD, PROD_RELEASE, Record
from rollout.core.traffic import live as serving

if TYPE_CHECKING:
    from rollout.core.observed import Observed


def known(seen: Observed) -> Record | None:
    """Return the record, or None where the endpoint has none that can be read."""
    found = Record.readable(seen.endpoint.tags) if seen.endpoint is not None else None
    return inferred(found, seen)[0] if found is not None else None


def inferred(record: Record, seen: Observed) -> tuple[Record, str | None]:
    """Return the record with who is prod, where that tag is lost and the traffic tells; and what to say.

    Prod is the only deployment with traffic beside the candidate, if it carries a release id of ours or is
    the one that was taken over.
    """
    shares = serving(seen.endpoint.traffic) if seen.endpoint is not None else {}
    others = [name for name in shares if name != record.candidate]
    name = record.prod or (others[0] if len(others) == 1 else None)
    found = seen.deployments.get(name or "")
    if found is None or (record.prod is not None and record.prod_release is not None):
        return record, None
    taken = record.adopted
    as_taken = taken is not None and (taken.name, taken.content) == (found.name, found.content)
    if found.release is None and not as_taken:
        return record, None
    release = record.prod_release or found.release or seen.published.record.get(PROD_RELEASE)
    if release is None:
        return record, None
    lost = PROD if record.prod is None else PROD_RELEASE
    known = replace(record, prod=found.name, prod_release=release)
    return known, f"the tag {lost} is missing: {found.name} serves, so it is prod with {release}"
