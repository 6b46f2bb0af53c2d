"""Serving: the deployments that run, and where each endpoint's requests go."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import re
from functools import partial
from typing import TYPE_CHECKING
from weakref import WeakValueDictionary

import aiohttp

from localazure.monitor.row import ConsoleLine, Event
from localazure.serving.console import Console
from localazure.serving.environment import Environments
from localazure.serving.instance import Program
from localazure.serving.replicas import Replicas
from localazure.serving.spec import DeploymentSpec, EndpointRoute, ProbeSpec, ProvisioningError
from localazure.serving.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localazure.azure import Azure

__all__ = ["DeploymentSpec", "EndpointRoute", "ProbeSpec", "ProvisioningError", "Serving"]

READ_SECONDS = 1.0
TRIM_EVERY = 10
# A model server may close a kept connection just as it is used again, and nothing is sent twice: a shorter
# time than gunicorn keeps them, which is 2 s unless it is told otherwise.
KEPT_SECONDS = 1.0

Key = tuple[str, str]


class Serving:
    """Every deployment's instances and every endpoint's route.

    Attributes:
        http: The client that requests are passed on with.
        random: What picks a deployment; tests may seed it.
        mirrors: Copies of requests that are on their way; their answers are dropped.
    """

    def __init__(self, azure: Azure, environments: Environments | None = None) -> None:
        self.azure = azure
        self.random = random.Random()  # noqa: S311 - shares of traffic, no secret
        self.mirrors: set[asyncio.Task[None]] = set()
        self._http: aiohttp.ClientSession | None = None
        self._environments = environments or Environments()
        self._routes: dict[str, EndpointRoute] = {}
        self._running: dict[Key, Replicas] = {}
        self._locks: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._leaving: set[asyncio.Task[None]] = set()
        self._tails: dict[Key, Tail] = {}
        self._trimmer: asyncio.Task[None] | None = None

    @property
    def http(self) -> aiohttp.ClientSession:
        """The client session, from `start` to `stop`.

        Raises:
            RuntimeError: Serving hasn't been started.
        """
        if self._http is None:
            raise RuntimeError("serving hasn't been started")
        return self._http

    async def start(self) -> None:
        """Open the client; deployments and routes come by `deploy` and `route`."""
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEPT_SECONDS)
        self._http = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=aiohttp.ClientTimeout(total=None),
        )
        self._trimmer = asyncio.create_task(self._trim())

    async def stop(self) -> None:
        """End every process at once."""
        tasks = [*self._leaving, *self.mirrors, *([self._trimmer] if self._trimmer else [])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        running, self._running = list(self._running.values()), {}
        await asyncio.gather(*(each.kill() for each in running))
        for key in list(self._tails):
            self._read(key)
        if self._http is not None:
            await self._http.close()
            self._http = None

    async def deploy(self, spec: DeploymentSpec) -> None:
        """Start a deployment's instances; when all are ready they take over from those that served before.

        Raises:
            ProvisioningError: They did not come up. Those that served before still do.
        """
        key = _key(spec.endpoint_id, spec.name)
        async with self._lock(key):
            entry_script = _entry_script(spec)
            console = self._console(key)
            python = await self._environments.python(spec.conda_file, spec.image, spec.brought)
            if key not in self._tails:
                self._tails[key] = Tail(spec.name, console)
            tell = partial(self._tell, spec.endpoint_id, spec.name)
            new = Replicas(Program(spec, python, entry_script, console, self.http, tell))
            await new.scale(spec.instances)
            old = self._running.get(key)
            self._running[key] = new
            if old is not None:
                self._leave(old)

    async def scale(self, endpoint_id: str, name: str, instances: int) -> None:
        """Have another number of instances; no request in flight is cut.

        Raises:
            ProvisioningError: A new instance did not come up; the number stays as it was.
        """
        key = _key(endpoint_id, name)
        async with self._lock(key):
            running = self._running.get(key)
            if running is None:
                raise ProvisioningError(
                    "ResourceNotFound", f"deployment '{name}' doesn't run: deploy it first"
                )
            await running.scale(instances)

    async def remove(self, endpoint_id: str, name: str) -> None:
        """End a deployment when the requests it holds are answered; nothing where it doesn't run."""
        key = _key(endpoint_id, name)
        async with self._lock(key):
            running = self._running.pop(key, None)
            if running is not None:
                await running.close()
            self._read(key)
            self._tails.pop(key, None)
            await asyncio.to_thread(self._console(key).remove)

    def route(self, endpoint: EndpointRoute) -> None:
        """Send an endpoint's requests so from now on."""
        self._routes[endpoint.endpoint_name.lower()] = endpoint

    def forget(self, endpoint_id: str) -> None:
        """Answer 404 for an endpoint from now on; its deployments are removed one by one."""
        self._routes = {name: each for name, each in self._routes.items() if each.endpoint_id != endpoint_id}

    def logs(self, endpoint_id: str, name: str, tail: int) -> str:
        """The last lines of a deployment's console."""
        key = _key(endpoint_id, name)
        self._read(key)
        return self._console(key).tail(tail)

    def endpoint(self, name: str) -> EndpointRoute | None:
        """Where an endpoint's requests go; None where there is no such endpoint."""
        return self._routes.get(name.lower())

    def deployment(self, endpoint_id: str, name: str) -> Replicas | None:
        """What runs for a deployment; None where nothing does."""
        return self._running.get(_key(endpoint_id, name))

    def status(self) -> list[Mapping[str, object]]:
        """Each running deployment with its instances' process ids, ports and requests in flight."""
        return [
            {
                "endpoint": running.program.spec.endpoint_name,
                "deployment": running.program.spec.name,
                "held": running.held,
                "instances": [
                    {"pid": each.pid, "port": each.port, "ready": each.ready, "inFlight": each.in_flight}
                    for each in running.instances
                ],
            }
            for running in self._running.values()
        ]

    def _lock(self, key: Key) -> asyncio.Lock:
        return self._locks.setdefault(key, asyncio.Lock())

    def _console(self, key: Key) -> Console:
        folder = re.sub(r"[^a-z0-9-]+", "_", key[0].lower().split("/workspaces/")[-1])
        return Console(self.azure.settings.home / "consoles" / folder / f"{key[1]}.log")

    def _leave(self, old: Replicas) -> None:
        task = asyncio.create_task(old.close())
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _trim(self) -> None:
        for number in itertools.count(1):
            await asyncio.sleep(READ_SECONDS)
            for key in list(self._tails):
                self._read(key)
            if number % TRIM_EVERY == 0:
                for running in self._running.values():
                    with contextlib.suppress(OSError):
                        running.program.console.trim()

    def _read(self, key: Key) -> None:
        """Make rows of what a deployment's console has got."""
        tail = self._tails.get(key)
        if tail is None:
            return
        with contextlib.suppress(OSError):
            for instance, lines in tail.lines():
                now = self.azure.clock.now()
                for line in lines:
                    self.azure.rows.add(ConsoleLine(now, key[0], tail.deployment, instance, line))

    def _tell(self, endpoint_id: str, name: str, instance: str, event: str, message: str) -> None:
        key, now = _key(endpoint_id, name), self.azure.clock.now()
        if event == "Created" and key in self._tails:
            self._tails[key].begin(instance)
        if message.startswith("Stopping") and key in self._tails:
            self._tails[key].end(instance)
        self.azure.rows.add(Event(now, endpoint_id.lower(), name, instance, event, message))


def _key(endpoint_id: str, name: str) -> Key:
    return endpoint_id.lower(), name.lower()


def _entry_script(spec: DeploymentSpec) -> Path:
    if spec.code_dir is None or not spec.scoring_script:
        raise ProvisioningError(
            "ImageBuildFailure",
            f"deployment '{spec.name}' has no codeConfiguration, so its image {spec.image or '(none)'} is to "
            "serve by itself; that needs a container engine, and there is none here: deploy it to Azure, or "
            "give it code and an environment with a conda file",
        )
    code = spec.code_dir.resolve()
    script = (code / spec.scoring_script).resolve()
    if not script.is_relative_to(code) or not script.is_file():
        raise ProvisioningError(
            "ResourceNotReady",
            f"deployment '{spec.name}': scoringScript '{spec.scoring_script}' isn't in the code asset, "
            f"which holds: {', '.join(sorted(each.name for each in code.iterdir())) or 'nothing'}",
        )
    return script
