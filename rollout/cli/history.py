"""`rollout history`: what the rollouts of a stack did, when, and on whose word, from its state."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rollout.cli.colours import COLOURS
from rollout.cli.stack import selected
from rollout.stack import remembered

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping, Sequence


def run(args: argparse.Namespace) -> int:
    """Print the newest transitions, oldest first, and return 0. Raises `StackError`. Needs no Azure."""
    root = Path(args.cwd).resolve()
    stack = args.stack or selected(root)
    kept = remembered.read(stack, root).transitions
    found = [each for each in kept if args.release in (None, each.get("release"))][-args.last :]
    if args.json:
        print(json.dumps({"stack": stack, "transitions": [dict(each) for each in found]}, indent=2))
    elif found:
        Console().print(table(found))
    else:
        print(f"{stack} has no transition yet" if not kept else f"{stack} has none of {args.release}")
    return 0


def table(transitions: Sequence[Mapping[str, Any]]) -> Table:
    """Return the transitions for a terminal: a line each, with reason and verdicts below one another."""
    shown = Table(box=None, pad_edge=False)
    for column in ("at", "step", "phase", "traffic", "release", "who"):
        shown.add_column(column, no_wrap=column in ("at", "step", "phase"), overflow="fold")
    shown.add_column("why", ratio=1)
    for each in transitions:
        phase = str(each.get("phase", ""))
        before, after = each.get("from", ""), each.get("to", "")
        shown.add_row(
            Text(str(each.get("at", ""))),
            Text(str(each.get("step", ""))),
            Text(phase, COLOURS.get(phase, "")),
            Text(str(after) if before == after else f"{before} → {after}"),
            Text(str(each.get("release", ""))),
            Text(str(each.get("who", ""))),
            _why(each),
        )
    return shown


def _why(transition: Mapping[str, Any]) -> Text:
    text = Text(str(transition.get("reason", "")))
    for gate, verdict in cast("dict[str, str]", transition.get("verdicts") or {}).items():
        text.append(f"\n{gate} ", "bright_black").append(verdict, COLOURS.get(verdict, ""))
    return text
