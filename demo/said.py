"""What matters in the output of a `pulumi` command."""

from __future__ import annotations

import re
from dataclasses import dataclass

from rollout.core.step import Phase, StepKind

_STEP = re.compile(rf"\b({'|'.join(StepKind)}): (.+) \[({'|'.join(Phase)})\]\s*$")
_GATES = re.compile(r"^\s*gates, .*requests:\s*$")
_CHANGE = re.compile(
    r"^ (?P<sign>[+~=-]{1,2}|\+-|-\+)\s+(?P<type>[\w:-]+:\w+) (?P<name>.+?) "
    r"(?P<verb>create|update|delete|replace|import|read)(?P<rest> .*)?$"
)
_REPEATED = re.compile(r"(?<=  )(?<!^)\S+: (?=\S)| \([^()]* requests[^()]*\)$")


@dataclass(frozen=True)
class Said:
    """The step that a run of the program took, or would take."""

    step: str
    reason: str
    phase: str


def step(output: str) -> Said | None:
    """Return the step that the program said last; None where it said none."""
    for line in reversed(output.splitlines()):
        if found := _STEP.search(line):
            return Said(*found.groups())
    return None


def gates(output: str) -> list[str]:
    """Return the gates' table, said last; its head has what each of its lines repeats."""
    lines = output.splitlines()
    starts = [number for number, line in enumerate(lines) if _GATES.match(line)]
    if not starts:
        return []
    head = lines[starts[-1]]
    table = [head.strip()]
    for line in lines[starts[-1] + 1 :]:
        if not line.strip() or _indent(line) <= _indent(head):
            break
        table.append("  " + _REPEATED.sub("", line.strip()))
    return table


def changes(preview: str) -> list[str]:
    """Return what a preview would do: a line a resource, then the counts."""
    found: list[str] = []
    for line in preview.splitlines():
        if each := _CHANGE.match(line):
            kind = each["type"].rpartition(":")[2]
            found.append(
                f"{each['sign']:<2} {kind} {each['name']} {each['verb']}{each['rest'] or ''}".rstrip()
            )
    return found


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())
