"""`evaluate bag_unpack(column[, prefix])`: a column for each key of a dynamic object."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.logs.errors import semantic_error
from localazure.logs.workbench import quoted

if TYPE_CHECKING:
    from localazure.logs.stages import Stage
    from localazure.logs.workbench import Workbench

__all__ = ["bag_unpack"]

MOST_KEYS = 500
# What a key's values are by what JSON says of them: all of one kind, else dynamic.
KINDS = (
    ({"BOOLEAN"}, "CAST({} AS BOOLEAN)"),
    ({"BIGINT", "UBIGINT"}, "CAST({} AS BIGINT)"),
    ({"BIGINT", "UBIGINT", "DOUBLE"}, "CAST({} AS DOUBLE)"),
    ({"VARCHAR"}, "({} ->> '$')"),
)


def bag_unpack(bench: Workbench, stage: Stage, name: str) -> dict[str, str]:
    """Make a table of that name of what the operator answers; DuckDB's type of each column.

    Raises:
        LogsError: 400, it is another plugin, or the object isn't there.
    """
    plugin, *arguments = stage.operator.expressions[-1].expressions
    if plugin.text != "bag_unpack":
        raise semantic_error(
            f"evaluate: the plugin '{plugin.text}' is unknown, or not supported by local Azure", "SEM0260"
        )
    column = arguments[0].text if arguments else ""
    prefix = arguments[1].text.strip("\"'") if len(arguments) > 1 else ""
    bags = f"{name}_bags"
    kinds = bench.keep(stage.query(""), bags)
    if kinds.get(column) != "JSON":
        raise semantic_error(f"evaluate bag_unpack(): '{column}' must be a dynamic column", "SEM0231")
    keys = _keys(bench, bags, column)
    if len(keys) > MOST_KEYS:
        raise semantic_error(f"evaluate bag_unpack(): {len(keys)} keys; {MOST_KEYS} are allowed")
    others = [each for each in kinds if each != column]
    shown = [quoted(each) for each in others]
    for key, found in keys.items():
        if prefix + key in others:
            raise semantic_error(f"evaluate bag_unpack(): there is a column '{prefix + key}': give a prefix")
        value = f"json_extract({quoted(column)}, {_path(key)})"
        cast = next((cast for fits, cast in KINDS if found <= fits), "{}")
        shown.append(f"{cast.format(value)} AS {quoted(prefix + key)}")
    # Names and keys are quoted.
    return bench.make(name, f"SELECT {', '.join(shown) or 'NULL'} FROM {quoted(bags)}", {})  # noqa: S608


def _keys(bench: Workbench, table: str, column: str) -> dict[str, set[str]]:
    """The keys in order, and what kinds of values each has."""
    bag = quoted(column)
    rows = bench.reader.execute(
        "SELECT DISTINCT key, json_type(json_extract(bag, '$.\"' || key || '\"')) FROM ("  # noqa: S608 - quoted
        f"SELECT {bag} AS bag, unnest(json_keys({bag})) AS key FROM {quoted(table)} "
        f"WHERE json_type({bag}) = 'OBJECT') ORDER BY key"
    ).fetchall()
    found: dict[str, set[str]] = {}
    for key, kind in rows:
        found.setdefault(key, set()).update({kind} - {"NULL", None})
    return found


def _path(key: str) -> str:
    """The JSON path of a key, as a SQL text."""
    return "'$.\"" + key.replace("'", "''") + "\"'"
