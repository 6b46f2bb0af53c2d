"""What every request passes: the log, the bearer token, and the faults that were ordered."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import uuid
from email.utils import format_datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from aiohttp import web

from localazure.arm.errors import ArmError
from localazure.clock import iso
from localazure.identity import TokenError
from localazure.requests import Requests, redacted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from aiohttp.typedefs import Handler, Middleware

    from localazure.azure import Azure
    from localazure.faults import Fault, Faults

__all__ = ["middlewares"]

log = logging.getLogger(__name__)
SIGNATURE = re.compile(r"(sig=)[^&]+", re.IGNORECASE)
UNLOGGED = (
    "/endpoints/",
    "/_local/",
    "/v2",
    "//v2",
)  # scoring requests and traces are rows; control is no Azure
LOGS_CODES = {403: "InsufficientAccessError", 504: "GatewayTimeout"}


def middlewares(
    azure: Azure, faults: Faults, requests: Requests, control_token: str, unchecked: Iterable[web.RouteDef]
) -> list[Middleware]:
    """The outermost first: log, errors, token, faults.

    Args:
        azure: What is asked.
        faults: What is to go wrong.
        requests: The log.
        control_token: What `/_local/` wants.
        unchecked: The routes that don't want a bearer token.
    """
    passed = _Passed(azure, faults, requests, control_token, unchecked)
    return [passed.logged, passed.answered, passed.authenticated, passed.faulty]


class _Passed:
    def __init__(
        self,
        azure: Azure,
        faults: Faults,
        requests: Requests,
        control_token: str,
        unchecked: Iterable[web.RouteDef],
    ) -> None:
        self._azure = azure
        self._faults = faults
        self._requests = requests
        self._control = f"Bearer {control_token}".encode()
        self._unchecked = {route.handler for route in unchecked}

    @web.middleware
    async def logged(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        status = 500
        try:
            answer = await handler(request)
            status = answer.status
        finally:
            if not request.path.startswith(UNLOGGED):
                self._requests.add(await _entry(self._azure, request, status))
        return answer

    @web.middleware
    async def answered(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            return await handler(request)
        except ArmError as error:
            return web.json_response(error.body(), status=error.status)
        except web.HTTPException as error:
            code = HTTPStatus(error.status).phrase.replace(" ", "")
            text = f"{error.reason}: local Azure has no {request.method} {request.path}."
            return web.json_response(ArmError(error.status, code, text).body(), status=error.status)
        except ConnectionError:
            raise
        except Exception:
            log.exception("%s %s", request.method, request.path)
            error = ArmError(500, "InternalServerError", "Local Azure failed: see `localazure logs`.")
            return web.json_response(error.body(), status=500)

    @web.middleware
    async def authenticated(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        shown = request.headers.get("Authorization", "")
        if request.path.startswith("/_local/"):
            if not hmac.compare_digest(shown.encode("utf-8", "replace"), self._control):
                text = "The token of /_local/ is in control.token of the state folder."
                raise ArmError(401, "Unauthorized", text)
        elif request.match_info.handler not in self._unchecked:
            _check(self._azure, shown)
        return await handler(request)

    @web.middleware
    async def faulty(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        ours = request.path.startswith("/_local/")
        fault = None if ours else self._faults.of_request(request.method, request.path_qs)
        if fault is None:
            return await self._answer(request, handler)
        endured = await self._faults.endured(asyncio.sleep(fault.delay))
        if not endured or (fault.status is None and not fault.cut):
            return await self._answer(request, handler)
        if fault.after:
            await self._answer(request, handler)
        if fault.cut or fault.status is None:
            if request.transport is not None:
                request.transport.abort()
            raise ConnectionResetError("cut, as ordered")
        return _faulty(fault, fault.status, logs=request.path.startswith("/v1/"))

    async def _answer(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        now = self._azure.clock.now()
        for reads in self._faults.stale:
            old = reads.instead(request.method, request.path_qs, now)
            if old is not None:
                return web.Response(status=old.status, body=old.body, content_type="application/json")
        answer = await handler(request)
        for reads in self._faults.stale:
            reads.note(request.method, request.path_qs, self._azure.clock.now(), answer)
        return answer


async def add_headers(request: web.Request, answer: web.StreamResponse, azure: Azure) -> None:
    """The local time and Azure's request ids, on every answer."""
    answer.headers["Date"] = format_datetime(azure.clock.now(), usegmt=True)
    answer.headers.setdefault("x-ms-request-id", str(uuid.uuid4()))
    client = request.headers.get("x-ms-client-request-id")
    if client:
        answer.headers["x-ms-client-request-id"] = client
    if request.path.startswith(("/blob/", "/blob.")):
        answer.headers["x-ms-version"] = request.headers.get("x-ms-version", "2021-08-06")


def _check(azure: Azure, shown: str) -> None:
    scheme, _, token = shown.partition(" ")
    if scheme.lower() != "bearer" or not token:
        text = "Authentication failed. The 'Authorization' header is missing."
        raise ArmError(401, "AuthenticationFailed", text)
    try:
        claims = azure.tokens.check(token)
    except TokenError as error:
        raise ArmError(401, "InvalidAuthenticationToken", str(error)) from error
    if str(claims["aud"]).startswith("/"):
        raise ArmError(
            401, "InvalidAuthenticationTokenAudience", "This token is for an endpoint's scoring alone."
        )


def _faulty(fault: Fault, status: int, *, logs: bool) -> web.Response:
    asked = {"retry-after-ms": fault.retry_after_ms, "Retry-After": fault.retry_after}
    headers = {name: str(value) for name, value in asked.items() if value is not None}
    body = fault.body
    if body is None:
        code = HTTPStatus(status).phrase.replace(" ", "")
        code = LOGS_CODES.get(status, code) if logs else code
        body = ArmError(status, code, "A fault that was ordered at /_local/faults.").body()
    return web.json_response(body, status=status, headers=headers)


async def _entry(azure: Azure, request: web.Request, status: int) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "time": iso(azure.clock.now()),
        "method": request.method,
        "path": SIGNATURE.sub(r"\1***", request.path_qs),
        "status": status,
        "clientRequestId": request.headers.get("x-ms-client-request-id"),
        "userAgent": request.headers.get("User-Agent"),
    }
    arm = request.path.lower().startswith(("/subscriptions/", "/providers/"))
    if arm and request.method in {"PUT", "PATCH", "POST"}:
        try:
            entry["body"] = redacted(json.loads(await request.read() or b"null"))
        except (ValueError, web.HTTPException, ConnectionError):
            entry["body"] = None
    return entry
