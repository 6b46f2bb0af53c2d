"""One local Azure as an aiohttp application, and as something that listens."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, cast

from aiohttp import web

from localazure import control, identity, metadata
from localazure.arm import data_plane
from localazure.arm import handlers as arm
from localazure.arm.plane import Plane
from localazure.arm.store import Store
from localazure.assets import service as blob_service
from localazure.assets.blobs import Blobs
from localazure.azure import Azure
from localazure.clock import Clock
from localazure.durable import kept_secret
from localazure.faults import Faults
from localazure.identity import Tokens
from localazure.logs import handlers as logs
from localazure.logs import ingestion
from localazure.middleware import add_headers, middlewares
from localazure.monitor import handlers as monitor
from localazure.monitor.alerts import evaluator as alerts
from localazure.monitor.rows import Rows
from localazure.requests import Requests
from localazure.serving import gateway
from localazure.serving.pool import Serving
from localazure.tls import server_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from localazure.settings import Settings

__all__ = ["Server", "control_token"]

LARGEST_BODY = 64 * 2**20


def control_token(home: Path) -> str:
    """The token of `/_local/`, made on first use and readable by its owner alone."""
    return kept_secret(home / "control.token")


@dataclass
class Server:
    """A local Azure with its listener."""

    azure: Azure
    plane: Plane
    requests: Requests
    app: web.Application
    runner: web.AppRunner | None = None

    @classmethod
    def make(
        cls,
        settings: Settings,
        *,
        rate: float | None = None,
        serving: Callable[[Azure], Serving] = Serving,
    ) -> Server:
        """Open the state folder; nothing listens and nothing serves yet."""
        settings.home.mkdir(parents=True, exist_ok=True, mode=0o700)
        clock = Clock(settings.home / "clock.json")
        if rate is not None:
            clock.run_at(rate)
        clock.save()
        azure = Azure(
            settings=settings,
            clock=clock,
            store=Store(settings.home / "resources.sqlite"),
            tokens=Tokens(settings),
            serving=cast("Serving", None),  # it needs all the rest
            rows=Rows(settings.home / "rows.duckdb", clock),
        )
        azure.serving = serving(azure)
        faults = Faults()
        blobs = Blobs(settings.home / "blobs")
        plane = Plane(azure, faults, blobs)
        requests = Requests(settings.home / "requests.jsonl")
        # They want a key, a signature or a secret of their own, or have none to tell.
        unchecked = [
            *gateway.routes(azure),
            *identity.routes(azure),
            *metadata.routes(azure),
            *blob_service.routes(azure, blobs),
            *ingestion.routes(azure),
        ]
        token = control_token(settings.home)
        app = web.Application(
            middlewares=middlewares(azure, faults, requests, token, unchecked), client_max_size=LARGEST_BODY
        )
        app.on_response_prepare.append(partial(add_headers, azure=azure))
        app.cleanup_ctx.append(alerts.running(azure, faults))
        app.add_routes(
            [
                *unchecked,
                *control.routes(azure, plane, faults, requests),
                *monitor.routes(azure, faults),
                *logs.routes(azure, faults),
                *data_plane.routes(azure, plane),
                *arm.routes(azure, plane),
            ]
        )
        return cls(azure, plane, requests, app)

    async def start(self) -> None:
        """Listen on loopback, and bring back what served before."""
        await self.azure.rows.start()
        await self.azure.serving.start()
        self.runner = web.AppRunner(self.app, access_log=None, shutdown_timeout=5)
        await self.runner.setup()
        settings = self.azure.settings
        context = server_context(settings)
        await web.TCPSite(self.runner, "127.0.0.1", settings.port, ssl_context=context).start()
        self.plane.resume()

    async def stop(self) -> None:
        """End every process and let go of every file; operations go on at the next start."""
        if self.runner is not None:
            await self.runner.cleanup()
        await self.plane.stop_restarting()
        await self.plane.operations.stop()
        await self.azure.serving.stop()
        await self.azure.rows.stop()
        self.azure.clock.save()
        self.requests.close()
        self.plane.blobs.close()
        self.azure.store.close()
