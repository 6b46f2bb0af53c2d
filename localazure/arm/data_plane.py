"""The registries' data plane: where they are found, and their assets below `/mferp/managementfrontend`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from localazure.arm.errors import ArmError
from localazure.arm.handlers import address, read_json
from localazure.arm.kind import Call
from localazure.arm.paths import parse
from localazure.arm.types.references import data_plane_id, registry
from localazure.arm.versions import need_version

if TYPE_CHECKING:
    from localazure.arm.plane import Plane
    from localazure.azure import Azure

__all__ = ["routes"]


def routes(azure: Azure, plane: Plane) -> list[web.RouteDef]:
    """Discovery, and the same resources as in ARM under the ids that registries give them."""

    async def discovery(request: web.Request) -> web.Response:
        name = request.match_info["name"]
        found = registry(azure.store, name)
        if found is None:
            raise ArmError(404, "RegistryNotFound", f"There is no registry '{name}'.")
        region = found.body["location"]
        parts = found.id.split("/")
        return web.json_response(
            {
                "registryName": found.name,
                "primaryRegion": region,
                "primaryRegionResourceProviderUri": f"{azure.settings.base_url}/",
                "regions": [region],
                "subscriptionId": parts[2],
                "resourceGroup": parts[4],
            }
        )

    async def handle(request: web.Request) -> web.Response:
        need_version(request.query)
        path = parse("/" + request.match_info["rest"])
        call = Call(path, dict(request.query), await read_json(request), address(azure, request))
        answer = await plane.answer(request.method, call)
        if answer.body is None:
            return web.Response(status=answer.status, headers=answer.headers)
        return web.json_response(_shown(answer.body), status=answer.status, headers=answer.headers)

    return [
        web.get("/registrymanagement/v1.0/registries/{name}/discovery", discovery),
        web.route("*", "/mferp/managementfrontend/{rest:.+}", handle),
    ]


def _shown(body: Any) -> Any:
    """A resource or a list of them with the ids of the data plane."""
    if not isinstance(body, dict):
        return body
    shown = dict(cast("dict[str, Any]", body))
    if isinstance(shown.get("id"), str):
        shown["id"] = data_plane_id(shown["id"])
    if isinstance(shown.get("value"), list):
        shown["value"] = [_shown(each) for each in cast("list[Any]", shown["value"])]
    return shown
