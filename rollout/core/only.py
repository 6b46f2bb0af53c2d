"""A run that may take one kind of step only: the guard takes candidates back, and does nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.step import Step

ONLY = "ROLLOUT_ONLY"
"""The environment variable with that kind, such as `abort`; empty or missing: any."""


class NotThisStepError(Exception):
    """A step is due that the run may not take: nothing is declared, nothing written."""


def refuse_others(step: Step, environ: Mapping[str, str]) -> None:
    """Raise `NotThisStepError` where the environment allows another kind of step only."""
    only = environ.get(ONLY, "").strip()
    if only and step.kind.value != only:
        raise NotThisStepError(
            f"{ONLY} allows nothing but {only}, and {step.kind} is due: nothing is written ({step.reason})"
        )
