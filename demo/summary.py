"""The closing summary: each step, what the client counted, and what to try next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.table import Table
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from demo.judge import Outcome, Up
    from demo.tally import Tally

REASON = 70
"""Characters of a reason in the table; the whole of it stood where the step was taken."""


def show(traffic: Mapping[str, int]) -> str:
    """Return a traffic map as people say it.

    >>> show({"green": 10, "blue": 90})
    'blue 90 %, green 10 %'
    """
    return ", ".join(f"{name} {share} %" for name, share in sorted(traffic.items())) or "none"


def short(text: str, length: int = REASON) -> str:
    """Return at most so many characters, cut between words.

    >>> short("green baked at 10 %", 14)
    'green baked …'
    """
    if len(text) <= length:
        return text
    return text[: length - 1].rpartition(" ")[0] + " …"


def ups(outcome: Outcome) -> Table:
    """Return the table of every `pulumi up`."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("pulumi up", "why", "traffic after", "exit", "seconds"):
        table.add_column(column, justify="right" if column in {"exit", "seconds"} else "left")
    for chapter in outcome.chapters:
        for up in chapter.ups:
            table.add_row(*_row(up))
    return table


def _row(up: Up) -> list[str | Text]:
    return [
        Text(up.step, "red" if up.code else "green"),
        short(up.reason),
        show(up.traffic),
        Text(str(up.code), "red" if up.code else ""),
        f"{up.seconds:.1f}",
    ]


def counts(tally: Tally) -> str:
    """Return a client's counts in one line."""
    by = ", ".join(
        f"{name} {each.requests}" + (f" ({each.failures} failed)" if each.failures else "")
        for name, each in sorted(tally.served.items())
    )
    return f"{tally.requests} requests, {tally.failures} failed" + (f" ({by})" if by else "")


def client(outcome: Outcome) -> list[str]:
    """Return what the client counted in each release and from its start, a line each."""
    named = {"good release": outcome.good, "bad release": outcome.bad}
    lines = [f"client, {name:<13} {counts(each.counted)}" for name, each in named.items() if each]
    return [*lines, f"client, {'all the time':<13} {counts(outcome.counted)}"]


def following(azure: Path, project: Path, changed: Iterable[str], *, kept: bool) -> Iterable[str]:
    """Return what to try next: commands that work as printed where all was left running.

    `changed` are the keys of config, the model's apart, that the bad release has set.
    """
    if not kept:
        return [
            "Next: `make demo KEEP=1` leaves it all running and says how to go on;",
            "      `make demo BAD=brittle` takes back a release whose code fails on a category it never saw.",
        ]
    return [
        "All of it runs on, the client too, for at most an hour. To go on from here:",
        f'  eval "$(tools/env)"; eval "$(localazure env --home {azure})"',
        f"  rollout status --stack dev --cwd {project}",
        f"  cd {project}",
        *(f"  pulumi config rm {key}" for key in changed),
        "  pulumi config set rollout:model azureml:credit-risk:1 && pulumi preview    # another release",
        "  pulumi up --yes --skip-preview                                             # its next step",
        f"To end it: localazure down --home {azure}    (the client ends when nobody answers)",
    ]
