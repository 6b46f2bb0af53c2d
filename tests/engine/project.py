"""A project of its own for a test: the program as it is, with a stack file the test writes."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[2]
TINY = Path(__file__).parent / "tiny"
STEPS = "none|start|advance|hold|promote|retire|finish|abort|repair|undo|adopt|reset"
LINKED = ("__main__.py", "rollout", "Pulumi.yaml", ".venv")

CONFIG: dict[str, Any] = {
    "azure-native:location": "eastus",
    "rollout:resourceGroup": "rg-test",
    "rollout:workspace": "mlw-test",
    "rollout:createWorkspace": True,
    "rollout:auth": "Key",
    "rollout:model": "azureml:tiny:1",
    "rollout:environment": "azureml:tiny:1",
    "rollout:code": "serving",
    "rollout:scoringScript": "score.py",
    "rollout:instances": 1,
    "rollout:probe": {"file": "sample.json", "expect": {"probabilities": [0.5]}, "maxLatency": "10s"},
    "rollout:settings": {"requestSettings": {"maxConcurrentRequestsPerInstance": 10}},
    "rollout:settle": "1m",
    "rollout:lag": "2m",
    "rollout:stages": [
        {"traffic": 10, "bake": "10m", "minRequests": 5},
        {"traffic": 50, "bake": "10m", "minRequests": 5},
        {"traffic": 100, "bake": "10m", "minRequests": 5},
    ],
    "rollout:retireAfter": "30m",
    "rollout:gates": [
        {
            "name": "errors",
            "source": "metrics",
            "metric": "RequestsPerMinute",
            "filter": "statusCodeClass ne '2xx'",
            "aggregation": "Average",
            "interval": "1m",
            "points": 5,
            "max": {"10": 1, "50": 0, "100": 0},
            "empty": "zero",
        },
        {
            "name": "latency",
            "source": "metrics",
            "metric": "RequestLatency_P90",
            "aggregation": "Average",
            "interval": "1m",
            "points": 5,
            "max": "50ms",
        },
    ],
}


@dataclass
class Run:
    """What one command of the Pulumi CLI came to."""

    code: int
    out: str

    @property
    def step(self) -> str:
        """The step that the program said it takes; the last, where preview and update said one each."""
        said = re.findall(rf"\b({STEPS}): .*\[(?:\w+)\]", self.out)
        return said[-1] if said else ""


@dataclass
class Project:
    """A stack in a folder of its own, against one local Azure."""

    folder: Path
    env: dict[str, str]
    stack: str
    endpoint: str
    config: dict[str, Any] = field(default_factory=dict)

    def create(self) -> None:
        """Lay out the folder and make the stack."""
        self.folder.mkdir(parents=True)
        for name in LINKED:
            (self.folder / name).symlink_to(ROOT / name)
        (self.folder / "serving").mkdir()
        (self.folder / "serving" / "score.py").write_text((TINY / "score.py").read_text())
        (self.folder / "sample.json").write_text((TINY / "sample.json").read_text())
        self.configure(**{**CONFIG, "rollout:endpoint": self.endpoint, **self.config})
        self.pulumi("stack", "init", self.stack, check=True)

    @property
    def file(self) -> Path:
        """The stack's config file."""
        return self.folder / f"Pulumi.{self.stack}.yaml"

    def configure(self, **changes: Any) -> None:
        """Set these keys in the stack's file; None removes one."""
        document = yaml.safe_load(self.file.read_text()) if self.file.exists() else {}
        config = document.setdefault("config", {})
        config.update(changes)
        document["config"] = {key: value for key, value in config.items() if value is not None}
        self.file.write_text(yaml.safe_dump(document, sort_keys=False))

    def settings(self) -> dict[str, Any]:
        """Return what the stack's file says."""
        return yaml.safe_load(self.file.read_text())["config"]

    def release(self, version: int | str) -> None:
        """Name another model version in config, as a release does."""
        self.configure(**{"rollout:model": f"azureml:tiny:{version}"})

    def up(self, *arguments: str, check: bool = True) -> Run:
        """Run `pulumi up` with no questions asked."""
        return self.pulumi("up", "--yes", "--skip-preview", "--non-interactive", *arguments, check=check)

    def preview(self, *arguments: str, check: bool = True) -> Run:
        """Run `pulumi preview`."""
        return self.pulumi("preview", "--non-interactive", *arguments, check=check)

    def pulumi(self, *arguments: str, check: bool = False) -> Run:
        """Run the Pulumi CLI in the project."""
        done = subprocess.run(
            ["pulumi", *arguments],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        if check and done.returncode:
            lines = done.stdout.splitlines()
            why = " | ".join([each.strip() for each in lines if "error" in each.lower()] or lines[-3:])
            raise AssertionError(f"pulumi {arguments[0]}: exit code {done.returncode}: {why}\n{done.stdout}")
        return Run(done.returncode, done.stdout)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the Pulumi CLI in a process group of its own, for a test that ends it early."""
        return self.begin(["pulumi", *arguments])

    def begin(self, command: list[str]) -> subprocess.Popen[str]:
        """Start a command in the project, in a process group of its own."""
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=self.env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def tags(self) -> dict[str, str]:
        """Return the stack's tags, without Pulumi's own."""
        tags = json.loads(self.pulumi("stack", "tag", "ls", "--json", check=True).out)
        return {name: value for name, value in tags.items() if not name.startswith("pulumi:")}

    def state(self) -> dict[str, Any]:
        """Return the stack's state."""
        return json.loads(self.pulumi("stack", "export", check=True).out)

    def kept(self) -> dict[str, bytes]:
        """Return all files of the stack's backend, tags among them: the same where nothing was written."""
        backend = Path(self.env["PULUMI_BACKEND_URL"].removeprefix("file://"))
        return {str(file): file.read_bytes() for file in backend.rglob("*") if file.is_file()}

    def status(self, code: int = 0) -> dict[str, Any]:
        """Return what `rollout status --json` says; it must end with that code."""
        done = subprocess.run(
            ["rollout", "status", "--json", "--stack", self.stack],
            cwd=self.folder,
            env=self.env,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == code, done.stdout + done.stderr
        return json.loads(done.stdout)


def environment(azure: dict[str, str]) -> dict[str, str]:
    """Return the environment of a command: this one, with the local Azure's."""
    return {**os.environ, **azure, "PULUMI_SKIP_UPDATE_CHECK": "true", "NO_COLOR": "1"}
