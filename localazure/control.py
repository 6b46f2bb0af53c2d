"""`/_local/`: what Azure doesn't have. The clock, faults, the request log, rows, reset and status."""

from __future__ import annotations

import os
import re
import uuid
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from localazure.arm.errors import ArmError, bad_request
from localazure.arm.handlers import read_json
from localazure.assets.materialise import forget_folders
from localazure.clock import iso
from localazure.monitor.bulk import FORMATS
from localazure.requests import Forgotten

if TYPE_CHECKING:
    from localazure.arm.plane import Plane
    from localazure.azure import Azure
    from localazure.faults import Faults
    from localazure.requests import Requests

__all__ = ["routes"]

NUMBER = re.compile(r"[0-9]{1,18}")


def routes(azure: Azure, plane: Plane, faults: Faults, requests: Requests) -> list[web.RouteDef]:
    """The control routes; the middleware checks their token."""
    control = _Control(azure, plane, faults, requests)
    return [
        web.get("/_local/clock", control.clock),
        web.post("/_local/clock", control.set_clock),
        web.get("/_local/requests", control.log),
        web.post("/_local/faults", control.add_fault),
        web.delete("/_local/faults", control.clear_faults),
        web.post("/_local/rows", control.rows),
        web.post("/_local/reset", control.reset),
        web.get("/_local/status", control.status),
    ]


class _Control:
    def __init__(self, azure: Azure, plane: Plane, faults: Faults, requests: Requests) -> None:
        self._azure = azure
        self._plane = plane
        self._faults = faults
        self._requests = requests

    async def clock(self, request: web.Request) -> web.Response:
        del request
        clock = self._azure.clock
        return web.json_response({"now": iso(clock.now()), "rate": clock.rate})

    async def set_clock(self, request: web.Request) -> web.Response:
        wanted = await _object(request)
        unknown = set(wanted) - {"advance", "rate"}
        if unknown or not wanted:
            raise bad_request('clock takes {"advance": seconds} and {"rate": r}.')
        try:
            self._azure.clock.set(**{name: float(value) for name, value in wanted.items()})
        except (TypeError, ValueError, OverflowError) as error:
            raise bad_request(str(error)) from error
        return await self.clock(request)

    async def log(self, request: web.Request) -> web.Response:
        since = request.query.get("since")
        if since is not None and not NUMBER.fullmatch(since):
            raise bad_request(f"since={since}: the number of the last entry you have is needed.")
        try:
            found = self._requests.since(None if since is None else int(since))
        except Forgotten as error:
            raise ArmError(410, "Gone", str(error)) from error
        return web.json_response({"value": found})

    async def add_fault(self, request: web.Request) -> web.Response:
        wanted = await read_json(request)
        specs = cast("list[dict[str, Any]]", wanted if isinstance(wanted, list) else [wanted])
        try:
            for spec in specs:
                self._faults.add(spec)
        except (TypeError, ValueError, AttributeError) as error:
            raise bad_request(f"faults: {error}") from error
        return web.json_response({"added": len(specs)}, status=201)

    async def clear_faults(self, request: web.Request) -> web.Response:
        del request
        self._faults.clear()
        return web.Response(status=204)

    async def rows(self, request: web.Request) -> web.Response:
        if request.content_type in FORMATS:
            return web.json_response({"added": await self._loaded(request)}, status=201)
        wanted = await read_json(request)
        objects = cast("dict[str, Any]", wanted).get("rows") if isinstance(wanted, dict) else wanted
        if not isinstance(objects, list):
            raise bad_request("rows: a list of objects is needed.")
        try:
            added = self._azure.rows.inject(cast("list[dict[str, Any]]", objects))
        except (TypeError, ValueError) as error:
            raise bad_request(f"rows: {error}") from error
        return web.json_response({"added": added}, status=201)

    async def _loaded(self, request: web.Request) -> int:
        folder = self._azure.rows.uploads
        folder.mkdir(exist_ok=True)
        path = folder / uuid.uuid4().hex
        try:
            with path.open("wb") as file:
                async for chunk in request.content.iter_chunked(2**20):
                    file.write(chunk)
            return await self._azure.rows.load(path, request.content_type)
        except ValueError as error:
            raise bad_request(f"rows: {error}") from error
        finally:
            path.unlink(missing_ok=True)

    async def reset(self, request: web.Request) -> web.Response:
        """Forget every resource, blob, row and fault; keys, certificates and the clock stay."""
        del request
        self._faults.clear()
        await self._plane.operations.forget()
        await self._plane.stop_restarting()
        for resource in reversed(self._azure.store.descendants("/subscriptions")):
            await self._plane.kind(resource.type).dispose(resource)
        self._azure.store.clear()
        self._plane.blobs.clear()
        forget_folders(self._azure)
        await self._azure.rows.clear()
        return web.Response(status=204)

    async def status(self, request: web.Request) -> web.Response:
        del request
        settings = self._azure.settings
        shown: dict[str, Any] = {
            "pid": os.getpid(),
            "baseUrl": settings.base_url,
            "home": str(settings.home),
            "now": iso(self._azure.clock.now()),
            "rate": self._azure.clock.rate,
            "restarting": self._plane.restarting,
            "deployments": self._azure.serving.status(),
        }
        return web.json_response(shown)


async def _object(request: web.Request) -> dict[str, Any]:
    wanted = await read_json(request)
    if not isinstance(wanted, dict):
        raise bad_request("A JSON object is needed.")
    return cast("dict[str, Any]", wanted)
