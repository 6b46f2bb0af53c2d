"""Waiting for a person: a pause that somebody said, and the approval that a stage asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import moves
from rollout.core.publication import answers
from rollout.core.step import Phase, StepKind

if TYPE_CHECKING:
    from rollout.core.moves import Scene
    from rollout.core.plan import Stage
    from rollout.core.step import Step

STOPPED = (StepKind.START, StepKind.ADVANCE, StepKind.PROMOTE, StepKind.RETIRE)
"""The steps that a pause stops. What takes back, repairs, or puts away what is gone goes on."""


def while_paused(scene: Scene) -> Step | None:
    """Return the hold of a candidate whose rollout somebody paused, or None."""
    paused = scene.seen.published.paused
    if paused is None:
        return None
    return moves.stay(
        scene,
        f"{scene.who} stays at {scene.rung}, {paused.told}; `rollout resume` lets it go on",
        phase=Phase.PAUSED,
    )


def stopped(scene: Scene, step: Step) -> Step:
    """Return the step, or the hold in its place where somebody paused the rollout."""
    paused = scene.seen.published.paused
    if paused is None or step.kind not in STOPPED:
        return step
    return moves.stay(
        scene,
        f"{paused.told}; `rollout resume` lets the next step be taken: {step.kind}, {step.reason}",
        phase=Phase.PAUSED,
    )


def unapproved(scene: Scene, stage: Stage, ready: str) -> Step | None:
    """Return the hold before a stage that a person has to approve first and hasn't, or None.

    Who accepted a margin to leave the present stage has approved the next one with it.
    """
    approved = scene.seen.published.approved
    if not stage.approval or (approved is not None and answers(scene.record, approved, scene.plan)):
        return None
    return moves.stay(
        scene,
        f"{ready}; {stage.show()} needs a person's approval: `rollout approve`, and the next `up` goes on",
        phase=Phase.PAUSED,
    )
