"""What the next `pulumi up` of a stack would do, and whether it is still what somebody approved."""

from __future__ import annotations

import status
from runner import error, needed, notice, output
from stacks import stacks


def look() -> int:
    """Set the outputs `next`, the step in a few words, and `approval`, whether somebody must agree first."""
    stack = needed("STACK")
    if stack not in stacks():
        error(f"{stack!r} is none of the stacks in ROLLOUT_STACKS")
        return 1
    try:
        seen = status.read(stack)
    except status.UnreadableError as wrong:
        error(str(wrong))
        return 1
    said = status.title(stack, seen)
    notice(f"{said}. {seen['next']['reason']}")
    output("next", said)
    output("approval", str(status.needs_approval(seen)).lower())
    return 0


def still() -> int:
    """Set the output `go`: whether the step needs no approval, or is the one that was approved."""
    stack, approved = needed("STACK"), needed("APPROVED")
    try:
        seen = status.read(stack)
    except status.UnreadableError as wrong:
        error(str(wrong))
        return 1
    now = status.title(stack, seen)
    go = not status.needs_approval(seen) or now == approved
    if not go:
        notice(f"Nothing is done: the step was «{approved}» and is «{now}» by now. It comes up again.")
    output("go", str(go).lower())
    return 0
