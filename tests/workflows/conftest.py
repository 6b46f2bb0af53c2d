from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from tests.engine.local import LocalAzure
from tests.engine.project import CONFIG, ROOT, TINY, Project, environment
from tests.engine.rollout import Rollout
from tests.workflows.git import git
from tests.workflows.hub import Hub, serve
from tests.workflows.runner import IDENTITY, Runner, assignments, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Command = Callable[..., tuple[int, str, dict[str, str]]]

STACKS = ("dev", "staging")
PIPELINE = ROOT / ".github" / "pipeline"
ROLLOUT = """#!/bin/sh
[ "$1" = status ] && { cat "$SAID"; exit "$CODE"; }
[ -z "$REFUSED" ] || { echo "$REFUSED" >&2; exit 2; }
echo "rollout:model: $NEW" > "Pulumi.$5.yaml"
"""
PULUMI = """#!/bin/sh
cat "$DIFF"
exit "${PREVIEW:-0}"
"""


@dataclass
class Repository:
    """A repository whose stacks are rolled out by its workflows, and where all of it runs."""

    rollout: Rollout
    hub: Hub
    runner: Runner

    @property
    def folder(self) -> Path:
        """Its checkout."""
        return self.rollout.project.folder

    def commit(self, message: str) -> str:
        """Commit everything and return the commit before."""
        before = self.git("rev-parse", "HEAD")
        self.git("commit", "-qam", message)
        return before

    def git(self, *arguments: str) -> str:
        """Run git in the checkout and return what it printed."""
        return git(self.folder, *arguments)


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Repository]:
    home = tmp_path_factory.mktemp("workflows")
    azure = LocalAzure.start(home / "azure")
    hub = Hub(Path(azure.env["AZURE_FEDERATED_TOKEN_FILE"]), home / "project")
    server, address = serve(hub)
    try:
        project = Project(home / "project", environment(azure.env), "dev", "credit-dev")
        _lay_out(project)
        project.up()
        _register(azure, home / "models")
        where = {
            **{name: azure.env[name] for name in IDENTITY},
            "PULUMI_BACKEND_URL": azure.env["PULUMI_BACKEND_URL"],
        }
        secret = {
            "PULUMI_CONFIG_PASSPHRASE": Path(azure.env["PULUMI_CONFIG_PASSPHRASE_FILE"]).read_text().strip()
        }
        runner = Runner(
            project.folder,
            home / "runs",
            machine(azure.env),
            hub,
            address,
            {"": {"ROLLOUT_STACKS": " ".join(STACKS)}, "preview": where, "promotion": where, "dev": where},
            {"preview": secret, "promotion": secret, "dev": secret},
        )
        yield Repository(Rollout(azure, project), hub, runner)
    finally:
        server.shutdown()
        azure.stop()


def _lay_out(project: Project) -> None:
    """Make the checkout: the stack `dev`, and `staging`, which names the same model."""
    project.create()
    for name in (".github", "policies", "tools", "requirements.lock"):
        (project.folder / name).symlink_to(ROOT / name)
    project.pulumi("stack", "init", "staging", check=True)
    project.pulumi("stack", "select", project.stack, check=True)
    salt = yaml.safe_load((project.folder / "Pulumi.staging.yaml").read_text())
    config = {**CONFIG, "rollout:endpoint": "credit-staging", "rollout:model": "azureml:tiny:0"}
    (project.folder / "Pulumi.staging.yaml").write_text(yaml.safe_dump({**salt, "config": config}))
    git(project.folder, "init", "-qb", "main")
    git(project.folder, "add", "Pulumi.dev.yaml", "Pulumi.staging.yaml", "serving")
    git(project.folder, "commit", "-qm", "As it began")


def _register(azure: LocalAzure, folder: Path) -> None:
    for version in ("1", "2"):
        model = folder / version / "tiny"
        model.mkdir(parents=True)
        (model / "model.json").write_text(json.dumps({"name": f"tiny {version}", "quality": "good"}))
    subprocess.run(
        [sys.executable, str(TINY / "register.py"), str(folder)],
        env=environment(azure.env)
        | {"GROUP": CONFIG["rollout:resourceGroup"], "WORKSPACE": CONFIG["rollout:workspace"]},
        check=True,
        capture_output=True,
        timeout=120,
    )


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs one command of the pipeline in a checkout; returns its exit code, what it printed, its outputs."""
    for arguments in (("init", "-q"), ("commit", "-qm", "As it began", "--allow-empty")):
        git(tmp_path, *arguments)
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, text in (("rollout", ROLLOUT), ("pulumi", PULUMI)):
        (programs / program).write_text(text)
        (programs / program).chmod(0o755)
    (tmp_path / "diff").write_text("  ~ a diff")

    def run(
        name: str, status: dict[str, Any] | None = None, code: int = 0, **env: str
    ) -> tuple[int, str, dict[str, str]]:
        (tmp_path / "said").write_text(json.dumps(status))
        (tmp_path / "output").write_text("")
        done = subprocess.run(
            [sys.executable, str(PIPELINE), name],
            cwd=tmp_path,
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "SAID": str(tmp_path / "said"),
                "CODE": str(code),
                "DIFF": str(tmp_path / "diff"),
                "GITHUB_OUTPUT": str(tmp_path / "output"),
                "GITHUB_RUN_ATTEMPT": "1",
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr, assignments((tmp_path / "output").read_text())

    return run


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[Hub, dict[str, str]]]:
    """A GitHub, and what a step needs to call it."""
    hub = Hub(tmp_path / "identity", tmp_path)
    server, address = serve(hub)
    yield hub, {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": "someone/credit"}
    server.shutdown()
