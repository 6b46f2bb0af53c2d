"""Which stacks a change touches, and which have a step due."""

from __future__ import annotations

import json
import os
import re

import status
from checkout import changed
from runner import error, needed, output

NO_STACK_READS = ("docs/", "tests/", "benchmarks/", "demo/", ".vscode/")
PAGE = re.compile(r"[^/]+\.md")
STACK_FILE = re.compile(r"Pulumi\.([A-Za-z0-9._-]+)\.yaml")
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


def stacks() -> list[str]:
    """Return the stacks that pipelines look after, in the order in which releases are promoted."""
    names = needed("ROLLOUT_STACKS").split()
    wrong = [name for name in names if not NAME.fullmatch(name)]
    if wrong:
        raise SystemExit(f"ROLLOUT_STACKS: {', '.join(map(repr, wrong))} can't be a stack's name")
    return names


def touched() -> int:
    """Set the output `stacks`: those that the commits since BASE touch."""
    names = stacks()
    found = touched_by(changed(needed("BASE")), names)
    print(f"touched: {', '.join(found) or 'none'}")
    output("stacks", json.dumps(found))
    return 0


def touched_by(files: list[str] | None, names: list[str]) -> list[str]:
    """Return the stacks whose own file is among these; all where a shared one is, or where it isn't known.

    Pages in other folders than `docs/` are shared ones: a release is every file of its code's folder.
    """
    if files is None:
        return names
    own: set[str] = set()
    for file in files:
        stack = STACK_FILE.fullmatch(file)
        if stack is not None:
            own.add(stack[1])
        elif not file.startswith(NO_STACK_READS) and not PAGE.fullmatch(file):
            return names
    return [name for name in names if name in own]


def due() -> int:
    """Set the output `due`: the stacks of STACKS, or all that have a step due, and what it would be.

    What one can't be read for doesn't keep the others waiting; the exit code says it.
    """
    given = os.environ.get("STACKS", "")
    names = json.loads(given) if given else stacks()
    found: list[dict[str, object]] = []
    code = 0
    for name in names:
        try:
            seen = status.read(name)
        except status.UnreadableError as wrong:
            error(str(wrong))
            code = 1
            continue
        print(f"{name}: {seen['phase']}; next: {seen['next']['step']}: {seen['next']['reason']}")
        if given or status.is_due(seen):
            found.append({"stack": name, "approval": status.needs_approval(seen)})
    output("due", json.dumps(found))
    return code
