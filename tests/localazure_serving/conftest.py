"""One local Azure's serving and monitor, with real model servers, in a thread of its own."""

from __future__ import annotations

import asyncio
import ssl
import threading
from datetime import timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import aiohttp
import pytest
import trustme
from aiohttp import web

from localazure.arm.store import Store
from localazure.clock import Clock
from localazure.identity import Tokens
from localazure.monitor import handlers
from localazure.monitor.rows import Row, Rows
from localazure.serving import gateway
from localazure.serving.pool import DeploymentSpec, EndpointRoute, ProbeSpec, Serving
from localazure.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Coroutine, Iterator, Mapping
    from pathlib import Path

    from localazure.azure import Azure

WORKSPACE = (
    "/subscriptions/{}/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
    "/onlineEndpoints/"
)
CONDA = """\
name: serving
channels: [conda-forge]
dependencies:
  - python=3
  - pip
  - pip:
      - azureml-inference-server-http~=1.5
"""
SCORE = """\
import json, os, sys, time

def init():
    global model
    if os.environ.get("CRASH"):
        raise RuntimeError("the model file is broken")
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model.txt")).read()

def run(data):
    wanted = json.loads(data)
    time.sleep(wanted.get("sleep", 0))
    if wanted.get("raise"):
        raise ValueError("unknown category")
    if wanted.get("die"):
        os._exit(1)
    return {"model": model, "who": os.environ.get("WHO"), "script": __file__}
"""


class Local:
    """Drives it from a test: `call` runs a coroutine on its loop, `score` sends a request."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self.thread.start()
        authority = trustme.CA()
        self.ca = home / "ca.pem"
        authority.cert_pem.write_to_path(str(self.ca))
        self._server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(self._server)
        self._client = ssl.create_default_context(cafile=str(self.ca))
        self.call(self._open())

    def call(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(
            180
        )  # an environment may have to be built first

    async def _open(self) -> None:
        settings = Settings(home=self.home, port=0, metric_delay=timedelta(0))
        clock = Clock()
        rows = Rows(self.home / "rows.duckdb", clock)
        parts = SimpleNamespace(
            settings=settings,
            clock=clock,
            store=Store(self.home / "store.db"),
            tokens=Tokens(settings),
            rows=rows,
        )
        self.azure = cast("Azure", parts)
        parts.serving = Serving(self.azure)
        await parts.serving.start()
        await rows.start()
        app = web.Application()
        app.add_routes([*gateway.routes(self.azure), *handlers.routes(self.azure)])
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0, ssl_context=self._server).start()
        self.url = f"https://localhost:{self._runner.addresses[0][1]}"
        self.http = aiohttp.ClientSession(connector=aiohttp.TCPConnector(ssl=self._client, limit=0))

    async def _close(self) -> None:
        await self.http.close()
        await self._runner.cleanup()
        await self.azure.serving.stop()
        await self.azure.rows.stop()

    def close(self) -> None:
        self.call(self._close())
        self.loop.call_soon_threadsafe(self.loop.stop)
        self.thread.join(10)
        self.loop.close()

    def endpoint_id(self, name: str) -> str:
        return WORKSPACE.format(self.azure.settings.subscription) + name

    def spec(self, endpoint: str, name: str = "blue", **changed: Any) -> DeploymentSpec:
        folder = self.home / "assets" / endpoint / name
        (folder / "code").mkdir(parents=True, exist_ok=True)
        (folder / "model").mkdir(exist_ok=True)
        (folder / "code" / "score.py").write_text(SCORE)
        (folder / "model" / "model.txt").write_text(f"{endpoint}/{name}")
        usual: dict[str, Any] = {
            "model_dir": folder / "model",
            "code_dir": folder / "code",
            "scoring_script": "score.py",
            "image": "minimal-inference:1",
            "conda_file": CONDA,
            "environment_variables": {"WHO": name},
            "instances": 1,
            "request_timeout": 5.0,
            "max_concurrent": 1,
            "liveness": ProbeSpec(),
            "readiness": ProbeSpec(),
        }
        return DeploymentSpec(self.endpoint_id(endpoint).lower(), endpoint, name, **usual | changed)

    def deploy(self, endpoint: str, name: str = "blue", **changed: Any) -> None:
        self.call(self.azure.serving.deploy(self.spec(endpoint, name, **changed)))

    def route(
        self,
        endpoint: str,
        traffic: Mapping[str, int],
        mirror: Mapping[str, int] | None = None,
        auth: str = "Key",
    ) -> None:
        at = self.endpoint_id(endpoint).lower()
        route = EndpointRoute(at, endpoint, traffic, mirror or {}, auth, "first", "second")
        self.loop.call_soon_threadsafe(self.azure.serving.route, route)
        self.call(asyncio.sleep(0))

    async def asend(
        self,
        endpoint: str,
        body: str = "{}",
        key: str = "first",
        path: str = "score",
        **headers: str,
    ) -> tuple[int, Mapping[str, str], str]:
        given = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
        given |= {name.replace("_", "-"): value for name, value in headers.items()}
        url = f"{self.url}/endpoints/{endpoint}.eastus/{path}"
        async with self.http.post(url, data=body, headers=given) as answer:
            return answer.status, answer.headers, await answer.text()

    def send(self, endpoint: str, body: str = "{}", **more: str) -> tuple[int, Mapping[str, str], str]:
        return self.call(self.asend(endpoint, body, **more))

    def rows(self, endpoint: str) -> list[Row]:
        sql = "SELECT * EXCLUDE IngestedAt FROM Requests WHERE EndpointName = ? ORDER BY TimeGenerated"
        return [Row(*each) for each in self.call(self.azure.rows.query(sql, [endpoint]))]


@pytest.fixture(scope="session")
def local(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Local]:
    running = Local(tmp_path_factory.mktemp("local"))
    yield running
    running.close()
