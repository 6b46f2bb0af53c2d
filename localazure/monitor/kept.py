"""The tables of the rows' database, and how a file of an earlier version becomes one of this."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.monitor import minutes
from localazure.monitor.row import COLUMNS, ConsoleLine, Event, Trace

if TYPE_CHECKING:
    import duckdb

__all__ = ["CONSOLE", "EVENTS", "KEPT", "REQUESTS", "TRACES", "make"]

REQUESTS = "Requests"
CONSOLE = "ConsoleLines"
EVENTS = "Events"
TRACES = "SentTraces"  # no name of a table that queries know, in any casing
BEFORE = "AmlOnlineEndpointTrafficLog"

# Every row also knows when it was written: a diagnostic setting sends what is written while it is there.
WRITTEN = {"IngestedAt": "TIMESTAMP"}


def _texts(names: tuple[str, ...]) -> dict[str, str]:
    return dict.fromkeys(names, "VARCHAR") | {"TimeGenerated": "TIMESTAMP"}


KEPT = {
    REQUESTS: COLUMNS | WRITTEN,
    CONSOLE: _texts(ConsoleLine._fields) | WRITTEN,
    EVENTS: _texts(Event._fields) | WRITTEN,
    TRACES: _texts(Trace._fields) | {"SeverityLevel": "INTEGER"} | WRITTEN,
}


def make(database: duckdb.DuckDBPyConnection) -> None:
    """Make the tables that aren't there."""
    there = {name for (name,) in database.execute("SELECT table_name FROM duckdb_tables()").fetchall()}
    if BEFORE in there and REQUESTS not in there:
        database.execute(f"ALTER TABLE {BEFORE} RENAME TO {REQUESTS}")
        database.execute(f"ALTER TABLE {REQUESTS} ADD COLUMN IngestedAt TIMESTAMP")
        database.execute(f"UPDATE {REQUESTS} SET IngestedAt = TimeGenerated")  # noqa: S608 - a constant
    for name, kinds in (KEPT | minutes.TABLES).items():
        columns = ", ".join(f"{column} {kind}" for column, kind in kinds.items())
        database.execute(f"CREATE TABLE IF NOT EXISTS {name} ({columns})")
    if minutes.SAMPLES not in there:
        minutes.spoil(database, REQUESTS)
