"""Endpoints in a local Azure, their log sent to Log Analytics, and rows of any time put into it."""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import requests

from benchmarks.workspace import IDENTITY, LOCATION, Bench
from localazure.server import control_token
from rollout.azure.logs import LogWorkspace
from rollout.azure.measuring import Subject

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from benchmarks.gates.series import LogRow
    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import Tokens

__all__ = ["Place"]

LOG = "AmlOnlineEndpointTrafficLog"
API = {"api-version": "2025-12-01"}
WAIT = 120.0
ONE_EACH = """
    SELECT moment AS TimeGenerated, ? AS EndpointId, ? AS EndpointName, deployment AS DeploymentName,
        status AS ResponseCode, status AS ModelStatusCode, took AS TotalDurationMs
    FROM (
        SELECT *, unnest(range(copies))
        FROM (
            SELECT unnest(?::TIMESTAMPTZ[]) AS moment, unnest(?::VARCHAR[]) AS deployment,
                unnest(?::INTEGER[]) AS status, unnest(?::INTEGER[]) AS took, unnest(?::INTEGER[]) AS copies
        )
    )"""
"""A line for each request, where each row stands for several alike."""


@dataclass(frozen=True)
class Place:
    """A workspace in a local Azure that runs in `home`."""

    home: Path
    cloud: Cloud
    tokens: Tokens
    subscription: str

    def endpoints(self, names: Sequence[str]) -> list[Subject]:
        """Make endpoints without deployments, whose traffic log goes to Log Analytics."""
        bench = Bench(self.subscription)
        made = {resource: self._put(resource, body) for resource, body in bench.bodies().items()}
        log = LogWorkspace(made[bench.logs]["properties"]["customerId"], bench.logs)
        ids = [f"{bench.workspace}/onlineEndpoints/{name}" for name in names]
        for each in ids:
            self._put(each, {"location": LOCATION, "identity": IDENTITY, "properties": {"authMode": "Key"}})
        for each in ids:
            self._wait(each)
            sent = {"workspaceId": bench.logs, "logs": [{"category": LOG, "enabled": True}]}
            self._put(f"{each}/providers/Microsoft.Insights/diagnosticSettings/logs", {"properties": sent})
        return [Subject(each, LOCATION, log) for each in ids]

    def now(self) -> datetime:
        """The local Azure's time."""
        return datetime.fromisoformat(self._local("GET", "clock")["now"])

    def add(self, endpoint: Subject, rows: Iterable[LogRow]) -> None:
        """Put requests into the log."""
        rows = list(rows)
        if not rows:
            return
        columns = zip(
            *((row.at, row.deployment, row.status, row.milliseconds, row.count) for row in rows), strict=True
        )
        with tempfile.TemporaryDirectory(prefix="rows-") as folder:
            path = Path(folder) / "rows.parquet"
            with duckdb.connect() as database:
                given = [endpoint.id, endpoint.name, *map(list, columns)]
                database.sql(ONE_EACH, params=given).write_parquet(str(path))
            headers = {"Content-Type": "application/vnd.apache.parquet"}
            self._local("POST", "rows", data=path.read_bytes(), headers=headers)

    @cached_property
    def _http(self) -> requests.Session:
        session = requests.Session()
        session.headers["Authorization"] = f"Bearer {self.tokens.token(self.cloud.arm_audience)}"
        return session

    def _put(self, resource: str, body: Mapping[str, Any]) -> dict[str, Any]:
        url = self.cloud.resource_manager + resource
        return _json(self._http.put(url, params=API, json=body, timeout=WAIT))

    def _wait(self, resource: str) -> None:
        until = time.monotonic() + WAIT
        while time.monotonic() < until:
            found = _json(self._http.get(self.cloud.resource_manager + resource, params=API, timeout=WAIT))
            if found["properties"]["provisioningState"] == "Succeeded":
                return
            time.sleep(0.1)
        raise SystemExit(f"{resource} wasn't made within {WAIT:.0f} s")

    def _local(
        self, method: str, what: str, headers: Mapping[str, str] | None = None, data: bytes = b""
    ) -> Any:
        url = f"{self.cloud.resource_manager}/_local/{what}"
        whole = {"Authorization": f"Bearer {control_token(self.home)}", **(headers or {})}
        return _json(self._http.request(method, url, data=data, headers=whole, timeout=WAIT))


def _json(answer: requests.Response) -> Any:
    if not answer.ok:
        raise SystemExit(f"{answer.request.method} {answer.url}: {answer.status_code} {answer.text[:300]}")
    return answer.json() if answer.content else None
