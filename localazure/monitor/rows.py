"""The request log: one row for each request that a gateway answered, in a DuckDB file."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

import duckdb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import TypeVar

    from localazure.clock import Clock

    T = TypeVar("T")

__all__ = ["Row", "Rows"]

FLUSH_SECONDS = 0.5
TABLE = "AmlOnlineEndpointTrafficLog"


class Row(NamedTuple):
    """A request, in the columns of AmlOnlineEndpointTrafficLog, and the endpoint's ARM id in lower case.

    `TimeGenerated` is local-Azure time; durations are measured milliseconds. `DeploymentName` is empty, and
    `ModelStatusCode` None, where the request reached no deployment, or no model.
    (learn.microsoft.com, Azure Monitor reference, tables, AmlOnlineEndpointTrafficLog.)
    """

    TimeGenerated: datetime
    EndpointId: str
    EndpointName: str
    DeploymentName: str
    Method: str = "POST"
    Path: str = "/score"
    Protocol: str = "HTTP/1.1"
    AuthType: str = ""
    ResponseCode: int = 200
    ResponseCodeReason: str = "OK"
    ModelStatusCode: int | None = 200
    ModelStatusReason: str = "OK"
    RequestPayloadSize: int = 0
    ResponsePayloadSize: int = 0
    UserAgent: str = ""
    XRequestId: str = ""
    XMSClientRequestId: str = ""
    TotalDurationMs: float = 0.0
    RequestDurationMs: float = 0.0
    ResponseDurationMs: float = 0.0
    RequestThrottlingDelayMs: float = 0.0
    ResponseThrottlingDelayMs: float = 0.0


TYPES = {
    "TimeGenerated": "TIMESTAMP",
    "ResponseCode": "INTEGER",
    "ModelStatusCode": "INTEGER",
    "RequestPayloadSize": "BIGINT",
    "ResponsePayloadSize": "BIGINT",
    **dict.fromkeys((name for name in Row._fields if name.endswith("Ms")), "DOUBLE"),
}
COLUMNS = {name: TYPES.get(name, "VARCHAR") for name in Row._fields}
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
        """Take rows from JSON objects with the fields of `Row`; the number taken.

        `TimeGenerated` is ISO text, by default now; `count` repeats a row.

        Raises:
            ValueError: An object has a field that isn't a column, lacks one, or has one of the wrong kind.
        """
        rows = [row for each in objects for row in _injected(each, self.clock.now())]
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


def _injected(given: Mapping[str, Any], now: datetime) -> list[Row]:
    fields = dict(given)
    count = fields.pop("count", 1)
    if unknown := sorted(set(fields) - set(Row._fields)):
        raise ValueError(f"row: unknown field {', '.join(unknown)}; known: {', '.join(Row._fields)}, count")
    if missing := sorted({"EndpointId", "EndpointName", "DeploymentName"} - set(fields)):
        raise ValueError(f"row: {', '.join(missing)} missing")
    at = fields.pop("TimeGenerated", None)
    fields["TimeGenerated"] = now if at is None else datetime.fromisoformat(at)
    if fields["TimeGenerated"].tzinfo is None:
        raise ValueError(f"row: TimeGenerated {at!r} has no time zone: end it in Z")
    fields["EndpointId"] = str(fields["EndpointId"]).lower()
    numbers = {name for name, kind in COLUMNS.items() if kind in {"INTEGER", "BIGINT", "DOUBLE"}}
    for name, value in fields.items():
        good = int | float | None if name in numbers else str | datetime
        if not isinstance(value, good) or isinstance(value, bool):
            kind = "a number" if name in numbers else "text"
            raise ValueError(f"row: {name} is {value!r}; give {kind}")  # noqa: TRY004 - the caller answers 400
    if not isinstance(count, int) or not 0 < count <= 10_000_000:  # noqa: PLR2004 - what memory bears
        raise ValueError(f"row: count is {count!r}; give a number from 1 to 10000000")
    return [Row(**fields)] * count
