"""A check as people look at it in a terminal: verdict, why, and a table of the gates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from rollout.cli.colours import COLOURS
from rollout.report import words

if TYPE_CHECKING:
    from rich.console import RenderableType

    from rollout.report.schema import Gate, Report


def show(found: Report) -> None:
    """Print what a check came to."""
    Console().print(render(found))


def render(found: Report) -> RenderableType:
    """Return what a check came to, for a terminal."""
    verdict, stage = found["verdict"], found["stage"]
    of = (
        f"  {found['deployment']} at {words.share_of_traffic(stage['traffic'], stage['mirror'])}"
        if stage
        else ""
    )
    stack = f", stack {found['stack']}" if found["stack"] else ""
    at = f", {words.moment(found['at'])}" if found["at"] else ""
    parts: list[RenderableType] = [
        Text.assemble(
            (f"{words.SIGNS.get(verdict, '')} {verdict} ", f"bold {COLOURS.get(verdict, '')}"),
            (found["endpoint"], "bold"),
            f"{of}{stack}{at}",
        )
    ]
    if found["gates"]:
        parts.append(_gates(sorted(found["gates"], key=lambda gate: words.rank(gate["verdict"]))))
    else:
        parts.append(Text(found["reason"]))
    parts += [
        Text(f"warning: {gate['name']}: {each}") for gate in found["gates"] for each in gate["warnings"]
    ]
    if found["next"] and found["gates"]:
        parts.append(Text(f"next `pulumi up`: {found['next']['step']}: {found['next']['reason']}"))
    return Group(*parts)


def _gates(gates: list[Gate]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("gate", "verdict", "value", "limit", "reason"):
        table.add_column(column, no_wrap=column in ("verdict", "value"))
    for gate in gates:
        verdict = gate["verdict"] + (" (dry run)" if gate["dryRun"] else "")
        table.add_row(
            Text(gate["name"]),
            Text(verdict, COLOURS.get(gate["verdict"], "")),
            Text(words.number(gate["value"], gate["unit"])),
            Text(gate["limit"]),
            Text(gate["reason"]),
        )
    return table
