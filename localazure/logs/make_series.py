"""`make-series`: arrays of an aggregate over evenly spaced bins, the empty ones filled with a default."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from localazure.logs.errors import semantic_error, syntax_error
from localazure.logs.workbench import quoted

if TYPE_CHECKING:
    from localazure.logs.grammar import Part
    from localazure.logs.stages import Stage
    from localazure.logs.workbench import Workbench

__all__ = ["make_series"]

# As many as Kusto makes (learn.microsoft.com, make-series operator).
MOST_POINTS = 1_048_576
BIN = "__bin"


@dataclass(frozen=True)
class _Axis:
    """The column that is binned: from, to (itself not in it) and the length of a bin."""

    name: str
    first: Any
    last: Any
    step: Any

    @property
    def time(self) -> bool:
        return isinstance(self.first, datetime)

    @property
    def bins(self) -> int:
        return math.ceil((self.last - self.first) / self.step)


def make_series(bench: Workbench, stage: Stage, name: str) -> dict[str, str]:
    """Make a table of that name of what the operator answers; DuckDB's type of each column.

    Raises:
        LogsError: 400, what of it isn't right.
    """
    aggregates, defaults = _aggregates(stage.operator)
    axis = _axis(bench, stage)
    by = stage.operator.of("MakeSeriesOperatorByClause")
    keys = f"{by[0].text.removeprefix('by')}, " if by else ""
    first, last, step = (_literal(value) for value in (axis.first, axis.last, axis.step))
    columns = list(
        bench.keep(
            stage.query(
                f"| where {axis.name} >= {first} and {axis.name} < {last} "
                f"| summarize {', '.join(aggregates)} "
                f"by {keys}{BIN} = tolong(({axis.name} - {first}) / {step})"
            ),
            f"{name}_bins",
        )
    )
    at = columns.index(BIN)
    fills = bench.one(stage.scalars(**{f"fill{n}": text for n, text in enumerate(defaults)}))
    parameters = {"first": axis.first, "step": axis.step, "bins": axis.bins}
    parameters |= {f"fill{n}": fill for n, fill in enumerate(fills)}
    return bench.make(name, _filled(f"{name}_bins", columns[:at], columns[at + 1 :], axis), parameters)


def _filled(bins: str, keys: list[str], values: list[str], axis: _Axis) -> str:
    """SQL of the series: every bin of every combination of keys, and what is in it or stands for nothing."""
    shown = "$first + a.n * $step"
    if axis.time:
        shown = f"strftime({shown}, '%Y-%m-%dT%H:%M:%S.%fZ')"
    names = ", ".join(quoted(key) for key in keys)
    same = "".join(f" AND b.{quoted(key)} IS NOT DISTINCT FROM k.{quoted(key)}" for key in keys)
    series = [
        f"to_json(list(coalesce(b.{quoted(value)}, $fill{n}) ORDER BY a.n)) AS {quoted(value)}"
        for n, value in enumerate(values)
    ]
    listed = [*(f"k.{quoted(key)}" for key in keys), *series]
    listed.append(f"to_json(list({shown} ORDER BY a.n)) AS {quoted(axis.name)}")
    # Names are quoted, and all else is a parameter.
    of_keys = f"SELECT DISTINCT {names} FROM {quoted(bins)}" if keys else "SELECT 1 AS one"  # noqa: S608
    return (
        f"WITH k AS ({of_keys}), a AS (SELECT unnest(range($bins)) AS n) SELECT {', '.join(listed)} "  # noqa: S608
        f"FROM k CROSS JOIN a LEFT JOIN {quoted(bins)} b ON b.{quoted(BIN)} = a.n{same} GROUP BY ALL"
    )


def _aggregates(operator: Part) -> tuple[list[str], list[str]]:
    """The aggregates, and what stands for each where there is nothing."""
    found: list[str] = []
    defaults: list[str] = []
    for part in operator.parts[1:]:
        if part.kind == "MakeSeriesOperatorOnClause":
            break
        if part.kind == "MakeSeriesOperatorAggregation":
            aggregate, default = part.expressions
            found.append(aggregate.text)
            defaults.append(default.expressions[-1].text)
        elif part.kind and "Parameter" not in part.kind:
            found.append(part.text)
            defaults.append("0")
    return found, defaults


def _axis(bench: Workbench, stage: Stage) -> _Axis:
    """The axis; the data's own first and last where the query leaves them out."""
    on = stage.operator.of("MakeSeriesOperatorOnClause")
    name = on[0].expressions[-1].text if on and on[0].expressions else ""
    given: dict[str, str] = {}
    for clause in stage.operator.parts:
        if "Step" in clause.kind:
            pairs = zip(clause.parts, clause.parts[1:], strict=False)
            given |= {word.text: value.text for word, value in pairs if not word.kind}
    if "step" not in given or not name.isidentifier():
        raise syntax_error("make-series: give `on <column> from <start> to <end> step <length>`")
    (step,) = bench.one(stage.scalars(step=given["step"]))
    least, most = (None, None)
    if not {"from", "to"} <= set(given):
        ends = (
            f"| summarize least = min({name}), most = max({name}) | project bin(least, {given['step']}), most"
        )
        least, most = bench.one(stage.query(ends))
    first = bench.one(stage.scalars(at=given["from"]))[0] if "from" in given else least
    last = bench.one(stage.scalars(at=given["to"]))[0] if "to" in given else _just_after(most)
    if first is None or last is None or not step or not 0 < (last - first) / step <= MOST_POINTS:
        raise semantic_error(
            f"make-series: from {first} to {last} step {step} makes no series of 1 to {MOST_POINTS} points"
        )
    return _Axis(name, first, last, step)


def _just_after(value: Any) -> Any:
    if value is None:
        return None
    return value + (timedelta(microseconds=1) if isinstance(value, datetime) else 1e-6)


def _literal(value: Any) -> str:
    if isinstance(value, datetime):
        return f"datetime({value.isoformat()})"
    if isinstance(value, timedelta):
        return f"{value // timedelta(microseconds=1)}microsecond"
    return repr(value)
