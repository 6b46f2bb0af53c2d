"""The tables that an online endpoint fills in a Log Analytics workspace.

(learn.microsoft.com, Azure Monitor reference, tables, AmlOnlineEndpoint*; columns and types are those.)
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localazure.monitor.kept import CONSOLE, EVENTS, REQUESTS

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

__all__ = ["SQL_TYPES", "TABLES", "Source", "Table", "at_time", "quoted_text", "select"]

SQL_TYPES = {
    "datetime": "TIMESTAMP",
    "string": "VARCHAR",
    "int": "INTEGER",
    "real": "DOUBLE",
    "dynamic": "JSON",
}


@dataclass(frozen=True)
class Table:
    """A table, and where its columns come from.

    Attributes:
        name: The table's, and the category's that a diagnostic setting names.
        kept: What it is kept in.
        columns: Kusto type of each column, in the reference's order.
    """

    name: str
    kept: str
    columns: dict[str, str]


@dataclass(frozen=True)
class Source:
    """An endpoint whose rows a workspace gets, and when it got them.

    Attributes:
        customer_id: The workspace's.
        resource_id: The endpoint's ARM id as created.
        workspace_guid: Of the machine learning workspace.
        spells: From when until when a diagnostic setting sent a category here; None is still.
    """

    customer_id: str
    resource_id: str
    workspace_guid: str
    location: str
    spells: tuple[tuple[datetime, datetime | None], ...]


STRINGS = "string"
OF_ALL = {
    "_BilledSize": "real",
    "_IsBillable": STRINGS,
    "_ResourceId": STRINGS,
    "_SubscriptionId": STRINGS,
    "SourceSystem": STRINGS,
    "TenantId": STRINGS,
    "TimeGenerated": "datetime",
    "Type": STRINGS,
}


def _table(name: str, kept: str, strings: str, ints: str = "") -> Table:
    own = dict.fromkeys(strings.split(), STRINGS) | dict.fromkeys(ints.split(), "int")
    columns = OF_ALL | own
    return Table(name, kept, {each: columns[each] for each in sorted(columns, key=_reading_order)})


def _reading_order(name: str) -> str:
    return name.lstrip("_").lower()


TABLES = (
    _table(
        "AmlOnlineEndpointTrafficLog",
        REQUESTS,
        "AuthType AzureMLWorkspaceId AzureMLWorkspaceName DeploymentName EndpointName IdentityData Location "
        "Method ModelStatusReason OperationName Path Protocol ResponseCodeReason UserAgent "
        "XMSClientRequestId XRequestId",
        "ModelStatusCode RequestDurationMs RequestPayloadSize RequestThrottlingDelayMs ResponseCode "
        "ResponseDurationMs ResponsePayloadSize ResponseThrottlingDelayMs TotalDurationMs",
    ),
    _table(
        "AmlOnlineEndpointConsoleLog",
        CONSOLE,
        "ContainerImageName ContainerName DeploymentName InstanceId Message OperationName",
    ),
    _table("AmlOnlineEndpointEventLog", EVENTS, "DeploymentName InstanceId Message Name OperationName"),
)


def select(table: Table, sources: Sequence[Source], until: datetime) -> str:
    """SQL that has a table's rows.

    Args:
        table: Which.
        sources: The endpoints whose rows are in it; nothing is in it without any.
        until: The last time that shows already; without a zone, UTC.
    """
    parts = [_of_source(table, source, until) for source in sources]
    return "\nUNION ALL ".join(parts) or _nothing(table)


def _of_source(table: Table, source: Source, until: datetime) -> str:
    segments = source.resource_id.split("/")
    constant = {
        "_BilledSize": "256.0::DOUBLE",
        "_IsBillable": "'True'",
        "_ResourceId": quoted_text(source.resource_id.lower()),
        "_SubscriptionId": quoted_text(segments[2].lower()),
        "SourceSystem": "'Azure'",
        "TenantId": quoted_text(source.customer_id),
        "Type": quoted_text(table.name),
        "AzureMLWorkspaceId": quoted_text(source.workspace_guid),
        "AzureMLWorkspaceName": quoted_text(segments[8]),
        "IdentityData": "''",
        "Location": quoted_text(source.location),
        "OperationName": "''",
    }
    shown = [f'{_column(name, kind, constant)} AS "{name}"' for name, kind in table.columns.items()]
    spells = " OR ".join(_spell(*spell) for spell in source.spells)
    return (
        f"SELECT {', '.join(shown)} FROM {table.kept} "  # noqa: S608 - quoted, and from our own store
        f"WHERE EndpointId = {quoted_text(source.resource_id.lower())} AND TimeGenerated <= {at_time(until)} "
        f"AND ({spells})"
    )


def _column(name: str, kind: str, constant: dict[str, str]) -> str:
    if name in constant:
        return constant[name]
    if name.endswith(("DurationMs", "DelayMs")):
        return f"CAST(round({name}) AS INTEGER)"
    return f'CAST("{name}" AS {SQL_TYPES[kind]})'


def _nothing(table: Table) -> str:
    shown = [f'CAST(NULL AS {SQL_TYPES[kind]}) AS "{name}"' for name, kind in table.columns.items()]
    return f"SELECT {', '.join(shown)} WHERE FALSE"


def _spell(since: datetime, until: datetime | None) -> str:
    """By when a row was written, not by the time it bears: that is how rows get into a workspace."""
    end = "" if until is None else f" AND IngestedAt < {at_time(until)}"
    return f"(IngestedAt >= {at_time(since)}{end})"


def at_time(at: datetime) -> str:
    """A time as SQL."""
    return f"TIMESTAMP '{at.replace(tzinfo=None).isoformat(sep=' ')}'"


def quoted_text(value: str) -> str:
    """A text as SQL, whatever is in it."""
    return "'" + value.replace("'", "''") + "'"
