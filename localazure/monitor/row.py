from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

__all__ = ["COLUMNS", "ConsoleLine", "Event", "Row", "Trace", "clean", "injected"]

MOST_COPIES = 10_000_000


class Row(NamedTuple):
    """A request, in the columns of AmlOnlineEndpointTrafficLog, and the endpoint's ARM id in lower case.

    `TimeGenerated` is local-Azure time; durations are measured milliseconds. `DeploymentName` is empty, and
    `ModelStatusCode` None, where the request reached no deployment, or no model. Durations count from the
    request's start: `RequestDurationMs` to its last byte, `ResponseDurationMs` to the first byte of the
    model's answer (0 where none came), `TotalDurationMs` to the end.
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


WHOLE = {"INTEGER": (-(2**31), 2**31 - 1), "BIGINT": (-(2**63), 2**63 - 1)}


def clean(row: Iterable[Any]) -> Iterator[Any]:
    """The fields of a row, what can't be UTF-8 in a text replaced by `?`.

    A header that isn't UTF-8 is read as text with lone surrogates, and so is such an escape in JSON.
    """
    return (_clean(each) if isinstance(each, str) else each for each in row)


def injected(given: Mapping[str, Any], now: datetime) -> list[Row]:
    """The rows that a JSON object stands for: the fields of `Row`, and `count` copies of it.

    Args:
        given: `TimeGenerated` is ISO text.
        now: The time of a row without one.

    Raises:
        ValueError: A field is no column, is missing, is of the wrong kind, or beyond what its column holds.
    """
    fields = dict(given)
    count = fields.pop("count", 1)
    if unknown := sorted(set(fields) - set(Row._fields)):
        raise ValueError(f"row: unknown field {', '.join(unknown)}; known: {', '.join(Row._fields)}, count")
    if missing := sorted({"EndpointId", "EndpointName", "DeploymentName"} - set(fields)):
        raise ValueError(f"row: {', '.join(missing)} missing")
    for name, value in fields.items():
        _check(name, value)
    if not isinstance(count, int) or not 0 < count <= MOST_COPIES:
        raise ValueError(f"row: count is {count!r}; give a number from 1 to {MOST_COPIES}")
    at = _instant(fields["TimeGenerated"]) if "TimeGenerated" in fields else now
    fields |= {"TimeGenerated": at, "EndpointId": fields["EndpointId"].lower()}
    return [Row(*clean(Row(**fields)))] * count


def _clean(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode()


def _check(name: str, value: object) -> None:
    if name == "ModelStatusCode" and value is None:
        return
    if not _fits(name, value):
        raise ValueError(f"row: {name} is {value!r}; give {'a number' if name in NUMBERS else 'text'}")
    if not isinstance(value, int | float):
        return
    least, most = WHOLE.get(NUMBERS[name], (-sys.float_info.max, sys.float_info.max))
    if not least <= value <= most:
        raise ValueError(f"row: {name} is {value!r}; give a number from {least} to {most}")
    if NUMBERS[name] in WHOLE and value != int(value):
        raise ValueError(f"row: {name} is {value!r}; give a whole number")


def _fits(name: str, value: object) -> bool:
    if name in NUMBERS:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, str)


def _instant(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError(f"row: TimeGenerated {text!r} has no time zone: end it in Z")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise ValueError(f"row: TimeGenerated {text!r} is beyond the years 1 to 9999 in UTC") from None
