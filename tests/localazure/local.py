"""A local Azure as tests talk to it: in this process with a serving that only notes, or as a real daemon."""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import requests

from localazure.env import environment, prepare
from localazure.running import running
from localazure.server import Server, control_token
from localazure.settings import Settings
from localazure.tls import bundle_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localazure.serving.spec import DeploymentSpec, EndpointRoute, ProvisioningError

API = {"api-version": "2025-12-01"}


@dataclass
class NotingServing:
    """Serving without processes: notes what it is told."""

    running: dict[tuple[str, str], DeploymentSpec] = field(default_factory=dict)
    routes: dict[str, EndpointRoute] = field(default_factory=dict)
    events: list[str] = field(default_factory=list)
    refuse: ProvisioningError | None = None

    async def start(self):
        pass

    async def stop(self):
        pass

    async def deploy(self, spec: DeploymentSpec):
        if self.refuse:
            raise self.refuse
        self.running[spec.endpoint_id, spec.name] = spec
        self.events.append(f"deploy {spec.name}")

    async def scale(self, endpoint_id: str, name: str, instances: int):
        self.running[endpoint_id, name] = replace(self.running[endpoint_id, name], instances=instances)
        self.events.append(f"scale {name} {instances}")

    async def remove(self, endpoint_id: str, name: str):
        self.running.pop((endpoint_id, name), None)
        self.events.append(f"remove {name}")

    def route(self, endpoint: EndpointRoute):
        self.routes[endpoint.endpoint_name] = endpoint

    def forget(self, endpoint_id: str):
        self.routes = {n: one for n, one in self.routes.items() if one.endpoint_id != endpoint_id}

    def endpoint(self, name: str):
        return self.routes.get(name)

    def deployment(self, endpoint_id: str, name: str):
        return self.running.get((endpoint_id, name))

    def logs(self, _endpoint_id: str, name: str, tail: int):
        return f"{tail} lines of {name}"

    def status(self):
        return []


@dataclass
class Arm:
    """A client of one local Azure.

    Attributes:
        serving: What serves, where it is in this process.
    """

    settings: Settings
    serving: NotingServing | None = None

    def __post_init__(self) -> None:
        self.http = requests.Session()
        self.http.trust_env = False
        self.http.verify = str(bundle_path(self.settings.home))
        self.env = environment(self.settings)
        self.http.headers["Authorization"] = f"Bearer {self.token()}"
        self.subscription = f"/subscriptions/{self.settings.subscription}"

    def token(self, **form: str):
        asked = {
            "client_id": self.settings.client,
            "client_secret": self.env["ARM_CLIENT_SECRET"],
            "grant_type": "client_credentials",
            "scope": "https://management.azure.com/.default",
        }
        answer = self.http.post(
            f"{self.settings.base_url}/{self.settings.tenant}/oauth2/v2.0/token", data=asked | form
        )
        answer.raise_for_status()
        return answer.json()["access_token"]

    def ask(self, method: str, path: str, body: Any = None, **kwargs: Any) -> requests.Response:
        params = API | kwargs.pop("params", {})
        return self.http.request(
            method, self.settings.base_url + path, json=body, params=params, timeout=60, **kwargs
        )

    def ok(self, method: str, path: str, body: Any = None, **kwargs: Any) -> Any:
        answer = self.ask(method, path, body, **kwargs)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None

    def done(self, method: str, path: str, body: Any = None) -> dict[str, Any]:
        """Ask for a long-running operation; how it ended."""
        answer = self.ask(method, path, body)
        assert answer.ok, f"{method} {path}: {answer.status_code} {answer.text}"
        where = answer.headers.get("Azure-AsyncOperation") or answer.headers["Location"]
        assert answer.headers["retry-after-ms"] == "50"
        until = time.monotonic() + 60
        while time.monotonic() < until:
            polled = self.http.get(where, timeout=60)
            if (
                polled.status_code == 200 and polled.json().get("status") == "InProgress"
            ) or polled.status_code == 202:
                time.sleep(0.01)
            else:
                return polled.json() if polled.content else {"status": "Succeeded"}
        raise AssertionError(f"{method} {path} didn't end")

    def control(self, method: str, what: str, body: Any = None, **params: Any) -> Any:
        token = control_token(self.settings.home)
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.http.request(
            method,
            f"{self.settings.base_url}/_local/{what}",
            json=body,
            params=params,
            headers=headers,
            timeout=60,
        )
        assert answer.ok, f"{method} {what}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def in_process(home: Path, serving: NotingServing, port: int | None = None, **changed: Any) -> Iterator[Arm]:
    """A local Azure in a thread of this process, with these settings changed."""
    settings = Settings(home=home, port=port or free_port(), operation_seconds=0.02, **changed)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()

    async def begin() -> Server:
        server = Server.make(settings, serving=lambda _azure: serving)
        prepare(settings)
        await server.start()
        return server

    server = asyncio.run_coroutine_threadsafe(begin(), loop).result(30)
    try:
        yield Arm(settings, serving)
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(30)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)
        loop.close()


def localazure(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line on a state folder."""
    return subprocess.run(
        [sys.executable, "-c", "import sys; from localazure.cli import main; sys.exit(main())", *words],
        env=os.environ | {"LOCALAZURE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@contextmanager
def daemon(home: Path, *words: str) -> Iterator[Arm]:
    """A local Azure as a daemon, until the end of the block."""
    up = localazure(home, "up", "--port", "0", *words)
    assert up.returncode == 0, up.stderr
    try:
        settings = Settings.load(home)
        assert settings is not None
        yield Arm(settings)
    finally:
        localazure(home, "down")
        assert running(home) is None
