from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["COLUMNS", "ConsoleLine", "Event", "Row", "Trace", "injected"]

MOST_COPIES = 10_000_000


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


class ConsoleLine(NamedTuple):
    """A line that a deployment's model server wrote, in columns of AmlOnlineEndpointConsoleLog."""

    TimeGenerated: datetime
    EndpointId: str
    DeploymentName: str
    InstanceId: str
    Message: str
    ContainerName: str = "inference-server"
    ContainerImageName: str = ""


class Event(NamedTuple):
    """What became of a model server, in columns of AmlOnlineEndpointEventLog."""

    TimeGenerated: datetime
    EndpointId: str
    DeploymentName: str
    InstanceId: str
    Name: str
    Message: str


class Trace(NamedTuple):
    """A trace that Application Insights was sent; its properties and measurements as JSON text."""

    TimeGenerated: datetime
    ComponentId: str
    Message: str
    SeverityLevel: int
    Properties: str
    Measurements: str
    OperationName: str
    OperationId: str
    ParentId: str
    RoleName: str
    RoleInstance: str
    SDKVersion: str
    ItemId: str


NUMBERS = {
    "ResponseCode": "INTEGER",
    "ModelStatusCode": "INTEGER",
    "RequestPayloadSize": "BIGINT",
    "ResponsePayloadSize": "BIGINT",
    **dict.fromkeys((name for name in Row._fields if name.endswith("Ms")), "DOUBLE"),
}
COLUMNS = {name: NUMBERS.get(name, "VARCHAR") for name in Row._fields} | {"TimeGenerated": "TIMESTAMP"}


def injected(given: Mapping[str, Any], now: datetime) -> list[Row]:
    """The rows that a JSON object stands for: the fields of `Row`, and `count` copies of it.

    Args:
        given: `TimeGenerated` is ISO text.
        now: The time of a row without one.

    Raises:
        ValueError: A field is no column, is missing, or is of the wrong kind.
    """
    fields = dict(given)
    count = fields.pop("count", 1)
    if unknown := sorted(set(fields) - set(Row._fields)):
        raise ValueError(f"row: unknown field {', '.join(unknown)}; known: {', '.join(Row._fields)}, count")
    if missing := sorted({"EndpointId", "EndpointName", "DeploymentName"} - set(fields)):
        raise ValueError(f"row: {', '.join(missing)} missing")
    for name, value in fields.items():
        if not _fits(name, value):
            kind = "a number" if name in NUMBERS else "text"
            raise ValueError(f"row: {name} is {value!r}; give {kind}")
    if not isinstance(count, int) or not 0 < count <= MOST_COPIES:
        raise ValueError(f"row: count is {count!r}; give a number from 1 to {MOST_COPIES}")
    at = datetime.fromisoformat(fields["TimeGenerated"]) if "TimeGenerated" in fields else now
    if at.tzinfo is None:
        raise ValueError(f"row: TimeGenerated {fields['TimeGenerated']!r} has no time zone: end it in Z")
    fields |= {"TimeGenerated": at, "EndpointId": fields["EndpointId"].lower()}
    return [Row(**fields)] * count


def _fits(name: str, value: object) -> bool:
    if name == "ModelStatusCode" and value is None:
        return True
    if name in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)
