"""Kusto's types and values of what DuckDB finds, as the service's JSON has them."""

from __future__ import annotations

import json
import math
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import UUID

from duckdb_kql.types import DUCKDB_TO_KQL

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["kusto_type", "to_json"]


def kusto_type(duckdb_type: str) -> str:
    """The Kusto type of a column.

    >>> kusto_type("BIGINT"), kusto_type("VARCHAR[]"), kusto_type("DECIMAL(18,3)")
    ('long', 'dynamic', 'real')
    """
    if duckdb_type.endswith("]") or duckdb_type.startswith(("STRUCT", "MAP", "UNION")):
        return "dynamic"
    if duckdb_type.startswith("DECIMAL"):
        return "real"
    return DUCKDB_TO_KQL.get(duckdb_type, "string")


def to_json(kind: str) -> Callable[[Any], Any]:
    """What makes a value of a Kusto type JSON: times and dynamics as text, others as they are."""
    return {"datetime": _datetime, "timespan": _timespan, "dynamic": _dynamic, "real": _real}.get(
        kind, _other
    )


def _datetime(value: Any) -> Any:
    if value is None:
        return None
    at = value if isinstance(value, datetime) else datetime.combine(value, time())
    text = at.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def _timespan(value: Any) -> Any:
    """`[-][d.]hh:mm:ss[.fffffff]`."""
    if not isinstance(value, timedelta):
        return value if value is None else str(value)
    sign, span = ("-", -value) if value < timedelta(0) else ("", value)
    hours, rest = divmod(span.seconds, 3600)
    text = f"{hours:02}:{rest // 60:02}:{rest % 60:02}"
    days = f"{span.days}." if span.days else ""
    ticks = f".{span.microseconds:06}0" if span.microseconds else ""
    return f"{sign}{days}{text}{ticks}"


def _dynamic(value: Any) -> Any:
    return value if value is None or isinstance(value, str) else json.dumps(value, default=_in_dynamic)


def _in_dynamic(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return _datetime(value)
    if isinstance(value, timedelta):
        return _timespan(value)
    return float(value) if isinstance(value, Decimal) else str(value)


def _real(value: Any) -> Any:
    if value is None:
        return None
    number = float(value)
    if math.isfinite(number):
        return number
    return "NaN" if math.isnan(number) else "Infinity" if number > 0 else "-Infinity"


def _other(value: Any) -> Any:
    return str(value) if isinstance(value, UUID | bytes) else value
