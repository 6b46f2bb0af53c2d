"""The request log: one row for each request that a gateway answered, in a DuckDB file."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC
from typing import TYPE_CHECKING, Any

import duckdb

from localazure.monitor.row import COLUMNS, Row, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from localazure.clock import Clock

    T = TypeVar("T")

__all__ = ["Row", "Rows"]

FLUSH_SECONDS = 0.5
TABLE = "AmlOnlineEndpointTrafficLog"


INSERT = f"INSERT INTO {TABLE} SELECT " + ", ".join(f"unnest(?::{kind}[])" for kind in COLUMNS.values())


class Rows:
    """Takes rows in memory, writes them in batches, and runs queries on them off the event loop."""

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self._database = duckdb.connect(str(path))
        self._database.execute("SET threads = 1; SET memory_limit = '256MB'")
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        self._database.execute(f"CREATE TABLE IF NOT EXISTS {TABLE} ({columns})")
        self._using = threading.Lock()
        self._buffer: list[Row] = []
        self._flusher: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Write what is added about every half second from now on."""
        self._flusher = asyncio.create_task(self._flush_regularly())

    async def stop(self) -> None:
        """Write what is left and close the file."""
        if self._flusher is not None:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._flusher
        await asyncio.to_thread(self.close)

    def close(self) -> None:
        """Write what is left and close the file, where there is no event loop."""
        with self._using:
            self._flush()
            self._database.close()

    def add(self, row: Row) -> None:
        """Take a row; it is in every query from now on, and on disk within about half a second."""
        self._buffer.append(row)

    def inject(self, objects: Iterable[Mapping[str, Any]]) -> int:
        """Take all rows that JSON objects stand for, as `row.injected` reads them; the number taken.

        Raises:
            ValueError: One of them is wrong; none is taken.
        """
        rows = [row for each in objects for row in injected(each, self.clock.now())]
        self._buffer += rows
        return len(rows)

    async def query(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows a SQL query finds, everything added before it included."""
        return await self.run(lambda database: database.execute(sql, parameters).fetchall())

    async def run(self, work: Callable[[duckdb.DuckDBPyConnection], T]) -> T:
        """Do something with the database in a thread of its own, everything added before included."""

        def locked() -> T:
            with self._using:
                self._flush()
                return work(self._database)

        return await asyncio.to_thread(locked)

    async def clear(self) -> None:
        """Delete every row."""
        await self.query(f"DELETE FROM {TABLE}")  # noqa: S608 - a constant

    def _flush(self) -> None:
        rows, self._buffer = self._buffer, []
        if rows:
            columns = [list(column) for column in zip(*rows, strict=True)]
            columns[0] = [each.astimezone(UTC).replace(tzinfo=None) for each in columns[0]]
            self._database.execute(INSERT, columns)

    async def _flush_regularly(self) -> None:
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            if self._buffer:
                await self.run(lambda _: None)
