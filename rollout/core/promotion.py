"""Promotion: a stack starts only what was Healthy at the endpoint that it promotes from.

What is compared is what a deployment is made of: model, environment and scoring code. Sizes, counts and
settings may differ from one stack to the next.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.core.step import Outcome, Phase, Step, StepKind

if TYPE_CHECKING:
    from rollout.core.moves import Scene
    from rollout.core.record import Record


class NotPromotedError(Exception):
    """A first release that wasn't Healthy where it is promoted from; nothing was declared."""


@dataclass(frozen=True)
class Part:
    """A model or an environment, by every name that nothing else can have."""

    shown: str
    """As people refer to it: `azureml:credit-risk:8`."""
    names: frozenset[str]
    """Its ARM id, its id in a registry, and what its content comes to, as far as they are known."""

    def same(self, other: Part) -> bool:
        """Return whether both are one thing: they have a name in common."""
        return bool(self.names & other.names)


@dataclass(frozen=True)
class Artifact:
    """What a deployment is made of, without its size."""

    model: Part
    environment: Part | None = None
    code: str | None = None
    """What tells its scoring code's tree from any other; None where it has none."""
    script: str | None = None


@dataclass(frozen=True)
class Proof:
    """What is Healthy at an endpoint, or was until a rollout that is not over yet."""

    endpoint: str
    artifacts: tuple[Artifact, ...] = ()
    """Prod's first, then old prod's."""
    lacking: str = ""
    """Why there is none."""


@dataclass(frozen=True)
class Override:
    """What a person lets through without a proof; it stands in the stack's config, for one model."""

    model: str
    """As config refers to it."""
    reason: str


def differences(wanted: Artifact, proved: Artifact) -> tuple[str, ...]:
    """Return in what two artifacts differ, as people say it; nothing where they are the same."""
    found: list[str] = []
    if not wanted.model.same(proved.model):
        found.append(f"model {wanted.model.shown}, there {proved.model.shown}")
    ours, theirs = wanted.environment, proved.environment
    if (ours is None) != (theirs is None) or (ours and theirs and not ours.same(theirs)):
        shown = [part.shown if part else "none" for part in (ours, theirs)]
        found.append(f"environment {shown[0]}, there {shown[1]}")
    if wanted.code != proved.code:
        found.append(f"scoring code {wanted.code or 'none'}, there {proved.code or 'none'}")
    if wanted.script != proved.script:
        found.append(f"scoring script {wanted.script or 'none'}, there {proved.script or 'none'}")
    return tuple(found)


def unproved(wanted: Artifact, proof: Proof) -> str | None:
    """Return why a release may not start here, or None where it was Healthy there."""
    if not proof.artifacts:
        return f"nothing is Healthy at {proof.endpoint}: {proof.lacking}"
    each = [differences(wanted, artifact) for artifact in proof.artifacts]
    if not all(each):
        return None
    return f"it wasn't Healthy at {proof.endpoint}, where prod is another: {'; '.join(each[0])}"


def needs_proof(step: Step, release: str, record: Record, *, retried: bool = False) -> bool:
    """Return whether a step begins the rollout of a release that config names anew.

    Retiring old prod, to make room for it, does so too: not for one that was taken back and that nobody wants
    to have `retried`, since none is to start then. What takes back or goes on is never held up.
    """
    begins = retried or release not in record.failed if step.kind is StepKind.RETIRE else True
    begun = (record.release, record.prod_release)
    return step.kind in (StepKind.START, StepKind.RETIRE) and begins and release not in begun


def held(scene: Scene, step: Step, why: str) -> Step:
    """Return the hold in the place of a start that isn't proved."""
    return Step(
        kind=StepKind.HOLD,
        phase=Phase.DEGRADED,
        reason=not_started(scene.plan.release, why),
        record=scene.record,
        published_phase=scene.published_phase,
        deployments=scene.frozen(),
        outcome=Outcome.STUCK,
        routing=scene.endpoint.routing,
        who=step.who,
    )


def not_started(release: str, why: str) -> str:
    """Return the sentence about a release that isn't proved."""
    return f"{release} isn't started: {why}; release it there first, or `rollout release --override REASON`"


def let_through(step: Step, override: Override, endpoint: str) -> Step:
    """Return the step that says that no proof was asked for, and why."""
    said = f"let through without proof from {endpoint}: {override.reason}"
    return replace(step, reason=f"{step.reason}; {said}")
