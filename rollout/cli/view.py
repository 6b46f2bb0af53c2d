"""The status as people look at it: a few lines and two tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from rollout.cli.colours import COLOURS
from rollout.report import words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.console import RenderableType

_BAR = 20
"""Characters of the bar that stands for all traffic."""


def show(found: dict[str, Any]) -> None:
    """Print the status once."""
    Console().print(render(found))


def watch(looks: Iterable[dict[str, Any]]) -> None:
    """Show the status at each look, in place of the one before."""
    with Live(auto_refresh=False) as live:
        for found in looks:
            live.update(render(found), refresh=True)


def render(found: dict[str, Any]) -> RenderableType:
    """Return the status for a terminal."""
    head = Text.assemble(
        (f"{found['endpoint']} ", "bold"),
        (found["phase"], COLOURS.get(found["phase"], "")),
        f"  stack {found['stack']}, {found['at']}",
    )
    parts: list[RenderableType] = [head, _deployments(found["deployments"])]
    if stage := found["stage"]:
        parts.append(
            Text(
                f"stage {words.share_of_traffic(stage['traffic'], stage['mirror'])} since {stage['since']}: "
                f"{stage['bakeLeft']} of {stage['bake']} left"
            )
        )
    if found["gates"]:
        parts.append(_gates(found["gates"]))
    if found["probe"]:
        parts.append(Text(f"probe: {found['probe']}"))
    if found["approved"]:
        parts.append(Text(f"accepted: {found['approved']}"))
    if found["paused"]:
        parts.append(Text(f"paused {found['paused']}", "yellow"))
    if found["intent"]:
        parts.append(Text(f"said: {found['intent']}"))
    if found["why"]:
        parts.append(Text(f"why: {found['why']}"))
    parts.append(Text(f"next `pulumi up`: {found['next']['step']}: {found['next']['reason']}"))
    return Group(*parts)


def _deployments(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("deployment", "role", "release", "traffic", "", "state", "instances"):
        table.add_column(column, overflow="fold", no_wrap=column == "traffic")
    for row in rows:
        share = int(row["traffic"])
        table.add_row(
            Text(row["name"]),
            row["role"],
            Text(row["release"] or "not a rollout's"),
            f"{share} %",
            "█" * round(share * _BAR / 100),
            Text(row["state"]),
            str(row["instances"]),
        )
    return table


def _gates(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("gate", "verdict", "reason"):
        table.add_column(column)
    for row in rows:
        verdict = Text(row["verdict"], COLOURS.get(row["verdict"], ""))
        table.add_row(Text(row["gate"]), verdict, Text(row["reason"]))
    return table
