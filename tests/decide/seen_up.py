"""One `pulumi up`, as the laws look at it."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from rollout.core.known import known
from rollout.core.record import Record
from rollout.core.traffic import live

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.evidence import Unreadable
    from rollout.core.gates.history import Thin
    from rollout.core.gates.judgement import Judgement
    from rollout.core.intent import Verb
    from rollout.core.judging import Question
    from rollout.core.observed import Observed, Provisioning
    from rollout.core.plan import Plan
    from rollout.core.step import Step


@dataclass(frozen=True)
class Up:
    """One `pulumi up`: what was seen, asked and decided."""

    plan: Plan
    seen: Observed
    question: Question | None
    judgement: Judgement | None
    step: Step
    usual: Baseline | Thin | Unreadable | None = None
    """What was measured of prod's history, where it was asked for."""

    @cached_property
    def before(self) -> Mapping[str, int]:
        """The live traffic that was decided from."""
        return live(self.seen.endpoint.traffic) if self.seen.endpoint is not None else {}

    @cached_property
    def after(self) -> Mapping[str, int]:
        """The live traffic once the step is done."""
        return live(self.step.routing.traffic) if self.step.kind.writes_endpoint else self.before

    @cached_property
    def copied(self) -> Mapping[str, int]:
        """The live mirror that was decided from."""
        return live(self.seen.endpoint.mirror) if self.seen.endpoint is not None else {}

    @cached_property
    def copied_after(self) -> Mapping[str, int]:
        """The live mirror once the step is done."""
        return live(self.step.routing.mirror) if self.step.kind.writes_endpoint else self.copied

    @cached_property
    def record(self) -> Record:
        """The record that the endpoint carries, empty where nothing of it can be read."""
        return known(self.seen) or Record()

    @cached_property
    def unrecorded(self) -> bool:
        """Whether the endpoint carries no record, or one of which nothing can be read."""
        return known(self.seen) is None

    def does(self, *verbs: Verb) -> bool:
        """Return whether the step does what a person asked for by one of these words."""
        return self.step.honours is not None and self.step.honours.verb in verbs

    def carries(self, name: str | None, release: str | None) -> bool:
        """Return whether a live deployment is known to have that release."""
        found, taken = self.seen.deployments.get(name or ""), self.record.adopted
        if found is None or found.release is not None:
            return found is not None and found.release == release
        return taken is not None and (taken.name, taken.content) == (found.name, found.content)

    @property
    def drifted(self) -> bool:
        """Drift: live and recorded traffic or mirror differ."""
        return self.seen.endpoint is not None and not self.seen.endpoint.routing.same(self.record.routing)

    @cached_property
    def risers(self) -> dict[str, int]:
        """Who gets more than before, and how much more."""
        gains = {name: share - self.before.get(name, 0) for name, share in self.after.items()}
        return {name: gain for name, gain in gains.items() if gain > 0}

    @property
    def climbs(self) -> bool:
        """Whether the candidate gets more requests than before, live or copied."""
        who = self.record.candidate
        return who in self.risers or self.copied_after.get(who or "", 0) > self.copied.get(who or "", 0)

    def release_of(self, name: str | None) -> str | None:
        """Return the release that a live deployment carries."""
        found = self.seen.deployments.get(name or "")
        return found.release if found is not None else None

    def state_of(self, name: str | None) -> Provisioning | None:
        """Return a live deployment's provisioning state."""
        found = self.seen.deployments.get(name or "")
        return found.state if found is not None else None
