"""Samples of metrics: what each minute of an endpoint comes to, kept so that a query need not read its rows.

Azure Monitor keeps metrics so as well: a sample a minute for each combination of dimensions.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import duckdb

__all__ = ["PERCENTILES", "SAMPLES", "STALE", "TABLES", "bring_up_to_date", "spoil"]

# One row for each combination of what the dimensions are made of.
SAMPLES = "Samples"
# One row for each deployment: a percentile of several can't be had from theirs.
PERCENTILES = "Percentiles"
# Minutes that got rows since their samples were taken.
STALE = "StaleMinutes"

MINUTE = "time_bucket(INTERVAL 1 MINUTE, TimeGenerated)"
PERCENTS = (50, 90, 95, 99)
KEY = {"EndpointId": "VARCHAR", "Minute": "TIMESTAMP"}
TABLES = {
    SAMPLES: KEY
    | {
        "DeploymentName": "VARCHAR",
        "ResponseCode": "INTEGER",
        "ModelStatusCode": "INTEGER",
        "Requests": "BIGINT",
        "Milliseconds": "DOUBLE",
        "Least": "DOUBLE",
        "Most": "DOUBLE",
    },
    PERCENTILES: KEY | {"DeploymentName": "VARCHAR"} | {f"P{percent}": "DOUBLE" for percent in PERCENTS},
    STALE: KEY,
}
# Percentiles hold every value they look at in memory: so many rows at a time.
ROWS_AT_A_TIME = 1_000_000


def spoil(database: duckdb.DuckDBPyConnection, rows: str) -> None:
    """Note that the minutes of some rows are to be sampled anew.

    Args:
        database: Where everything is.
        rows: What follows FROM, with EndpointId and TimeGenerated.
    """
    # A table's name, or a constant.
    database.execute(f"INSERT INTO {STALE} SELECT DISTINCT EndpointId, {MINUTE} FROM {rows}")  # noqa: S608


def bring_up_to_date(database: duckdb.DuckDBPyConnection) -> None:
    """Sample every minute that got rows."""
    found = database.execute(f"SELECT DISTINCT Minute FROM {STALE} ORDER BY Minute").fetchall()  # noqa: S608
    if not found:
        return
    minutes = [minute for (minute,) in found]
    (rows,) = database.execute(
        "SELECT count(*) FROM Requests WHERE TimeGenerated >= ? AND TimeGenerated < ? + INTERVAL 1 MINUTE",
        [minutes[0], minutes[-1]],
    ).fetchone() or (0,)
    step = max(1, len(minutes) * ROWS_AT_A_TIME // max(1, rows))
    for first in range(0, len(minutes), step):
        some = minutes[first : first + step]
        database.execute("BEGIN")
        try:
            _sample(database, some[0], some[-1])
        except BaseException:
            database.execute("ROLLBACK")
            raise
        database.execute("COMMIT")


def _sample(database: duckdb.DuckDBPyConnection, first: object, last: object) -> None:
    span = [first, last]
    stale = f"(SELECT DISTINCT EndpointId, Minute FROM {STALE} WHERE Minute BETWEEN ? AND ?)"  # noqa: S608
    rows = (
        f"(SELECT *, {MINUTE} AS Minute FROM Requests "  # noqa: S608 - constants
        "WHERE TimeGenerated >= ? AND TimeGenerated < ? + INTERVAL 1 MINUTE)"
    )
    percentiles = ", ".join(f"{percent / 100}" for percent in PERCENTS)
    for table in (SAMPLES, PERCENTILES):
        old = f"DELETE FROM {table} WHERE (EndpointId, Minute) IN {stale}"  # noqa: S608
        database.execute(old, span)
    database.execute(
        f"INSERT INTO {SAMPLES} SELECT EndpointId, Minute, DeploymentName, ResponseCode, ModelStatusCode, "  # noqa: S608
        "count(*), sum(TotalDurationMs), min(TotalDurationMs), max(TotalDurationMs) "
        f"FROM {rows} SEMI JOIN {stale} USING (EndpointId, Minute) GROUP BY ALL",
        [*span, *span],
    )
    database.execute(
        f"INSERT INTO {PERCENTILES} SELECT * EXCLUDE q, q[1], q[2], q[3], q[4] FROM ("  # noqa: S608
        f"SELECT EndpointId, Minute, DeploymentName, quantile_cont(TotalDurationMs, [{percentiles}]) AS q "
        f"FROM {rows} SEMI JOIN {stale} USING (EndpointId, Minute) GROUP BY ALL)",
        [*span, *span],
    )
    database.execute(f"DELETE FROM {STALE} WHERE Minute BETWEEN ? AND ?", span)  # noqa: S608
