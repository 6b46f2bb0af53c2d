"""Whether it all went as told."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from demo.arm import Seen
from demo.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

PATIENT = {"hold", "none", "repair"}
"""Steps that may come between the others."""
FIRST = ("start", "promote")
"""The steps of a first release."""


@dataclass(frozen=True)
class Up:
    """One `pulumi up`, and what it left live."""

    step: str
    reason: str
    phase: str
    traffic: Mapping[str, int]
    """Live, without zeros."""
    candidate: str | None
    code: int
    seconds: float


@dataclass(frozen=True)
class Chapter:
    """A release from its first `up` to its last."""

    model: str
    """As the record names it: `credit-risk:2`."""
    ups: Sequence[Up] = ()
    seen: Seen = field(default_factory=Seen)
    """What was live at its end."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """The stack's, at its end."""
    counted: Tally = field(default_factory=Tally)
    """By the client, during it."""


@dataclass(frozen=True)
class Outcome:
    """The whole story; a chapter that wasn't reached is None."""

    rungs: int
    """Stages of the ladder."""
    first: Chapter
    good: Chapter | None = None
    bad: Chapter | None = None
    counted: Tally = field(default_factory=Tally)
    """By the client, from its start."""

    @property
    def chapters(self) -> list[Chapter]:
        """Those that were reached."""
        return [each for each in (self.first, self.good, self.bad) if each is not None]


def differences(outcome: Outcome) -> list[str]:
    """Return what didn't go as told, a sentence each; none where all did."""
    found = went_out("first release", outcome.first, FIRST)
    if outcome.good is None:
        return [*found, "the good release wasn't begun"]
    found += went_out("good release", outcome.good, whole(outcome.rungs)) + _unharmed(outcome.good)
    if outcome.bad is None:
        return [*found, "the bad release wasn't begun"]
    return found + _taken_back(outcome.bad, outcome.good)


def whole(rungs: int) -> tuple[str, ...]:
    """Return the steps of a release that climbs so many stages."""
    return ("start", *("advance",) * rungs, "promote", "retire", "finish")


def went_out(who: str, chapter: Chapter, told: Sequence[str]) -> list[str]:
    """Return in what a release differs from one that went out by those steps."""
    taken = [up.step for up in chapter.ups if up.step not in PATIENT]
    steps = f"its steps were {', '.join(taken) or 'none'}; told were {', '.join(told)}"
    codes = [f"{up.step} ended with exit code {up.code}" for up in chapter.ups if up.code]
    texts = [*([] if taken == list(told) else [steps]), *codes, *_unhealthy(chapter)]
    return [f"{who}: {text}" for text in texts]


def _unhealthy(chapter: Chapter) -> list[str]:
    seen, tags = chapter.seen, chapter.tags
    prod, release = tags.get("PROD_DEPLOYMENT", ""), tags.get("PROD_RELEASE", "")
    checks = {
        f"the phase is {tags.get('ROLLOUT_PHASE')}, not Healthy": tags.get("ROLLOUT_PHASE") == "Healthy",
        f"prod is {release or 'not known'} by the stack's tags, not {chapter.model}": _is(
            chapter.model, release
        ),
        f"the endpoint's tags name {seen.tags.get('PROD_RELEASE')}, the stack's {release}": (
            seen.tags.get("PROD_RELEASE") == release and seen.tags.get("PROD_DEPLOYMENT") == prod
        ),
        f"live traffic is {dict(seen.traffic)}, not all on prod": seen.traffic == {prod: 100},
        f"deployments are {dict(seen.deployments)}, not prod alone": seen.deployments == {prod: release},
    }
    return [text for text, holds in checks.items() if not holds]


def _unharmed(good: Chapter) -> list[str]:
    counted = good.counted
    if not counted.requests:
        return ["good release: the client sent no request while it went out"]
    if counted.failures:
        return [f"good release: {counted.failures} of the client's {counted.requests} requests failed"]
    return []


def _taken_back(bad: Chapter, good: Chapter) -> list[str]:
    prod, release = good.tags.get("PROD_DEPLOYMENT", ""), good.tags.get("PROD_RELEASE", "")
    last = bad.ups[-1] if bad.ups else None
    early = [f"{up.step} ended with exit code {up.code}" for up in bad.ups[:-1] if up.code]
    checks = {
        f"its last step was {last.step if last else 'none at all'}, not abort": bool(
            last and last.step == "abort"
        ),
        "the `pulumi up` that took it back ended with exit code 0": bool(last and last.code),
        "it never had traffic, so no gate has judged it": any(up.step == "advance" for up in bad.ups),
        f"live traffic is {dict(bad.seen.traffic)}, not {prod} 100": bad.seen.traffic == {prod: 100},
        f"prod is {bad.seen.tags.get('PROD_RELEASE')}, not {release}": (
            bad.seen.tags.get("PROD_RELEASE") == release == bad.seen.deployments.get(prod)
        ),
        f"{bad.model} isn't recorded as failed": _is(bad.model, bad.seen.tags.get("FAILED_RELEASE", "")),
    }
    return [f"bad release: {text}" for text in early] + [
        f"bad release: {text}" for text, holds in checks.items() if not holds
    ]


def _is(model: str, release: str) -> bool:
    return release.rpartition("-")[0] == model
