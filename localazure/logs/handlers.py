"""Log Analytics' query API: `/v1/workspaces/{customerId}/query`, `/v1/{resource}/query`, `/v1/$batch`."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from localazure.logs.asked import Body, Preferences, read_body, read_preferences
from localazure.logs.errors import LogsError, bad_argument, unknown_workspace
from localazure.logs.run import Asked, Found, run
from localazure.logs.seen import of_resource, of_workspaces
from localazure.logs.sources import workspaces

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence

    from localazure.arm.store import Resource
    from localazure.azure import Azure
    from localazure.faults import Faults
    from localazure.logs.seen import Seen

    Handler = Callable[[web.Request], Awaitable[web.Response]]

__all__ = ["routes"]

RENDER = re.compile(r"\|\s*render\s+(\w+)")


def routes(azure: Azure, faults: Faults) -> list[web.RouteDef]:
    """The query routes; they go before ARM's own."""
    logs = _Logs(azure, faults)
    return [
        web.post("/v1/$batch", _refusing(logs.batch)),
        web.post("/v1/workspaces/{workspace}/query", _refusing(logs.of_workspace)),
        web.get("/v1/workspaces/{workspace}/query", _refusing(logs.of_workspace)),
        web.post(r"/v1/{resource:.*}/query", _refusing(logs.of_resource)),
        web.get(r"/v1/{resource:.*}/query", _refusing(logs.of_resource)),
    ]


class _Logs:
    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults

    async def of_workspace(self, request: web.Request) -> web.Response:
        wanted = read_preferences(request.headers.get("Prefer", ""))
        return web.json_response(
            await self._of_workspace(request.match_info["workspace"], await self._body(request), wanted)
        )

    async def of_resource(self, request: web.Request) -> web.Response:
        """All logs of a resource, in whichever workspaces they are."""
        body, wanted = await self._body(request), read_preferences(request.headers.get("Prefer", ""))
        resource_id = "/" + request.match_info["resource"].strip("/")
        resource = self._azure.store.get(resource_id)
        if resource is None:
            raise LogsError(
                404, "ResourceNotFoundError", f"The resource '{request.match_info['resource']}' was not found"
            )
        if "customerId" in resource.state:
            seen = of_workspaces(self._azure, [resource, *self._named(body.workspaces)])
        else:
            seen = of_resource(self._azure, resource_id)
        return web.json_response(await self._answer(seen, body, wanted))

    async def batch(self, request: web.Request) -> web.Response:
        """Several queries at once, each answered for itself."""
        given = json.loads(await request.read() or b"null")
        asked = cast("dict[str, Any]", given).get("requests") if isinstance(given, dict) else None
        if not isinstance(asked, list) or not all(_is_request(one) for one in cast("list[object]", asked)):
            raise bad_argument("The batch needs 'requests', a list of objects")
        each = [self._one(cast("dict[str, Any]", one)) for one in cast("list[object]", asked)]
        return web.json_response({"responses": await asyncio.gather(*each)})

    async def _one(self, asked: dict[str, Any]) -> dict[str, Any]:
        given: dict[str, Any] = asked.get("headers") or {}
        headers = {name.lower(): str(value) for name, value in given.items()}
        try:
            body = read_body(asked.get("body"), self._azure.clock.now())
            wanted = read_preferences(headers.get("prefer", ""))
            answer, status = await self._of_workspace(str(asked.get("workspace")), body, wanted), 200
        except LogsError as error:
            answer, status = error.body(), error.status
        return {"id": asked.get("id"), "status": status, "headers": {}, "body": answer}

    async def _of_workspace(self, name: str, body: Body, wanted: Preferences) -> dict[str, Any]:
        seen = of_workspaces(self._azure, self._named([name, *body.workspaces]))
        return await self._answer(seen, body, wanted)

    async def _answer(self, seen: Seen, body: Body, wanted: Preferences) -> dict[str, Any]:
        now = self._azure.clock.now()
        more, gaps = self._faults.of_data("logs")
        visible = now - self._azure.settings.log_delay - more
        asked = Asked(body.query, seen, body.span, now, visible, wanted.wait, gaps)
        return _shown(await run(self._azure.rows, asked), body.query, wanted)

    def _named(self, names: Sequence[str]) -> list[Resource]:
        """Workspaces by customer id; further ones also by ARM id or name."""
        known = workspaces(self._azure.store)
        found: list[Resource] = []
        for name in names:
            wanted = name.lower()
            match = next(
                (
                    each
                    for each in known
                    if wanted in {each.state["customerId"], each.key, each.name.lower() if found else None}
                ),
                None,
            )
            if match is None:
                raise unknown_workspace()
            found.append(match)
        return list({each.key: each for each in found}.values())

    async def _body(self, request: web.Request) -> Body:
        now = self._azure.clock.now()
        if request.method == "GET":
            more = [name for name in request.query.get("workspaces", "").split(",") if name]
            return read_body(dict(request.query) | {"workspaces": more}, now)
        return read_body(await request.read(), now)


def _shown(found: Found, query: str, wanted: Preferences) -> dict[str, Any]:
    columns = [{"name": name, "type": kind} for name, kind in found.columns]
    answer: dict[str, Any] = {"tables": [{"name": "PrimaryResult", "columns": columns, "rows": found.rows}]}
    if wanted.statistics:
        table = {"tableRowCount": len(found.rows), "tableSize": len(str(found.rows))}
        answer["statistics"] = {"query": {"executionTime": found.seconds, "datasetStatistics": [table]}}
    if wanted.render:
        match = RENDER.search(query)
        answer["render"] = {"visualization": match.group(1) if match else "table"}
    if found.too_large:
        inner = {"code": "-2133196797", "message": found.too_large, "severity": 2, "severityName": "Error"}
        outer = {
            "code": "EngineError",
            "message": "Something went wrong processing your query on the server.",
        }
        details = [outer | {"innererror": inner}]
        said = "There were some errors when processing your query."
        answer["error"] = {"code": "PartialError", "message": said, "details": details}
    return answer


def _refusing(handler: Handler) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        try:
            return await handler(request)
        except LogsError as error:
            return web.json_response(error.body(), status=error.status)
        except ValueError:
            return web.json_response(bad_argument("The request body is not JSON").body(), status=400)

    return handle


def _is_request(asked: object) -> bool:
    if not isinstance(asked, dict):
        return False
    return isinstance(cast("dict[str, object]", asked).get("headers") or {}, dict)
