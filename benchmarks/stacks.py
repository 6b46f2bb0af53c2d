"""Two stacks over one local Azure: the rollout at rest, and a bare program that declares the same."""

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
STACK = "bench"
GROUP = "rg-bench"
WORKSPACE = "mlw-bench"
ENDPOINT = "bench"
CONFIG = f"""\
config:
  azure-native:location: eastus
  rollout:resourceGroup: {GROUP}
  rollout:workspace: {WORKSPACE}
  rollout:createWorkspace: true
  rollout:endpoint: {ENDPOINT}
  rollout:auth: Key
  rollout:model: azureml:credit-risk:1
  rollout:environment: azureml:credit-serving:1
  rollout:stages:
    - {{traffic: 10, bake: 20m}}
    - {{traffic: 50, bake: 20m}}
    - {{traffic: 100, bake: 20m}}
"""
RATE = 60  # local Azure's clock: a bake of minutes passes in seconds
MOST_UPS = 12
UP = ("pulumi", "--non-interactive", "--color=never", "up", "--yes", "--skip-preview")


@dataclass(frozen=True)
class Stack:
    """A program's folder and the variables that its commands need."""

    folder: Path
    environment: dict[str, str]

    def pulumi(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        return run(("pulumi", "--non-interactive", "--color=never", *arguments), self, check=check)


def run(command: tuple[str, ...], where: Stack, *, check: bool = True) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(
        command, cwd=where.folder, env=where.environment, capture_output=True, text=True, check=False
    )
    if check and answer.returncode != 0:
        sys.exit(f"`{' '.join(command)}` exited with {answer.returncode}:\n{answer.stdout}{answer.stderr}")
    return answer


@contextmanager
def local_azure(home: Path) -> Generator[dict[str, str]]:
    """Starts a local Azure of its own and yields the environment of its clients."""
    here = Stack(ROOT, dict(os.environ))
    where = ("--home", str(home))
    run(("localazure", "up", "--port", "0", "--rate", str(RATE), *where), here)
    try:
        printed = run(("sh", "-c", 'eval "$(localazure env --home "$1")" && env -0', "sh", str(home)), here)
        yield _variables(printed.stdout)
    finally:
        run(("localazure", "down", *where), here, check=False)


def _variables(printed: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in filter(None, printed.split("\0")):
        name, _, value = each.partition("=")
        found[name] = value
    return found


def rollout(folder: Path, environment: dict[str, str]) -> Stack:
    """Takes the project's own program to the end of its first release, where an `up` changes nothing."""
    folder.mkdir(parents=True)
    for name in ("Pulumi.yaml", "__main__.py"):
        shutil.copy(ROOT / name, folder)
    for name in ("ml", ".venv"):
        (folder / name).symlink_to(ROOT / name)
    (folder / f"Pulumi.{STACK}.yaml").write_text(CONFIG, encoding="utf-8")
    scope = {"AZURE_RESOURCE_GROUP": GROUP, "AZURE_ML_WORKSPACE": WORKSPACE}
    stack = Stack(folder, environment | scope)
    stack.pulumi("stack", "init", STACK)
    stack.pulumi("up", "--yes", "--skip-preview")
    for what in (("--environment",), ("--model", "baseline")):
        run((sys.executable, "-m", "ml.register", *what), stack)
    stack.pulumi("up", "--yes", "--skip-preview")
    with subprocess.Popen(
        (sys.executable, "-m", "benchmarks.clients", ENDPOINT),
        cwd=ROOT,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
    ) as clients:
        try:
            _until_healthy(stack)
        finally:
            clients.terminate()
    return stack


def bare(folder: Path, reference: Stack) -> Stack:
    """Declares the reference stack's resources by a program that has no rollout logic."""
    shutil.copytree(ROOT / "benchmarks" / "bare", folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    listed = json.loads(reference.pulumi("stack", "export", "--show-secrets").stdout)["deployment"][
        "resources"
    ]
    azure = [_listed(each) for each in listed if each["type"].startswith("azure-native:")]
    record = next(each for each in listed if each["type"] == "pulumi:index:Stash")
    (folder / "resources.json").write_text(
        json.dumps({"azure": azure, "record": record["inputs"]["input"]}), encoding="utf-8"
    )
    (folder / f"Pulumi.{STACK}.yaml").write_text(
        "config: {azure-native:location: eastus}\n", encoding="utf-8"
    )
    stack = Stack(folder, reference.environment)
    stack.pulumi("stack", "init", STACK)
    stack.pulumi("up", "--yes", "--skip-preview")
    stack.pulumi("preview", "--expect-no-changes")
    return stack


def resources(stack: Stack) -> list[str]:
    """The types of a stack's resources, components and providers left out, sorted."""
    listed = json.loads(stack.pulumi("stack", "export").stdout)["deployment"]["resources"]
    return sorted(each["type"] for each in listed if each.get("custom") and "providers" not in each["type"])


def _listed(resource: Mapping[str, Any]) -> dict[str, Any]:
    added = {"azureApiVersion"}  # by the SDK, not by a program
    inputs = {k: v for k, v in resource["inputs"].items() if not k.startswith("__") and k not in added}
    return {
        "name": resource["urn"].rpartition("::")[2],
        "type": resource["type"],
        "id": resource["id"],
        "inputs": inputs,
    }


def _until_healthy(stack: Stack) -> None:
    for _ in range(MOST_UPS):
        run(UP, stack)
        if "Healthy" in stack.pulumi("stack", "tag", "get", "ROLLOUT_PHASE", check=False).stdout:
            stack.pulumi("preview", "--expect-no-changes")
            return
        time.sleep(600 / RATE / 4)
    sys.exit(f"the rollout wasn't Healthy after {MOST_UPS} ups:\n{run(UP, stack).stdout}")
