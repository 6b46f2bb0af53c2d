"""A local Azure on a core of its own, with endpoints that real and trivial model servers answer."""

from __future__ import annotations

import os
import socket
import ssl
import subprocess
import sys
import time
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import requests

from benchmarks.localazure.serve import TRIVIAL
from benchmarks.workspace import IDENTITY, LOCATION, Bench
from localazure.env import environment
from localazure.server import control_token
from localazure.settings import Settings
from localazure.tls import bundle_path

if TYPE_CHECKING:
    from collections.abc import Generator

__all__ = ["LOAD_CORE", "SERVER_CORE", "Site", "free_port", "site"]

CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, LOAD_CORE = CORES[0], CORES[-1]
API = {"api-version": "2025-12-01"}
WAIT = 300.0
REAL = "dependencies:\n  - pip:\n      - azureml-inference-server-http~=1.5\n"
SCORE = """\
import json

def init():
    pass

def run(data):
    return {"sum": sum(json.loads(data)["data"])}
"""


@dataclass
class Site:
    """A local Azure and a client of its ARM."""

    settings: Settings
    pid: int

    @cached_property
    def http(self) -> requests.Session:
        """Knows the authority and the token."""
        http = requests.Session()
        http.trust_env = False
        http.verify = str(bundle_path(self.settings.home))
        form = {
            "client_id": self.settings.client,
            "client_secret": environment(self.settings)["ARM_CLIENT_SECRET"],
            "grant_type": "client_credentials",
            "scope": "https://management.azure.com/.default",
        }
        answer = http.post(
            f"{self.settings.base_url}/{self.settings.tenant}/oauth2/v2.0/token", data=form, timeout=WAIT
        )
        http.headers["Authorization"] = f"Bearer {answer.json()['access_token']}"
        return http

    @property
    def context(self) -> ssl.SSLContext:
        """How it is trusted."""
        return ssl.create_default_context(cafile=str(bundle_path(self.settings.home)))

    @property
    def bench(self) -> Bench:
        """Where everything is."""
        return Bench(self.settings.subscription)

    @property
    def workspace(self) -> str:
        """The ML workspace."""
        return self.bench.workspace

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Call ARM; a long-running operation is waited for."""
        answer = self._asked(method, path, body)
        polled = answer.headers.get("Azure-AsyncOperation")
        until = time.monotonic() + WAIT
        while polled and time.monotonic() < until:
            state = self.http.get(polled, timeout=WAIT).json()
            if state["status"] == "Succeeded":
                break
            if state["status"] != "InProgress":
                raise SystemExit(f"{method} {path}: {state}")
            time.sleep(0.05)
        return answer.json() if answer.content else None

    def local(self, method: str, what: str, body: Any = None) -> Any:
        """Call a control path."""
        token = control_token(self.settings.home)
        answer = self.http.request(
            method,
            f"{self.settings.base_url}/_local/{what}",
            json=body,
            headers={"Authorization": f"Bearer {token}"},
            timeout=WAIT,
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def prepare(self) -> str:
        """Make a workspace with code and environments; the customer id of its Log Analytics workspace."""
        bodies = self.bench.bodies()
        made = {resource: self.ask("PUT", resource, body) for resource, body in bodies.items()}
        for name, conda in (("trivial", TRIVIAL), ("real", REAL)):
            properties = {"image": "mcr.microsoft.com/azureml/inference", "condaFile": conda}
            self.ask("PUT", f"{self.workspace}/environments/{name}/versions/1", {"properties": properties})
        self._code()
        return made[self.bench.logs]["properties"]["customerId"]

    def _code(self) -> None:
        version = f"{self.workspace}/codes/score/versions/1"
        upload = self.ask("POST", f"{version}/startPendingUpload", {"pendingUploadType": "x"})
        reference = upload["blobReferenceForConsumption"]
        base, signature = reference["credential"]["sasUri"].split("?", 1)
        requests.put(
            f"{base}/code/score.py?{signature}",
            data=SCORE,
            headers={"x-ms-blob-type": "BlockBlob", "x-ms-version": "2021-08-06"},
            verify=str(bundle_path(self.settings.home)),
            timeout=WAIT,
        ).raise_for_status()
        self.ask("PUT", version, {"properties": {"codeUri": f"{reference['blobUri']}/code"}})

    def endpoint(self, name: str, traffic: dict[str, int], mirror: dict[str, int] | None = None) -> str:
        """Make or change an endpoint; its id."""
        path = f"{self.workspace}/onlineEndpoints/{name}"
        properties = {"authMode": "Key", "traffic": traffic, "mirrorTraffic": mirror or {}}
        self.ask("PUT", path, {"location": LOCATION, "identity": IDENTITY, "properties": properties})
        return path

    def deployment(self, endpoint: str, name: str, environment: str, timeout: str = "PT5S") -> None:
        """Make a deployment of an environment."""
        properties = {
            "endpointComputeType": "Managed",
            "environmentId": f"{self.workspace}/environments/{environment}/versions/1",
            "codeConfiguration": {
                "codeId": f"{self.workspace}/codes/score/versions/1",
                "scoringScript": "score.py",
            },
            "instanceType": "Standard_DS3_v2",
            "requestSettings": {"maxConcurrentRequestsPerInstance": 100, "requestTimeout": timeout},
        }
        body = {"location": LOCATION, "sku": {"name": "Default", "capacity": 1}, "properties": properties}
        self.ask("PUT", f"{self.workspace}/onlineEndpoints/{endpoint}/deployments/{name}", body)

    def remove(self, endpoint: str, name: str) -> None:
        """Delete a deployment without traffic."""
        self.ask("DELETE", f"{self.workspace}/onlineEndpoints/{endpoint}/deployments/{name}")

    def key(self, endpoint: str) -> str:
        """An endpoint's key."""
        return self.ask("POST", f"{self.workspace}/onlineEndpoints/{endpoint}/listKeys")["primaryKey"]

    def scoring(self, endpoint: str) -> str:
        """Where an endpoint's requests go."""
        return f"{self.settings.base_url}/endpoints/{endpoint}.{LOCATION}/score"

    def server(self, endpoint: str) -> tuple[str, int]:
        """Where an endpoint's only model server listens, and its process id."""
        for each in self.local("GET", "status")["deployments"]:
            if each["endpoint"] == endpoint:
                instance = each["instances"][0]
                return f"http://127.0.0.1:{instance['port']}/score", int(instance["pid"])
        raise SystemExit(f"nothing serves {endpoint}")

    def _asked(self, method: str, path: str, body: Any) -> requests.Response:
        answer = self.http.request(method, self.settings.base_url + path, json=body, params=API, timeout=WAIT)
        if not answer.ok:
            raise SystemExit(f"{method} {path}: {answer.status_code} {answer.text[:300]}")
        return answer


def free_port() -> int:
    """A port of loopback that nobody has."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def site(home: Path) -> Generator[Site]:
    """A local Azure on `SERVER_CORE` until the end of the block; this process goes to `LOAD_CORE`."""
    port = free_port()
    words = [sys.executable, "-m", "benchmarks.localazure.serve", str(home), str(port), str(SERVER_CORE)]
    with subprocess.Popen(
        words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=Path(__file__).parents[2]
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            if not process.stdout.readline():
                raise SystemExit("the local Azure did not start; it says why above")
            os.sched_setaffinity(0, {LOAD_CORE})
            yield Site(Settings(home=home, port=port), process.pid)
        finally:
            os.sched_setaffinity(0, CORES)
            process.stdin.close()
            process.wait()
