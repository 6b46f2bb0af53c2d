"""The logs of endpoints: requests, console lines, events and traces, in a DuckDB file."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import logging
import threading
from collections import defaultdict
from typing import TYPE_CHECKING, Any

import duckdb

from localazure.monitor import minutes
from localazure.monitor.batch import write
from localazure.monitor.bulk import load
from localazure.monitor.kept import CONSOLE, EVENTS, KEPT, REQUESTS, TRACES, make
from localazure.monitor.row import ConsoleLine, Event, Row, Trace, clean, injected

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from localazure.clock import Clock
    from localazure.monitor.batch import Taken

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
log = logging.getLogger(__name__)


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
        self._taking = threading.Lock()
        self._buffers: defaultdict[str, list[Taken]] = defaultdict(list)
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
            try:
                self._flush()
            finally:
                self._database.close()

    def add(self, row: Row | ConsoleLine | Event | Trace) -> None:
        """Take a row; it is in every query from now on, and on disk within about half a second."""
        self._take(KEPT_IN[type(row)], [(*clean(row), row.TimeGenerated)])

    def inject(self, objects: Iterable[Mapping[str, Any]]) -> int:
        """Take all rows that JSON objects stand for, as `row.injected` reads them; the number taken.

        Raises:
            ValueError: One of them is wrong; none is taken.
        """
        now = self.clock.now()
        rows = [(*row, now) for each in objects for row in injected(each, now)]
        if rows:
            self._take(REQUESTS, rows)
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

    def _take(self, name: str, rows: Sequence[Taken]) -> None:
        with self._taking:
            self._buffers[name] += rows

    def _flush(self) -> None:
        with self._taking:
            buffers, self._buffers = self._buffers, defaultdict(list)
        while buffers:
            name, rows = buffers.popitem()
            try:
                write(self._database, name, rows)
            except BaseException:
                buffers[name] = rows
                with self._taking:
                    for each, unwritten in buffers.items():
                        self._buffers[each][:0] = unwritten
                raise

    async def _flush_regularly(self) -> None:
        for number in itertools.count(1):
            await asyncio.sleep(FLUSH_SECONDS)
            try:
                if number % SAMPLE_EVERY == 0:
                    await self.run(minutes.bring_up_to_date)
                if self._buffers:
                    await self.run(lambda _: None)
            except Exception:
                log.exception("rows can't be written now; they are kept and tried again")
