"""The logs of endpoints: requests, console lines, events and traces, in a DuckDB file."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import defaultdict
from datetime import UTC
from typing import TYPE_CHECKING, Any

import duckdb

from localazure.monitor import minutes
from localazure.monitor.bulk import load
from localazure.monitor.kept import CONSOLE, EVENTS, KEPT, REQUESTS, TRACES, make
from localazure.monitor.row import ConsoleLine, Event, Row, Trace, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path
    from typing import TypeVar

    from localazure.clock import Clock

    T = TypeVar("T")

__all__ = ["ConsoleLine", "Event", "Row", "Rows", "Trace"]

FLUSH_SECONDS = 0.5
SAMPLE_EVERY = 120  # so that no query has much to catch up with
KEPT_IN = {Row: REQUESTS, ConsoleLine: CONSOLE, Event: EVENTS, Trace: TRACES}
# A query may read what is in the database and nothing else, whatever text it is made from.
SETTINGS = """
SET threads = 1; SET memory_limit = '96MB'; SET TimeZone = 'UTC';
SET autoinstall_known_extensions = false; SET autoload_known_extensions = false;
SET python_enable_replacements = false;
SET allowed_directories = [{uploads}]; SET enable_external_access = false;
"""


STALE = f"INSERT INTO {minutes.STALE} SELECT unnest(?::VARCHAR[]), unnest(?::TIMESTAMP[])"


class Rows:
    """Takes rows in memory, writes them in batches, and runs queries on them off the event loop.

    Attributes:
        uploads: The one folder that files may be read from.
    """

    def __init__(self, path: Path, clock: Clock) -> None:
        self.clock = clock
        path.parent.mkdir(parents=True, exist_ok=True)
        self.uploads = path.parent / "uploads"
        self._database = duckdb.connect(str(path))
        folder = str(self.uploads).replace("'", "''")
        self._database.execute(SETTINGS.format(uploads=f"'{folder}'"))
        make(self._database)
        self._using = threading.Lock()
        self._buffers: defaultdict[str, list[tuple[Any, ...]]] = defaultdict(list)
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

    def add(self, row: Row | ConsoleLine | Event | Trace) -> None:
        """Take a row; it is in every query from now on, and on disk within about half a second."""
        self._buffers[KEPT_IN[type(row)]].append((*row, row.TimeGenerated))

    def inject(self, objects: Iterable[Mapping[str, Any]]) -> int:
        """Take all rows that JSON objects stand for, as `row.injected` reads them; the number taken.

        Raises:
            ValueError: One of them is wrong; none is taken.
        """
        now = self.clock.now()
        rows = [(*row, now) for each in objects for row in injected(each, now)]
        if rows:
            self._buffers[REQUESTS] += rows
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

    async def load(self, path: Path, content_type: str) -> int:
        """Take all rows of a file in `uploads`, as `bulk.load` reads it; the number taken.

        Raises:
            ValueError: It isn't what it should be; no row is taken.
        """
        try:
            return await self.run(lambda database: load(database, path, content_type, self.clock.now()))
        except duckdb.Error as error:
            raise ValueError(str(error).split("\n", maxsplit=1)[0]) from error

    async def reader(self) -> duckdb.DuckDBPyConnection:
        """A connection of its own that sees everything added before; close it after use."""
        reader = await self.run(lambda database: database.cursor())
        reader.execute("SET TimeZone = 'UTC'; SET python_enable_replacements = false")
        return reader

    async def clear(self) -> None:
        """Delete every row."""
        for name in (*KEPT, *minutes.TABLES):
            await self.query(f"DELETE FROM {name}")  # noqa: S608 - a constant

    def _flush(self) -> None:
        buffers, self._buffers = self._buffers, defaultdict(list)
        if not buffers:
            return
        self._database.execute("BEGIN")
        for name, rows in buffers.items():
            columns = [_column(each) for each in zip(*rows, strict=True)]
            self._database.execute(_insert(name), columns)
            if name == REQUESTS:
                stale = {
                    (row[1], at.replace(second=0, microsecond=0))
                    for row, at in zip(rows, columns[0], strict=True)
                }
                self._database.execute(STALE, list(map(list, zip(*stale, strict=True))))
        self._database.execute("COMMIT")

    async def _flush_regularly(self) -> None:
        for number in itertools.count(1):
            await asyncio.sleep(FLUSH_SECONDS)
            if number % SAMPLE_EVERY == 0:
                await self.run(minutes.bring_up_to_date)
            if self._buffers:
                await self.run(lambda _: None)


def _insert(name: str) -> str:
    values = ", ".join(f"unnest(?::{kind}[])" for kind in KEPT[name].values())
    return f"INSERT INTO {name} SELECT {values}"


def _column(values: Sequence[Any]) -> list[Any]:
    return [_naive(each) for each in values] if hasattr(values[0], "tzinfo") else list(values)


def _naive(at: datetime) -> datetime:
    return at.astimezone(UTC).replace(tzinfo=None)
