"""Many rows of the traffic log at once, from a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.monitor.kept import REQUESTS
from localazure.monitor.minutes import bring_up_to_date, spoil
from localazure.monitor.row import COLUMNS, Row

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    import duckdb

__all__ = ["FORMATS", "load"]

# The formats by content type, and how DuckDB reads each.
FORMATS = {
    "application/vnd.apache.parquet": "read_parquet(?)",
    "application/parquet": "read_parquet(?)",
    "text/csv": "read_csv(?, header = true, all_varchar = true)",
}
NEEDED = ("TimeGenerated", "EndpointId", "EndpointName", "DeploymentName")


def load(database: duckdb.DuckDBPyConnection, path: Path, content_type: str, now: datetime) -> int:
    """Add the rows of a file; their number.

    Its columns are fields of `Row`; what it leaves out has their defaults. Times without a zone are UTC.

    Args:
        database: Where the rows are.
        path: The file.
        content_type: One of `FORMATS`.
        now: When the rows are written.

    Raises:
        ValueError: A column is no field, or is missing.
        duckdb.Error: The file isn't what it should be, or a value doesn't fit.
    """
    reading = FORMATS[content_type]
    described = database.execute(f"DESCRIBE SELECT * FROM {reading}", [str(path)]).fetchall()  # noqa: S608
    there = [name for name, *_ in described]
    if unknown := sorted(set(there) - set(Row._fields)):
        raise ValueError(f"unknown column {', '.join(unknown)}; known: {', '.join(Row._fields)}")
    if missing := [name for name in NEEDED if name not in there]:
        raise ValueError(f"column {', '.join(missing)} missing")
    values = [_value(name, there) for name in Row._fields]
    defaults = {name: value for name, value in Row._field_defaults.items() if name not in there}
    database.execute("BEGIN")
    try:
        written = now.replace(tzinfo=None)
        insert = f"INSERT INTO {REQUESTS} SELECT {', '.join(values)}, CAST(? AS TIMESTAMP) FROM {reading}"  # noqa: S608
        (added,) = database.execute(insert, [*defaults.values(), written, str(path)]).fetchone() or (0,)
        spoil(database, f"{REQUESTS} WHERE IngestedAt = TIMESTAMP '{written.isoformat(sep=' ')}'")
    except BaseException:
        database.execute("ROLLBACK")
        raise
    database.execute("COMMIT")
    bring_up_to_date(database)
    return int(added)


def _value(name: str, there: list[str]) -> str:
    if name not in there:
        return f"CAST(? AS {COLUMNS[name]}) AS {name}"
    if name == "TimeGenerated":
        return "CAST(CAST(TimeGenerated AS TIMESTAMPTZ) AS TIMESTAMP) AS TimeGenerated"
    if name == "EndpointId":
        return "lower(EndpointId) AS EndpointId"
    return f"CAST({name} AS {COLUMNS[name]}) AS {name}"
