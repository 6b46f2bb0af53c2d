"""Whether a candidate's answers agree with prod's on the same inputs.

No status, shape or range shows that a model answers nonsense. Prod has answered everybody until now: what it
says to the same requests is the one reference that needs no labels. A better model answers differently too,
so how far and how often it may is config's to say.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rollout.core.answers import ABSENT, leaves, number, show, show_place
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rollout.core.answers import Path, Place

LEAST_FOR_STUCK = 10
"""Inputs from which on a number that never changes is a finding of its own."""
_ROUNDING = 1e-9
"""Slack for binary fractions: 0.55 is 0.1 from 0.45, and 29 % of 100 are 29."""


@dataclass(frozen=True)
class Agree:
    """How far answers may be from prod's."""

    tolerance: float
    """The most that numbers may differ."""
    relative: float = 0.0
    """The same as a share of the larger of the two; the wider of both tolerances holds."""
    at_most: float = 0.05
    """The share of inputs whose answers may differ by more."""
    only: tuple[Path, ...] = ()
    """The parts of the answers that are compared; none named: all of them."""

    def beyond(self, by: float, one: float, other: float) -> bool:
        """Return whether two numbers that far apart differ."""
        within = max(self.tolerance, self.relative * max(abs(one), abs(other)))
        return by > within * (1 + _ROUNDING)

    def __str__(self) -> str:
        """The tolerance in words."""
        share = f"{self.relative * 100:g} %"
        if not self.relative:
            return f"{self.tolerance:g}"
        return f"{self.tolerance:g} and {share}" if self.tolerance else share


@dataclass(frozen=True)
class Difference:
    """Where two answers to one input are farthest apart."""

    place: Place
    by: float
    """Infinite where it isn't two numbers that differ."""
    beyond: bool
    """Whether that is more than tolerated."""
    found: object
    wanted: object
    """Prod's value; `ABSENT` where it has none."""

    def show(self, prod: str) -> str:
        """Return it in words."""
        at = show_place(self.place, "the whole answer")
        if math.isfinite(self.by):
            return f"{self.by:.3g} at {at}"
        return f"{show(self.found)} at {at}, {prod}'s {show(self.wanted)}"


def difference(found: object, wanted: object, agree: Agree) -> Difference | None:
    """Return where a candidate's answer is farthest from prod's; None where there is nothing to compare.

    Numbers are compared within the tolerance; all else, and what only one of the two has, must be the same.
    """
    ours, theirs = leaves(found), leaves(wanted)
    places = [place for place in {**ours, **theirs} if _compared(place, agree)]
    apart = (_apart(place, ours.get(place, ABSENT), theirs.get(place, ABSENT), agree) for place in places)
    return max(apart, key=lambda each: (each.beyond, each.by), default=None)


def agreement(pairs: Sequence[tuple[object, object]], agree: Agree, prod: str) -> tuple[Verdict, str]:
    """Return whether answers agree with prod's, and why: how many differ, and by how much.

    Args:
        pairs: For each input the candidate's answer, and prod's.
        agree: How far they may differ.
        prod: What prod's deployment is called.
    """
    found = enumerate((difference(*pair, agree) for pair in pairs), start=1)
    compared = [(n, each) for n, each in found if each is not None]
    if not compared:
        where = ", ".join(map(str, agree.only)) or "all of them"
        return Verdict.ERROR, (
            f"nothing to compare: neither the candidate's answers nor {prod}'s have anything at {where} "
            "(probe.agree.only)"
        )
    differ = sum(each.beyond for _, each in compared)
    allowed = share_of(agree.at_most, len(compared))
    which, largest = max(compared, key=lambda each: (each[1].beyond, each[1].by))
    said = (
        f"{differ} of {len(compared)} answers differ from {prod}'s by more than {agree}, "
        f"at most {allowed} allowed"
    )
    if largest.by:
        kind = "the largest difference" if math.isfinite(largest.by) else "the first"
        said += f"; {kind} {largest.show(prod)} (request {which})"
    if differ > allowed:
        return Verdict.FAILED, said
    if (stuck := never_changes(pairs, agree, prod)) is not None:
        return Verdict.FAILED, stuck
    return Verdict.SUCCESSFUL, said


def never_changes(pairs: Sequence[tuple[object, object]], agree: Agree, prod: str) -> str | None:
    """Return which number is the same in every answer of the candidate and changes in prod's, or None.

    It changes where no value of it stands in more than half of prod's answers: a label of a rare class
    doesn't. A constant near the middle may be within the tolerance of most answers, and is nonsense all the
    same.
    """
    if len(pairs) < LEAST_FOR_STUCK:
        return None
    ours, theirs = [leaves(found) for found, _ in pairs], [leaves(wanted) for _, wanted in pairs]
    for place in ours[0]:
        if not _compared(place, agree):
            continue
        found, wanted = _numbers(ours, place), _numbers(theirs, place)
        if len(found) == 1 and wanted and max(wanted.values()) * 2 <= len(pairs):
            (value,) = found
            return (
                f"all {len(pairs)} answers have {value:g} at {show_place(place)}, "
                f"where {prod}'s have {len(wanted)} different numbers"
            )
    return None


def share_of(share: float, count: int) -> int:
    """Return how many of `count` a share allows, rounded down: of 100, 0.29 allows 29."""
    return math.floor(share * count * (1 + _ROUNDING))


def _apart(place: Place, found: object, wanted: object, agree: Agree) -> Difference:
    one, other = number(found), number(wanted)
    if one is not None and other is not None:
        by = abs(float(one) - float(other))
        return Difference(place, by, agree.beyond(by, one, other), found, wanted)
    same = found is not ABSENT and wanted is not ABSENT and json.dumps(found) == json.dumps(wanted)
    return Difference(place, 0.0 if same else math.inf, not same, found, wanted)


def _compared(place: Place, agree: Agree) -> bool:
    return not agree.only or any(path.covers(place) for path in agree.only)


def _numbers(answers: Sequence[Mapping[Place, object]], place: Place) -> Counter[float]:
    """Return how often each number stands at a place; nothing where not all answers have one there."""
    found = [number(each.get(place, ABSENT)) for each in answers]
    return Counter() if None in found else Counter(value for value in found if value is not None)
