from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    import duckdb

__all__ = ["Workbench", "quoted"]


@dataclass(frozen=True)
class Workbench:
    """Where a stage makes its tables.

    Attributes:
        reader: The query's own connection.
        translate: Makes KQL SQL and its parameters.
    """

    reader: duckdb.DuckDBPyConnection
    translate: Callable[[str], tuple[str, dict[str, Any]]]

    def keep(self, kql: str, table: str) -> dict[str, str]:
        """Keep what a query answers in a table; DuckDB's type of each of its columns."""
        sql, parameters = self.translate(kql)
        return self.make(table, sql, parameters)

    def make(self, table: str, sql: str, parameters: dict[str, Any]) -> dict[str, str]:
        """Keep what a SELECT answers in a table; DuckDB's type of each of its columns."""
        self.reader.execute(f"CREATE TEMP TABLE {quoted(table)} AS {sql}", parameters or None)
        described = self.reader.execute(f"DESCRIBE {quoted(table)}").fetchall()
        return {name: kind for name, kind, *_ in described}

    def one(self, kql: str) -> tuple[Any, ...]:
        """The first row that a query answers."""
        sql, parameters = self.translate(kql)
        return self.reader.execute(sql, parameters or None).fetchone() or ()


def quoted(name: str) -> str:
    """A name as SQL, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
