"""What one `pulumi up` does: the step, and what it declares."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from rollout.core.traffic import Routing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.intent import Intent
    from rollout.core.record import Record


class StepKind(StrEnum):
    """Every step there is. `undo`, `adopt` and `reset` are taken only where a person asks for them."""

    NONE = "none"
    START = "start"
    ADVANCE = "advance"
    HOLD = "hold"
    PROMOTE = "promote"
    RETIRE = "retire"
    FINISH = "finish"
    ABORT = "abort"
    REPAIR = "repair"
    UNDO = "undo"
    ADOPT = "adopt"
    RESET = "reset"

    @property
    def writes_endpoint(self) -> bool:
        """Whether the step PUTs the endpoint: its traffic and the record in its tags."""
        return self not in (StepKind.NONE, StepKind.HOLD, StepKind.REPAIR)

    @property
    def publishes(self) -> bool:
        """Whether the step writes the stack tags."""
        return self not in (StepKind.NONE, StepKind.HOLD)


class Phase(StrEnum):
    """How the endpoint is doing, in one word."""

    HEALTHY = "Healthy"
    PROGRESSING = "Progressing"
    PAUSED = "Paused"
    DEGRADED = "Degraded"


class Form(StrEnum):
    """How a deployment is declared."""

    FRESH = "fresh"
    """From config: created, or replaced where its slot is occupied."""
    FROZEN = "frozen"
    """As it is live, immune to config."""


class Outcome(StrEnum):
    """What a step asks of the exit code of `pulumi up`."""

    FINE = "fine"
    TAKEN_BACK = "taken back"
    UNREADABLE = "unreadable"
    STUCK = "stuck"
    """A release is to be taken back, and who served before can't take its traffic: red until it can."""

    @property
    def exits_non_zero(self) -> bool:
        """Whether the run is red after everything was saved and published."""
        return self is not Outcome.FINE


@dataclass(frozen=True)
class Step:
    """The one thing this `pulumi up` does, and why."""

    kind: StepKind
    phase: Phase
    """What `rollout status` and the preview say now."""
    reason: str
    """One sentence: value, limit, and what comes next."""
    record: Record
    """What the endpoint's tags say after the step; for a step that doesn't write it, what they say now."""
    published_phase: Phase
    """The phase that goes with the record; a hold may see worse without writing it."""
    deployments: Mapping[str, Form] = field(default_factory=lambda: MappingProxyType({}))
    """The deployments to declare; one that is not among them is deleted if the stack owns it."""
    discards: str | None = None
    """A deployment to delete. Where the state has lost it, it is declared once more, and deleted next."""
    probe: str | None = None
    """The deployment to send probe requests to before publishing."""
    outcome: Outcome = Outcome.FINE
    routing: Routing = field(default_factory=Routing)
    """Where requests and copies of them go once the step is done: what a PUT sends and what is read back."""
    honours: Intent | None = None
    """What a person asked for and this step does."""
    who: str | None = None
    """The person whose word let this step be taken; None where nobody's was needed."""
    as_found: bool = False
    """Whether nothing is known of the endpoint: what the stack's state holds of it is declared as it is live,
    unless it was never made, and nothing else."""
    clears: tuple[str, ...] = ()
    """The stack tags in which people said something that is done or of no use: publishing removes them."""
