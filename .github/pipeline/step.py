"""What the next `pulumi up` of a stack would do, and whether it is still what somebody approved."""

from __future__ import annotations

import status
from checkout import changed, head
from runner import error, needed, notice, output
from stacks import stacks, touched_by


def look() -> int:
    """Set what `up` compares with: `next`, the step in a few words, the `commit` and the run's `attempt`.

    `approval` is whether somebody must agree first.
    """
    stack = needed("STACK")
    if stack not in stacks():
        error(f"{stack!r} is none of the stacks in ROLLOUT_STACKS")
        return 1
    try:
        seen = status.read(stack)
    except status.UnreadableError as wrong:
        error(str(wrong))
        return 1
    said, commit = status.title(stack, seen), head()
    notice(f"{said}. {seen['next']['reason']}. main is at {commit[:12]}")
    output("next", said)
    output("commit", commit)
    output("attempt", needed("GITHUB_RUN_ATTEMPT"))
    output("approval", str(status.needs_approval(seen)).lower())
    return 0


def still() -> int:
    """Set the output `go`: whether the step needs no approval, or is the one that was approved."""
    stack = needed("STACK")
    try:
        seen = status.read(stack)
    except status.UnreadableError as wrong:
        error(str(wrong))
        return 1
    why = _unapproved(stack, status.title(stack, seen)) if status.needs_approval(seen) else ""
    if why:
        notice(f"Nothing is done: {why}. It comes up again.")
    output("go", str(not why).lower())
    return 0


def _unapproved(stack: str, now: str) -> str:
    """Return why the step isn't what was approved, or an empty text."""
    approved, commit = needed("APPROVED"), needed("APPROVED_COMMIT")
    if now != approved:
        return f"the step was «{approved}» and is «{now}» by now"
    if touched_by(changed(commit), [stack]):
        return f"main has changed {stack} since {commit[:12]}, at which «{approved}» was approved"
    if needed("APPROVED_ATTEMPT") != needed("GITHUB_RUN_ATTEMPT"):
        return f"«{approved}» was approved for an earlier attempt of this run"
    return ""
