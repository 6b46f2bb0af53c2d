"""Runs a query on the tables of a workspace."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import duckdb

from localazure.logs import application
from localazure.logs.bag_unpack import bag_unpack
from localazure.logs.errors import semantic_error, too_long
from localazure.logs.kql import prepared, staged, translate
from localazure.logs.make_series import make_series
from localazure.logs.tables import TABLES, select
from localazure.logs.values import kusto_type, to_json
from localazure.logs.workbench import Workbench

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from localazure.logs.seen import Seen
    from localazure.monitor.gaps import Gap
    from localazure.monitor.rows import Rows

__all__ = ["Asked", "Found", "run"]

# learn.microsoft.com, Azure Monitor service limits, Log queries and language.
MOST_ROWS = 500_000
MOST_BYTES = 64 * 2**20
BATCH = 10_000
MOST_STAGES = 20
STAGES = {"MakeSeriesOperator": make_series, "EvaluateOperator": bag_unpack}
TOO_LARGE = "The results of this query exceed the set limit of {}, so not all records were returned"


@dataclass(frozen=True)
class Asked:
    """A query.

    Attributes:
        seen: Whose rows it sees.
        span: From when until when rows are seen; None is unbounded.
        now: The local time.
        visible: The last time that shows already.
        seconds: Real seconds it may take.
        gaps: What doesn't show.
    """

    text: str
    seen: Seen
    span: tuple[datetime | None, datetime | None]
    now: datetime
    visible: datetime
    seconds: float
    gaps: Sequence[Gap] = ()


@dataclass(frozen=True)
class Found:
    """A table that a query answers.

    Attributes:
        columns: Name and Kusto type.
        rows: Their values as JSON.
        too_large: Why rows are missing; empty where none are.
        seconds: What it took.
    """

    columns: list[tuple[str, str]]
    rows: list[list[Any]]
    too_large: str = ""
    seconds: float = 0.0


async def run(rows: Rows, asked: Asked) -> Found:
    """Answer a query.

    Raises:
        LogsError: 400: the query is wrong. 504: it took too long.
    """
    started = time.perf_counter()
    reader = await rows.reader()
    try:
        work = asyncio.create_task(asyncio.to_thread(_answer, reader, asked))
        done, _ = await asyncio.wait({work}, timeout=asked.seconds)
        if not done:
            reader.interrupt()
            await asyncio.wait({work})
            raise too_long(asked.seconds)
        found = work.result()
    finally:
        reader.close()
    return Found(found.columns, found.rows, found.too_large, time.perf_counter() - started)


def _answer(reader: duckdb.DuckDBPyConnection, asked: Asked) -> Found:
    schema: dict[str, Mapping[str, str]] = {}
    for table in TABLES:
        inner = select(table, asked.seen.sources.get(table.name, ()), asked.visible)
        _make_view(reader, table.name, inner, _shown(asked, "TimeGenerated", "DeploymentName"))
        schema[table.name] = table.columns
    for table in application.APPLICATION_TABLES:
        if table.classic <= asked.seen.classic:
            inner = application.select(table, asked.seen.components, asked.visible)
            _make_view(reader, table.name, inner, _shown(asked, table.time, table.role))
            schema[table.name] = table.columns

    def translated(text: str) -> tuple[str, dict[str, Any]]:
        return translate(text, schema, asked.now)

    bench = Workbench(reader, translated)
    text = prepared(asked.text)
    try:
        for number in range(MOST_STAGES):
            stage = staged(text)
            if stage is None:
                sql, parameters = translated(text)
                return _fetched(reader.execute(sql, parameters or None))
            name = f"__stage{number}"
            made = STAGES[stage.operator.kind](bench, stage, name)
            schema[name] = {column: kusto_type(kind) for column, kind in made.items()}
            text = text[: stage.start] + name + text[stage.stop :]
        raise semantic_error(f"More than {MOST_STAGES} make-series and evaluate operators")
    except duckdb.Error as error:
        raise _refused(error) from error


def _fetched(cursor: duckdb.DuckDBPyConnection) -> Found:
    columns = [(name, kusto_type(str(kind))) for name, kind, *_ in cursor.description or []]
    convert = [to_json(kind) for _, kind in columns]
    rows: list[list[Any]] = []
    size = 0
    while batch := cursor.fetchmany(BATCH):
        rows += [[make(value) for make, value in zip(convert, row, strict=True)] for row in batch]
        size += sum(len(str(row)) for row in rows[-len(batch) :: 50]) * 50
        if len(rows) > MOST_ROWS:
            return Found(columns, rows[:MOST_ROWS], TOO_LARGE.format(f"{MOST_ROWS} records"))
        if size > MOST_BYTES:
            return Found(columns, rows, TOO_LARGE.format(f"{MOST_BYTES} bytes"))
    return Found(columns, rows)


def _make_view(reader: duckdb.DuckDBPyConnection, name: str, inner: str, condition: str) -> None:
    within = f"SELECT * FROM ({inner}) WHERE {condition}"  # noqa: S608 - ours, and times
    reader.execute(f'CREATE TEMP VIEW "{name}" AS {within}')


def _shown(asked: Asked, time: str, deployment: str) -> str:
    since, until = (None if at is None else at.astimezone(UTC).replace(tzinfo=None) for at in asked.span)
    conditions = [
        *([f"{time} >= TIMESTAMP '{since}'"] if since else []),
        *([f"{time} < TIMESTAMP '{until}'"] if until else []),
        *(gap.kept(time, deployment) for gap in asked.gaps),
    ]
    return " AND ".join(conditions) or "TRUE"


def _refused(error: duckdb.Error) -> Exception:
    said = str(error).split("\n", maxsplit=1)[0]
    if isinstance(error, duckdb.BinderException) and 'column "' in said:
        name = said.split('column "', 1)[1].split('"', 1)[0]
        return semantic_error(f"Failed to resolve scalar expression named '{name}'")
    return semantic_error(f"The query can't be run: {said}", "SEM0001")
