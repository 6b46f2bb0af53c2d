"""The results as tables, and the page that shows them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.gates.cells import Cell
from benchmarks.gates.checks import Met
from benchmarks.gates.scenarios import SCENARIOS, Scenario

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from benchmarks.gates.checks import Row

__all__ = ["PAGE", "replaced", "show", "summary_table"]

PAGE = Path(__file__).parents[2] / "docs" / "benchmark.md"

BEGIN, END = "<!-- figures -->", "<!-- end of figures -->"
METHODS = {
    "a1": "a1 fixed limits, one look",
    "a2": "a2 fixed limits, again until they pass",
    "b1": "b1 Argo Rollouts",
    "b2": "b2 Flagger",
    "c": "c Kayenta",
    "n": "n z-test at every look",
    "n1": "n1 z-test, one look",
    "v": "v GAVI",
    "d1": "**d1 this, traffic log**",
    "d2": "**d2 this, metrics**",
    "d1 hold": "**d1 hold**",
    "d1 advance": "**d1 advance**",
    "d2 hold": "**d2 hold**",
    "d2 advance": "**d2 advance**",
}
COSTS = (
    ("+2pp", "excess", "failed requests too many"),
    ("latency x1.3", "exposed", "requests to a slow candidate"),
)

Results = dict[str, Any]


def summary_table(found: Iterable[Row]) -> str:
    """The twelve rows, and how many of them are held, within chance, not held or weren't run."""
    found = list(found)
    lines = ([str(row.number), row.figure, row.hold, row.measured, row.met] for row in found)
    counted = {state: sum(row.met is state for row in found) for state in Met}
    said = ", ".join(f"{number} {state.value.strip('*_')}" for state, number in counted.items() if number)
    return f"{_table(['', 'figure', 'to hold', 'measured', ''], lines)}\n\nOf {len(found)} figures: {said}."


def show(results: Results, found: Iterable[Row]) -> str:
    """All tables of the page."""
    parts = [_said(results), "### What it is held to", summary_table(found)]
    for table, title in (
        ("single", "### One stage of 30 minutes at 10 %"),
        ("whole", "### A whole rollout, 10 % and then 50 %"),
    ):
        parts.append(title)
        for rate, cells in results[table].items():
            parts += [f"{int(rate):,} requests a minute".replace(",", " "), _outcomes(cells)]
        parts += ["What it costs, on average a rollout:", _costs(results[table])]
    parts += ["### Error rates, on errors alone", *_calibration(results["calibration"])]
    if results.get("local"):
        parts += ["### Through the local Azure", _local(results["local"])]
    return "\n\n".join(parts)


def replaced(page: str, figures: str) -> str:
    """The page with other figures between its two marks.

    Raises:
        ValueError: It lacks one.
    """
    before, begin, rest = page.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"{PAGE}: no place for figures; it needs the lines {BEGIN} and {END}, in this order")
    return f"{before}{begin}\n\n{figures}\n\n{end}{after}"


def _said(results: Results) -> str:
    run = results["run"]
    took = f"{run['minutes']:g} minutes on {run['processes']} processes"
    return f"Seed {run['seed']}, Python {run['python']}, {took}."


def _outcomes(cells: dict[str, Any]) -> str:
    shown = [each for each in SCENARIOS if each.name in cells]
    methods = dict.fromkeys(method for each in shown for method in cells[each.name])
    reps = next(iter(cells[shown[0].name].values()))["reps"]
    lines = (
        [METHODS[method], *(_cell(each, Cell.read(cells[each.name][method])) for each in shown)]
        for method in methods
    )
    return _table([f"{reps} each", *(each.name for each in shown)], lines)


def _cell(scenario: Scenario, cell: Cell) -> str:
    """False rollbacks, how many held, when promoted; or rolled back / promoted, and when rolled back."""
    if scenario.equal:
        held = f" (held {cell.held:.0f})" if cell.held else ""
        return f"{cell.rolled_back:.0f}{held}{_at(cell.promote_minute)}"
    return f"{cell.rolled_back:.0f}/{cell.promoted:.0f}{_at(cell.rollback_minute)}"


def _at(minute: float | None) -> str:
    return "" if minute is None else f" @{minute:.0f}"


def _costs(table: Results) -> str:
    methods = dict.fromkeys(method for cells in table.values() for each in cells.values() for method in each)
    columns = [(rate, name, cost, title) for name, cost, title in COSTS for rate in table]

    def line(method: str) -> Iterator[str]:
        yield METHODS[method]
        for rate, name, cost, _ in columns:
            value = table[rate].get(name, {}).get(method)
            yield (
                f"{value[cost]:.3g}"
                if value and value[cost] < 1000
                else f"{value[cost]:.0f}"
                if value
                else ""
            )

    heads = (f"{title}, {name}, {rate}" for rate, name, _, title in columns)
    return _table(["", *heads], (list(line(method)) for method in methods))


def _calibration(found: Results) -> Iterator[str]:
    if back := found.get("back"):
        yield "False rollbacks in percent, at a level of 2.5 %; 60 looks with blips, else 120:"
        heads = ["", "this", "GAVI", "z-test at every look"]
        yield _table(
            heads, ([name, *(f"{each[m]:g}" for m in ("ours", "gavi", "z"))] for name, each in back.items())
        )
    if boundary := found.get("boundary"):
        yield "False promotions in percent of a candidate worse by exactly the margin, at 5 %, 120 looks:"
        yield _table(["", "this"], ([name, f"{each['ours']:g}"] for name, each in boundary.items()))
    if certify := found.get("certify"):
        yield "Minutes until an equal candidate is certified:"
        lines = ([name, _minute(each), f"{each['ours']:g} %"] for name, each in certify.items())
        yield _table(["", "median", "within 120"], lines)

    if guard := found.get("guard"):
        yield "At 100 %, with nobody to compare with, after half an hour at 50 % without fault; 120 looks:"
        lines = ([name, f"{each['ours']:g} %", _minute(each)] for name, each in guard.items())
        yield _table(["", "taken back", "median minute"], lines)


def _minute(each: dict[str, Any]) -> str:
    return "more than 120" if each["minute"] is None else f"{each['minute']:g}"


def _local(local: Results) -> str:
    calls = local["calls"]
    return (
        f"{len(local['looks'])} looks, {local['equal']} with the verdicts and numbers of judging in process; "
        f"{calls['logs']} call to Log Analytics a look, or {calls['metrics']} to Azure Monitor."
    )


def _table(heads: list[str], lines: Iterable[list[str]]) -> str:
    rule = ["---"] * len(heads)
    return "\n".join(f"| {' | '.join(line)} |" for line in (heads, rule, *lines))
