"""The Pulumi engine with the provider plugin: a step of the scenario is a `pulumi up`."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.operations.plugin_client import inputs_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.operations.scenario import JSON, Resource

# Without the SDK's classes, whose import costs more than the rest of a run.
PROGRAM = """
import json, pathlib
import pulumi

made = {}
for one in json.loads(pathlib.Path("wanted.json").read_text()):
    opts = pulumi.ResourceOptions(
        version="3.29.0",
        depends_on=list(made.values()),
        deleted_with=made.get(one["of"]),
        import_=one["import"],
        ignore_changes=["properties", "sku", "location", "identity", "tags"] if one["import"] else None,
    )
    kind = f"azure-native:machinelearningservices:{one['type']}"
    made[one["name"]] = pulumi.CustomResource(kind, one["name"], one["inputs"], opts)
"""

FAILED = re.compile(r"(?:error: |\* )(\w+): [^\n]*\((?:\d{3} from|after) (?:PUT|DELETE) ")


@dataclass
class EngineClient:
    """Changes what the program declares and runs it."""

    folder: Path
    environment: dict[str, str]
    name: str = "engine"
    _wanted: dict[str, JSON] = field(default_factory=dict[str, Any])
    _running: subprocess.Popen[str] | None = None
    _killed: bool = False

    def __post_init__(self) -> None:
        runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
        (self.folder / "Pulumi.yaml").write_text(json.dumps({"name": "proof", "runtime": runtime}))
        (self.folder / "__main__.py").write_text(PROGRAM)
        self._succeeds("stack", "init", "dev")

    def declare(self, wanted: Resource) -> str | None:
        self._want(wanted)
        return self._up()

    replace = declare

    def take_over(self, left: Resource) -> str | None:
        self._want(left, import_=left.id)
        return self._up()

    def delete(self, gone: Resource) -> str | None:
        before = self._wanted
        self._wanted = {key: one for key, one in before.items() if not key.startswith(gone.id)}
        failed = self._up()
        if failed:
            self._wanted = before
        return failed

    def patch(self, resource: Resource, body: JSON) -> str | None:
        raise NotImplementedError("the provider writes whole bodies")

    def regenerate(self, resource: Resource, body: JSON) -> str | None:
        raise NotImplementedError("the provider has no function for it")

    def kill(self) -> None:
        assert self._running is not None
        self._killed = True
        self._running.kill()

    def state(self) -> dict[str, JSON]:
        """The resources in the state, by their ids."""
        exported = json.loads(self._succeeds("stack", "export"))
        return {one["id"]: one for one in exported["deployment"].get("resources", []) if "id" in one}

    def _want(self, wanted: Resource, import_: str | None = None) -> None:
        self._wanted[wanted.id] = {
            "name": wanted.name,
            "type": wanted.type,
            "of": next(
                (one["name"] for key, one in self._wanted.items() if wanted.id.startswith(f"{key}/")), ""
            ),
            "inputs": inputs_of(wanted),
            "import": import_,
        }

    def _up(self) -> str | None:
        if self._killed:
            self._succeeds("cancel", "--yes")
            self._killed = False
        (self.folder / "wanted.json").write_text(json.dumps(list(self._wanted.values())))
        code, output = self._pulumi("up", "--yes", "--skip-preview")
        if code == 0:
            return None
        failed = FAILED.search(output)
        assert failed is not None, output
        return failed[1]

    def _succeeds(self, *words: str) -> str:
        code, output = self._pulumi(*words)
        assert code == 0, output
        return output

    def _pulumi(self, *words: str) -> tuple[int, str]:
        with subprocess.Popen(
            ["pulumi", "--non-interactive", "--color=never", *words],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        ) as self._running:
            output = self._running.communicate(timeout=120)[0]
        return self._running.returncode, output
