"""Statuses that a `rollout` of a test's own says."""

from __future__ import annotations

from typing import Any


def says(step: str, phase: str = "Progressing", stage: int | None = 10) -> dict[str, Any]:
    """Return a status whose next step is this one."""
    return {
        "phase": phase,
        "wanted": "tiny:2-abcdef12",
        "deployments": [],
        "stage": None if stage is None else {"traffic": stage, "mirror": 0},
        "gates": [],
        "next": {"step": step, "reason": "because"},
    }
