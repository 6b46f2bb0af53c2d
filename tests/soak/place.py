"""Where everything here happens: a local Azure with the models, and stacks in it, at no load's mercy."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.engine.local import LocalAzure
from tests.engine.project import CONFIG, Project, environment
from tests.engine.rollout import Rollout
from tests.engine.workspace import furnish
from tests.soak.phases import release

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator
    from pathlib import Path

PATIENT_GATES = [
    CONFIG["rollout:gates"][0],
    {**CONFIG["rollout:gates"][1], "max": "20s"},
]
"""Latency that a busy machine can't break: what is shown here isn't about it."""
ANY_LADDER_GATES = [{**PATIENT_GATES[0], "max": 0}, PATIENT_GATES[1]]
"""The same for whatever rungs a ladder has."""


TOKEN_FOR = 600.0
"""Seconds for which a person's token is used again."""
MAIN = "main"
OURS = "by=the-tests"
NOT_OURS = f"(?!.*{OURS})"
"""At the end of a fault's path: requests of the tests' own, which only look on or edit, are left alone."""


@dataclass
class QuickAzure(LocalAzure):
    """One that is asked thousands of times: a token and what TLS needs are kept."""

    _kept: tuple[str, float] = ("", 0.0)

    def arm(self, method: str, path: str, body: Any = None) -> Any:
        """Call ARM so that a fault can leave the call alone, by `NOT_OURS`."""
        return self._call(method, f"{self.url}{path}?api-version=2025-12-01&{OURS}", body, self._token())

    _context: ssl.SSLContext | None = None

    def _token(self) -> str:
        if time.monotonic() > self._kept[1]:
            self._kept = super()._token(), time.monotonic() + TOKEN_FOR
        return self._kept[0]

    def _tls(self) -> ssl.SSLContext:
        self._context = self._context or super()._tls()
        return self._context


@dataclass
class Place:
    """A local Azure with a workspace."""

    azure: LocalAzure
    folder: Path
    stacks: int = 0

    def stack(self, name: str, **config: Any) -> Rollout:
        """Make a stack with an endpoint of its own."""
        self.stacks += 1
        name = f"{name}-{self.stacks}"
        project = Project(
            self.folder / name,
            environment(self.azure.env),
            name,
            f"e-{name}",
            {"rollout:createWorkspace": False, "rollout:gates": PATIENT_GATES, **config},
        )
        project.create()
        return Rollout(self.azure, project)

    def foreign(self, name: str, like: Rollout) -> Rollout:
        """Make a stack that names an endpoint which no rollout made, with one deployment that serves.

        It serves what prod of another stack does, and config says so.
        """
        prod = like.endpoint()["tags"]["PROD_DEPLOYMENT"]
        serving = like.azure.arm("GET", f"{like.endpoint_id}/deployments/{prod}")
        version = serving["properties"]["model"].rpartition("/")[2]
        number = (serving["properties"].get("environmentVariables") or {}).get("LIFE")
        gates = {"rollout:gates": like.project.settings()["rollout:gates"]}
        made = self.stack(name, **release(version, number), **gates)
        body = like.endpoint()
        endpoint = {"location": body["location"], "identity": {"type": "SystemAssigned"}}
        endpoint |= {"properties": {"authMode": "Key"}, "tags": {"team": "credit"}}
        made.put(endpoint)
        properties = {k: v for k, v in serving["properties"].items() if k != "provisioningState"}
        deployment = {"location": body["location"], "sku": serving["sku"], "properties": properties}
        self.azure.arm(
            "PUT", f"{made.endpoint_id}/deployments/{MAIN}", {**deployment, "tags": {"by": "hand"}}
        )
        made.settled(MAIN)
        made.put({**endpoint, "properties": {"authMode": "Key", "traffic": {MAIN: 100}}})
        return made


@contextmanager
def place(folder: Path) -> Iterator[Place]:
    """Start a local Azure in that folder, and end it."""
    azure = QuickAzure.start(folder / "azure")
    try:
        furnish(azure, folder / "workspace")
        yield Place(azure, folder)
    finally:
        azure.stop()
