"""What Log Analytics answers, through `azure.monitor.query`; whatever goes wrong is `Unreadable`."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids, refusal
from rollout.azure.credential import principal_of
from rollout.azure.errors import AzureFault, Missing, ReadError, Unintelligible
from rollout.core.gates import kql
from rollout.core.gates.evidence import LogQuery, Table, Unreadable

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.pipeline.transport import HttpTransport
    from azure.monitor.query import LogsQueryClient, LogsTable

    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import TokenCredentialFrom

ROLE = "Log Analytics Reader"
CONNECT_SECONDS = 5
READ_SECONDS = 15
SERVER_SECONDS = 12
"""How long the service may work on one query; it then says so, before the client gives up."""
WAIT_SECONDS = 8.0

_NUMBERS = frozenset({"real", "double", "decimal", "int", "long"})
_UNKNOWN_TABLE = re.compile(rf"failed to resolve .*\b{kql.TABLE}\b", re.IGNORECASE | re.DOTALL)
_NOT_YET = f"{kql.TABLE} isn't there yet: it can take up to an hour after the diagnostic setting was made"


@dataclass(frozen=True)
class LogWorkspace:
    """The Log Analytics workspace that an endpoint's traffic log goes to."""

    customer_id: str
    """What queries know it by."""
    id: str = "<the id of the Log Analytics workspace>"
    """Its ARM id."""


def reader(
    workspace: LogWorkspace | ReadError | None,
    endpoint_id: str,
    cloud: Cloud,
    credential: TokenCredentialFrom,
    *,
    transport: HttpTransport[Any, Any] | None = None,
) -> Callable[[LogQuery], Table | Unreadable]:
    """Return what answers one query on the endpoint's log.

    The token is fetched here and now: where it comes from may not work on another thread. Raises
    `AzureFault` where there is none, and `ReadError` where there is no workspace to ask.
    """
    if isinstance(workspace, ReadError):
        raise workspace
    what = f"the traffic log of {ids.name_of(endpoint_id)}"
    if workspace is None:
        raise Missing(
            what,
            f"no diagnostic setting of the endpoint sends {kql.TABLE} to a Log Analytics workspace",
            "Make one, or set the gates' `source: metrics`.",
        )
    principal = principal_of(credential, cloud.logs_audience)
    log = _Log(
        client=_client(cloud, credential, transport),
        address=cloud.logs_endpoint,
        workspace=workspace,
        what=what,
        preamble=kql.names(endpoint_id),
        need=refusal.Need(ROLE, workspace.id, principal),
    )
    return lambda query: _ask(log, query)


@dataclass(frozen=True)
class _Log:
    client: LogsQueryClient
    address: str
    workspace: LogWorkspace
    what: str
    preamble: str
    need: refusal.Need


def _client(
    cloud: Cloud, credential: TokenCredentialFrom, transport: HttpTransport[Any, Any] | None
) -> LogsQueryClient:
    from azure.monitor.query import LogsQueryClient  # noqa: PLC0415 - 150 ms

    from rollout.azure._pipeline import BoundedRetry  # noqa: PLC0415

    return LogsQueryClient(
        credential,
        endpoint=cloud.logs_endpoint,
        audience=cloud.logs_audience,
        retry_policy=BoundedRetry(WAIT_SECONDS),
        **({"transport": transport} if transport else {}),
    )


def _ask(log: _Log, query: LogQuery) -> Table | Unreadable:
    if query.window.end <= query.window.start:
        return Table((), ())
    try:
        return _read(log, query)
    except AzureFault as fault:
        return Unreadable(str(fault))
    except Exception as error:  # noqa: BLE001 - can't be read, whatever the client raises
        return Unreadable(str(_fault(log, error)))


def _read(log: _Log, query: LogQuery) -> Table:
    from azure.monitor.query import LogsQueryPartialResult  # noqa: PLC0415

    result = log.client.query_workspace(
        log.workspace.customer_id,
        log.preamble + query.kql,
        timespan=(query.window.start, query.window.end),
        server_timeout=SERVER_SECONDS,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        # A POST, but one that reads.
        retry_on_methods=frozenset({"POST"}),
    )
    if isinstance(result, LogsQueryPartialResult):
        said = result.partial_error
        why = refusal.first_line(str(said.message if said else "")).rstrip(".") or "no reason given"
        raise Unintelligible(log.what, f"Log Analytics answered with a part of it alone: {why}")
    if not result.tables:
        raise Unintelligible(log.what, f"{log.address} answered without a table")
    return _table(result.tables[0])


def _table(found: LogsTable) -> Table:
    kinds = [str(kind) for kind in found.columns_types]
    return Table(
        tuple(str(name) for name in found.columns),
        tuple(
            tuple(_value(value, kind) for value, kind in zip(row, kinds, strict=True)) for row in found.rows
        ),
    )


def _value(value: object, kind: str) -> object:
    """Return a number where Kusto's JSON has it as text: NaN, infinities and decimals."""
    if kind not in _NUMBERS or not isinstance(value, str):
        return value
    try:
        return float(value)
    except ValueError:
        return math.nan


def _fault(log: _Log, error: Exception) -> AzureFault:
    from azure.core.exceptions import (  # noqa: PLC0415
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    from rollout.azure._pipeline import unreachable  # noqa: PLC0415

    match error:
        case HttpResponseError() if error.response is not None and error.response.status_code != 200:  # noqa: PLR2004
            return _refused(log, cast("Any", error.response))
        case ServiceRequestError() | ServiceResponseError():
            return unreachable(log.what, log.address, error)
        case HttpResponseError() | KeyError() | TypeError() | ValueError() | AttributeError() | IndexError():
            why = f"{log.address} doesn't answer as Log Analytics does ({type(error).__name__})"
        case _:
            why = f"{type(error).__name__}: {refusal.first_line(str(error))}"
    return Unintelligible(log.what, why)


def _refused(log: _Log, response: Any) -> ReadError:
    code, message = _said(response.text())
    if _UNKNOWN_TABLE.search(message):
        return ReadError(log.what, _NOT_YET, "", response.status_code, code)
    if response.status_code == refusal.NOT_FOUND:
        why = f"404 {code}: {message}" if code else "HTTP 404"
        remedy = "Let the endpoint's diagnostic setting name a workspace that is there."
        return Missing(log.what, why, remedy, response.status_code, code)
    return refusal.read(log.what, response.status_code, code, message, log.need)


def _said(text: str) -> tuple[str | None, str]:
    """Return the code, and the message of the innermost error: the outer one says "invalid properties"."""
    code, message = refusal.code_and_message(text)
    try:
        inner = json.loads(text).get("error")
        while isinstance(inner, dict):
            message = str(cast("dict[str, Any]", inner).get("message") or message)
            inner = cast("dict[str, Any]", inner).get("innererror")
    except (ValueError, AttributeError):
        pass
    return code, refusal.first_line(message).rstrip(".")
