"""The history of a stack: one entry for each step that was published, as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rollout.core import times
from rollout.core.step import StepKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollout.core.gates.judgement import Judgement
    from rollout.core.step import Step
    from rollout.core.traffic import Routing

KEPT = 200
"""How many transitions the record holds."""
_REASON_LENGTH = 256
_OF_THE_RUN = frozenset({"at", "who", "verdicts"})
"""What may differ between two entries of one and the same step."""


def transition(
    step: Step, now: datetime, before: Routing, who: str, judgement: Judgement | None
) -> dict[str, Any]:
    """Return the entry of a step: when, what, traffic before and after, for which release, who, why."""
    verdicts = {each.gate: str(each.verdict) for each in judgement.findings} if judgement is not None else {}
    return {
        "at": times.show_instant(now),
        "step": step.kind.value,
        "phase": step.published_phase.value,
        "from": before.show(),
        "to": step.routing.show(),
        "release": step.record.release or step.record.prod_release or "",
        "who": step.who or who,
        "reason": step.reason[:_REASON_LENGTH],
        "verdicts": verdicts,
    }


def grown(history: Sequence[Mapping[str, Any]], entry: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the history with one more entry; the oldest are forgotten.

    A repair that comes again, as that of a probe that ends in Error, stands for those before it: it pushes
    nothing out.
    """
    repeated = entry.get("step") == StepKind.REPAIR.value and history and _same(history[-1], entry)
    earlier = history[:-1] if repeated else history
    return [*(dict(each) for each in earlier[-(KEPT - 1) :]), entry]


def _same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries are of one and the same step."""
    return all(one.get(key) == text for key, text in other.items() if key not in _OF_THE_RUN)
