"""The record resource: last in the graph, so that its hook publishes what all the others have become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from rollout.core import times
from rollout.stack import hooks

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from rollout.core.step import Step
    from rollout.stack.publish import Publisher


def declare(
    step: Step,
    now: datetime,
    publisher: Publisher,
    after: Sequence[pulumi.Resource],
    history: Sequence[Mapping[str, Any]],
) -> pulumi.Stash:
    """Declare the record, with the history of the stack: a step that publishes gives it new content.

    Any other step leaves it untouched. A hook fires only where there is a diff, and a publish that died
    would never be repeated: so a repair has content of its own, its time.
    """
    publish = hooks.hook("record-publish", publisher.publish)
    again = hooks.hook("record-publish-again", publisher.publish)
    return pulumi.Stash(
        "record",
        input={
            "step": step.kind.value,
            "at": times.show_instant(now),
            "reason": step.reason,
            "phase": step.published_phase.value,
            "record": step.record.tags(),
            "history": list(history),
        },
        opts=pulumi.ResourceOptions(
            protect=True,
            depends_on=list(after),
            ignore_changes=[] if step.kind.publishes else ["input"],
            hooks=pulumi.ResourceHookBinding(after_create=[publish], after_update=[again]),
        ),
    )
