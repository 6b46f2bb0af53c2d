"""`rollout doctor`: whether a stack is fit for rollouts, and what to do where it isn't."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from rollout.cli.health import patient, place, standing, traffic
from rollout.cli.health.check import Check, State
from rollout.core import times
from rollout.core.traffic import WHOLE

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable
    from datetime import timedelta

    from rollout.cli.health.patient import Patient
    from rollout.core.comparison.ladder import Ladder

CHECKS: tuple[Callable[[Patient], Check], ...] = (
    place.python,
    place.pulumi,
    place.config,
    place.login,
    place.workspace,
    place.endpoint,
    standing.roles,
    place.evidence,
    standing.quota,
    standing.orphans,
    standing.lock,
    traffic.traffic,
    traffic.ladder,
)
"""Every check, in the order in which people mend things."""

WARNINGS, PROBLEMS = 3, 4
_LOOKS = {
    State.OK: ("✓", "green"),
    State.UNKNOWN: ("?", "bright_black"),
    State.WARNING: ("!", "yellow"),
    State.PROBLEM: ("✗", "red"),
}


def run(args: argparse.Namespace) -> int:
    """Look at everything, print it, and return 0, 3 for warnings or 4 for problems."""
    found = patient.read(args.stack, Path(args.cwd).resolve())
    checks = [check(found) for check in CHECKS]
    ladder = traffic.proposal(found)
    if args.json:
        print(json.dumps(_document(found, checks, ladder), indent=2))
    else:
        _show(checks, ladder)
    states = {check.state for check in checks}
    return PROBLEMS if State.PROBLEM in states else WARNINGS if State.WARNING in states else 0


def _document(found: Patient, checks: list[Check], ladder: Ladder | None) -> dict[str, Any]:
    rate = traffic.rate(found)
    return {
        "stack": found.stack.name if found.stack else None,
        "endpoint": found.stack.place.endpoint if found.stack else None,
        "at": times.show_instant(found.sight.now) if found.sight else None,
        "checks": [
            {"name": each.name, "state": each.state.value, "said": each.said, "do": each.do}
            for each in checks
        ],
        "traffic": {"perMinute": rate.per_minute, "errorShare": rate.usual.error_share} if rate else None,
        "ladder": {
            "stages": [
                {
                    "traffic": rung.traffic,
                    "bake": times.show_duration(rung.bake),
                    "cleared": _length(rung.cleared),
                    "failed": _length(rung.failed),
                }
                for rung in ladder.rungs
            ],
            "warning": ladder.warning,
        }
        if ladder
        else None,
    }


def _show(checks: list[Check], ladder: Ladder | None) -> None:
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    for each in checks:
        sign, colour = _LOOKS[each.state]
        said = Text(each.said)
        if each.do:
            said.append(f"\n→ {each.do}", style="bold")
        table.add_row(Text(sign, colour), each.name, said)
    console.print(table)
    if ladder is None:
        return
    console.print("\na ladder for this traffic:", highlight=False)
    console.print("rollout:stages:", highlight=False)
    for rung in ladder.rungs:
        told = f"{_length(rung.cleared) or 'never'}, a bad one {_length(rung.failed) or 'never'}"
        after = f"  # a good release is cleared after about {told} has failed" if rung.traffic < WHOLE else ""
        entry = f"  - {{traffic: {rung.traffic}, bake: {times.show_duration(rung.bake)}}}{after}"
        console.print(entry, highlight=False, markup=False, soft_wrap=True)
    if ladder.warning:
        console.print(Text(ladder.warning, "yellow"))


def _length(time: timedelta | None) -> str | None:
    return times.show_duration(time) if time is not None else None
