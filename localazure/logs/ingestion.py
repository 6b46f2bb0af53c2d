"""Where Application Insights takes telemetry: `POST /v2.1/track`, as its exporters send it.

Traces are kept; requests, exceptions and metrics are taken and dropped. The instrumentation key is all that
a sender shows, in Azure too.
"""

from __future__ import annotations

import json
import time
import uuid
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from localazure.logs.application import COMPONENTS
from localazure.monitor.row import Trace

if TYPE_CHECKING:
    from localazure.azure import Azure

__all__ = ["routes"]

INFORMATION = 1
SEVERITIES = ("Verbose", "Information", "Warning", "Error", "Critical")
Object = dict[str, Any]


def routes(azure: Azure) -> list[web.RouteDef]:
    """The routes of both versions of the protocol."""
    takes = _Ingestion(azure)
    # An exporter adds its path to an endpoint that ends in a slash already, as connection strings have it.
    return [web.post("/{slash:/?}" + version + "/track", takes.track) for version in ("v2.1", "v2")]


class _Ingestion:
    def __init__(self, azure: Azure) -> None:
        self._azure = azure

    async def track(self, request: web.Request) -> web.Response:
        """Take a list of envelopes, as JSON or one a line; says which were refused."""
        envelopes = _envelopes(await request.read())
        if envelopes is None:
            return web.json_response({"itemsReceived": 0, "itemsAccepted": 0, "errors": []}, status=400)
        known = {each.state["key"]: each.key for each in self._azure.store.of_type(COMPONENTS)}
        errors: list[Object] = []
        for index, envelope in enumerate(envelopes):
            component = known.get(str(envelope.get("iKey", "")).lower())
            if component is None:
                error = {"index": index, "statusCode": 400, "message": "Invalid instrumentation key"}
                errors.append(error)
            elif _object(envelope, "data").get("baseType") == "MessageData":
                self._azure.rows.add(self._trace(component, envelope))
        accepted = len(envelopes) - len(errors)
        answer = {"itemsReceived": len(envelopes), "itemsAccepted": accepted, "errors": errors}
        status = 200 if not errors else 206 if accepted else 400
        return web.json_response(answer, status=status)

    def _trace(self, component: str, envelope: Object) -> Trace:
        tags, message = _object(envelope, "tags"), _object(_object(envelope, "data"), "baseData")

        def tag(name: str) -> str:
            return str(tags.get(f"ai.{name}") or "")

        return Trace(
            TimeGenerated=self._local(envelope.get("time")),
            ComponentId=component,
            Message=str(message.get("message", "")),
            SeverityLevel=_severity(message.get("severityLevel")),
            Properties=json.dumps(_object(message, "properties"), ensure_ascii=False),
            Measurements=json.dumps(_object(message, "measurements"), ensure_ascii=False),
            OperationName=tag("operation.name"),
            OperationId=tag("operation.id"),
            ParentId=tag("operation.parentId"),
            RoleName=tag("cloud.role"),
            RoleInstance=tag("cloud.roleInstance"),
            SDKVersion=tag("internal.sdkVersion"),
            ItemId=str(uuid.uuid4()),
        )

    def _local(self, given: object) -> datetime:
        """A sender's time by the local clock, which may run faster; the time of arrival where it is none."""
        clock = self._azure.clock
        now = clock.now()
        try:
            ago = time.time() - datetime.fromisoformat(str(given)).timestamp()
            return now - timedelta(seconds=max(ago, 0.0) * clock.rate)
        except (ValueError, OverflowError):
            return now


def _envelopes(body: bytes) -> list[Object] | None:
    """The envelopes of a body; None where it holds something else."""
    try:
        found: Any = json.loads(body)
    except ValueError:
        try:
            found = [json.loads(line) for line in body.splitlines() if line.strip()]
        except ValueError:
            return None
    each = cast("list[Any]", found if isinstance(found, list) else [found])
    return cast("list[Object]", each) if all(isinstance(one, dict) for one in each) else None


def _object(holder: Object, key: str) -> Object:
    found = holder.get(key)
    return cast("Object", found) if isinstance(found, dict) else {}


def _severity(given: object) -> int:
    if isinstance(given, int):
        return given if 0 <= given < len(SEVERITIES) else INFORMATION
    return SEVERITIES.index(str(given)) if given in SEVERITIES else INFORMATION
