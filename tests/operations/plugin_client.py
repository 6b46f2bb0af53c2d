"""The provider plugin as a process, spoken to as the engine does, with the state that the engine keeps."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import grpc
from pulumi.runtime.proto import provider_pb2 as messages

from localazure.provider.values import read
from tests.provider.engine import Engine, init_failure
from tests.provider.example import refused

if TYPE_CHECKING:
    from tests.operations.scenario import JSON, Resource

GONE = {messages.PropertyDiff.DELETE, messages.PropertyDiff.DELETE_REPLACE}
"""Live values that no program sets: ARM's defaults."""


@dataclass
class Kept:
    """One resource in the engine's state."""

    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    init_errors: bool = False


@dataclass
class PluginClient:
    """Checks, compares, and creates, updates, replaces or leaves alone."""

    environment: dict[str, str]
    name: str = "plugin"
    _state: dict[str, Kept] = field(default_factory=dict[str, Kept])
    _process: subprocess.Popen[str] | None = None
    _engine: Engine | None = None

    @property
    def engine(self) -> Engine:
        if self._engine is None:
            self._process = subprocess.Popen(
                [sys.executable, "-P", "-m", "localazure.provider"],
                env=self.environment,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert self._process.stdout is not None
            self._engine = Engine(f"127.0.0.1:{int(self._process.stdout.readline())}")
            self._engine.configure()
        return self._engine

    def kill(self) -> None:
        if self._process is not None and self._engine is not None:
            self._process.kill()
            self._process.communicate()
            self._engine.close()
            self._engine = None

    def declare(self, wanted: Resource) -> str | None:
        kept = self._state.get(wanted.id)
        inputs = self._checked(wanted, kept)
        if kept is None:
            return self._write(wanted, lambda: self.engine.create(_kind(wanted), inputs), inputs)
        diff = self.engine.diff(_kind(wanted), kept.inputs, inputs)
        assert not diff.replaces
        # What failed to initialise is written again by the engine, changed or not.
        if not diff.detailedDiff and not kept.init_errors:
            return None

        def update() -> tuple[str, dict[str, Any]]:
            return kept.id, self.engine.update(_kind(wanted), kept.id, kept.outputs, inputs)

        return self._write(wanted, update, inputs)

    def replace(self, wanted: Resource) -> str | None:
        kept = self._state[wanted.id]
        diff = self.engine.diff(_kind(wanted), kept.inputs, self._checked(wanted, kept))
        assert diff.replaces
        assert diff.deleteBeforeReplace
        return self.delete(wanted) or self.declare(wanted)

    def delete(self, gone: Resource) -> str | None:
        try:
            self.engine.delete(_kind(gone), gone.id)
        except grpc.RpcError as error:
            return _code(error)
        self._state.pop(gone.id, None)
        return None

    def take_over(self, left: Resource) -> str | None:
        """A second creation is refused; an import has all that was declared."""
        inputs = self._checked(left, None)
        error = refused(lambda: self.engine.create(_kind(left), inputs))
        assert "cannot create already existing resource" in error.details()
        resource_id, outputs, imported = self.engine.read(_kind(left), left.id)
        changes = self.engine.diff(_kind(left), imported, inputs).detailedDiff
        assert {path for path, change in changes.items() if change.kind not in GONE} == set()
        self._state[left.id] = Kept(resource_id, imported, outputs)
        return None

    def patch(self, resource: Resource, body: JSON) -> str | None:
        raise NotImplementedError("the provider writes whole bodies")

    def regenerate(self, resource: Resource, body: JSON) -> str | None:
        raise NotImplementedError("the provider has no function for it")

    def _checked(self, wanted: Resource, kept: Kept | None) -> dict[str, Any]:
        inputs, failures = self.engine.check(
            _kind(wanted), inputs_of(wanted), kept.inputs if kept else None, wanted.name
        )
        assert failures == []
        return inputs

    def _write(self, wanted: Resource, write: Any, inputs: dict[str, Any]) -> str | None:
        try:
            resource_id, outputs = write()
        except grpc.RpcError as error:
            failure = init_failure(error)
            if failure is not None:
                self._state[wanted.id] = Kept(
                    failure.id, read(failure.inputs), read(failure.properties), init_errors=True
                )
            return _code(error)
        self._state[wanted.id] = Kept(resource_id, inputs, outputs)
        return None


def inputs_of(wanted: Resource) -> dict[str, Any]:
    """What a program would write for it."""
    parts = wanted.id.split("/")
    names = {
        "resourceGroups": "resourceGroupName",
        "workspaces": "workspaceName",
        "onlineEndpoints": "endpointName",
        "deployments": "deploymentName",
    }
    place = {names[key]: value for key, value in pairwise(parts) if key in names}
    return place | wanted.body


def _kind(wanted: Resource) -> str:
    return f"machinelearningservices:{wanted.type}"


def _code(error: grpc.RpcError) -> str:
    return error.details().partition(":")[0]
