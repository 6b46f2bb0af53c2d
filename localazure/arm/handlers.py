"""ARM over HTTP: every path below `/subscriptions` and `/providers`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from aiohttp import web

from localazure.arm.errors import ArmError
from localazure.arm.kind import Call
from localazure.arm.paths import parse
from localazure.arm.plane import Plane, subscription_view
from localazure.arm.versions import need_version

if TYPE_CHECKING:
    from localazure.azure import Azure

__all__ = ["address", "read_json", "routes"]


def routes(azure: Azure, plane: Plane) -> list[web.RouteDef]:
    """The routes of ARM; they go behind those that are more special."""

    async def handle(request: web.Request) -> web.Response:
        need_version(request.query)
        call = Call(
            parse(request.path), dict(request.query), await read_json(request), address(azure, request)
        )
        answer = await plane.answer(request.method, call)
        if answer.body is None:
            return web.Response(status=answer.status, headers=answer.headers)
        return web.json_response(answer.body, status=answer.status, headers=answer.headers)

    async def subscriptions(request: web.Request) -> web.Response:
        del request
        every = azure.settings.subscriptions
        return web.json_response({"value": [subscription_view(azure, each) for each in every]})

    async def tenants(request: web.Request) -> web.Response:
        del request
        tenant = azure.settings.tenant
        return web.json_response({"value": [{"id": f"/tenants/{tenant}", "tenantId": tenant}]})

    async def discovery(request: web.Request) -> web.Response:
        """What a workspace's discoveryUrl answers: every service is here."""
        del request
        names = ("api", "history", "experimentation", "modelmanagement", "pipelines", "mlflow")
        return web.json_response(dict.fromkeys(names, azure.settings.base_url))

    return [
        web.get("/subscriptions", subscriptions),
        web.get("/tenants", tenants),
        web.get("/discovery", discovery),
        web.route("*", "/{root:(?i:subscriptions|providers)}/{rest:.+}", handle),
    ]


def address(azure: Azure, request: web.Request) -> str:
    """What a request was sent to, without its query."""
    return azure.settings.base_url + request.rel_url.raw_path


async def read_json(request: web.Request) -> Any:
    """The request's JSON, None where it has no body.

    Raises:
        ArmError: 400, the body is no JSON.
    """
    raw = await request.read()
    if not raw.strip():
        return None
    try:
        return json.loads(raw)
    except ValueError as error:
        text = f"The request content was invalid and could not be deserialized: {error}."
        raise ArmError(400, "InvalidRequestContent", text) from error
