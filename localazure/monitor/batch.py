"""Writes rows in batches; a row that doesn't fit takes no other with it."""

from __future__ import annotations

import contextlib
import logging
from datetime import UTC
from typing import TYPE_CHECKING, Any

import duckdb

from localazure.monitor import minutes
from localazure.monitor.kept import KEPT, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["Taken", "write"]

Taken = tuple[Any, ...]
"""A row of a table of `KEPT`, its columns in order."""

STALE = f"INSERT INTO {minutes.STALE} SELECT unnest(?::VARCHAR[]), unnest(?::TIMESTAMP[])"
UNFIT = (duckdb.DataError, duckdb.ProgrammingError, ValueError, TypeError, OverflowError)
"""What a row's own value is refused with; a full disk or memory isn't among them."""
log = logging.getLogger(__name__)


def write(database: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Taken]) -> None:
    """Add rows to a table; those that don't fit are left out and logged.

    Raises:
        duckdb.Error: None of the rows is in, and no transaction is open.
    """
    try:
        _insert(database, name, rows)
    except UNFIT:
        if fitting := _fitting(database, name, rows):
            _insert(database, name, fitting)


def _insert(database: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Taken]) -> None:
    columns = _columns(rows)
    database.execute("BEGIN")
    try:
        database.execute(f"INSERT INTO {name} {_values(name)}", columns)
        if name == REQUESTS:
            stale = {
                (row[1], at.replace(second=0, microsecond=0))
                for row, at in zip(rows, columns[0], strict=True)
            }
            database.execute(STALE, list(map(list, zip(*stale, strict=True))))
        database.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(duckdb.Error):  # a commit that failed has ended it already
            database.execute("ROLLBACK")
        raise


def _fitting(database: duckdb.DuckDBPyConnection, name: str, rows: Sequence[Taken]) -> list[Taken]:
    try:
        database.execute(_values(name), _columns(rows)).fetchall()
    except UNFIT as error:
        if len(rows) == 1:
            log.warning("a row of %s doesn't fit and is left out: %s", name, error)
            return []
        half = len(rows) // 2
        return [*_fitting(database, name, rows[:half]), *_fitting(database, name, rows[half:])]
    return list(rows)


def _values(name: str) -> str:
    return "SELECT " + ", ".join(f"unnest(?::{kind}[])" for kind in KEPT[name].values())


def _columns(rows: Sequence[Taken]) -> list[list[Any]]:
    return [_column(each) for each in zip(*rows, strict=True)]


def _column(values: Sequence[Any]) -> list[Any]:
    return [_naive(each) for each in values] if hasattr(values[0], "tzinfo") else list(values)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
