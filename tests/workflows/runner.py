"""Runs a workflow's own steps on this machine, in order, as GitHub's runner would.

Replaced are the actions of others (set-up of languages, caches) and `tools`, whose work is done by then, and
reusable workflows. Checkout clones where the repository has an origin. The project's own login runs as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import yaml

from tests.engine.project import ROOT
from tests.workflows.expressions import fill, holds
from tests.workflows.hub import REPOSITORY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from tests.workflows.hub import Hub

WORKFLOWS = ROOT / ".github" / "workflows"
OWN = "$/.github/actions/"
DONE_BY_THEN = {f"{OWN}tools"}


@dataclass
class Job:
    """What became of a job."""

    result: str
    name: str
    outputs: dict[str, str] = field(default_factory=dict)
    log: str = ""
    summary: str = ""


@dataclass
class Runner:
    """A repository with its variables and secrets, and a machine that runs its workflows."""

    folder: Path
    scratch: Path
    env: dict[str, str]
    hub: Hub
    address: str
    variables: dict[str, dict[str, str]]
    """By environment; those of the empty name are the repository's."""
    secrets: dict[str, dict[str, str]]
    """By environment."""
    origin: Path | None = None
    """Where checkouts come from, each into a folder of its own; without one, all jobs share `folder`."""
    deploying: Callable[[str], None] = lambda _: None
    """Called before a job starts that names an environment: there it may have waited for somebody."""

    def run(
        self, file: str, event: str, inputs: Mapping[str, str] | None = None, sha: str = "", **payload: Any
    ) -> dict[str, Job]:
        """Run a workflow for an event, at a commit, and return its jobs."""
        workflow = yaml.safe_load((WORKFLOWS / file).read_text())
        assert event in workflow[True], f"{file} isn't for {event}"
        github = {
            "event_name": event,
            "event": payload,
            "ref": "refs/heads/main",
            "repository": REPOSITORY,
            "sha": sha or "c0ffee",
        }
        done: dict[str, Job] = {}
        for key, job in workflow["jobs"].items():
            needs = [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", [])
            contexts: dict[str, Any] = {
                "github": github,
                "inputs": dict(inputs or {}),
                "needs": {
                    name: {"result": done[name].result, "outputs": done[name].outputs} for name in needs
                },
                "vars": self.variables[""],
                "how": "success" if all(done[name].result == "success" for name in needs) else "failure",
            }
            if not holds(job.get("if", "success()"), contexts):
                done[key] = Job("skipped", key)
            elif "uses" in job:
                done[key] = Job("success", key)
            else:
                done[key] = self._job(key, job, workflow["permissions"], contexts)
        return done

    def _job(
        self, key: str, job: dict[str, Any], permissions: dict[str, str], contexts: dict[str, Any]
    ) -> Job:
        permissions = job.get("permissions", permissions)
        token = self.hub.token(permissions)
        environment = fill(job.get("environment", ""), contexts)
        self.deploying(environment)
        contexts = {
            **contexts,
            "github": {**contexts["github"], "token": token},
            "vars": {**self.variables[""], **self.variables.get(environment, {})},
            "secrets": self.secrets.get(environment, {}),
            "steps": {},
            "how": "success",
        }
        temp = self.scratch / f"{key}-{len(self.hub.tokens)}"
        temp.mkdir(parents=True)
        folder = self.folder if self.origin is None else temp / "checkout"
        env = {
            **self.env,
            "RUNNER_TEMP": str(temp),
            "GITHUB_WORKSPACE": str(folder),
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_RUN_ATTEMPT": "1",
            "GITHUB_API_URL": self.address,
            **{name: fill(str(value), contexts) for name, value in job.get("env", {}).items()},
        }
        if permissions.get("id-token") == "write":
            env["ACTIONS_ID_TOKEN_REQUEST_URL"] = f"{self.address}/oidc?run=1"
            env["ACTIONS_ID_TOKEN_REQUEST_TOKEN"] = token
        folder.mkdir(exist_ok=True)
        run = _Run(folder, temp, env, contexts, self.origin)
        for step in job["steps"]:
            run.step(step)
        outputs = {name: fill(value, contexts) for name, value in job.get("outputs", {}).items()}
        name = fill(job.get("name", key), contexts)
        return Job(contexts["how"], name, outputs, run.log, run.read("summary"))


@dataclass
class _Run:
    folder: Path
    temp: Path
    env: dict[str, str]
    contexts: dict[str, Any]
    origin: Path | None
    log: str = ""

    def step(self, step: dict[str, Any]) -> None:
        outcome, outputs = "skipped", {}
        if holds(step.get("if", "success()"), self.contexts):
            if "uses" in step:
                outcome = self._action(step["uses"], step.get("with", {}))
            else:
                outcome, outputs = self._shell(step)
        if outcome == "failure":
            self.contexts["how"] = "failure"
        if "id" in step:
            self.contexts["steps"][step["id"]] = {"outcome": outcome, "outputs": outputs}

    def read(self, file: str) -> str:
        path = self.temp / file
        return path.read_text() if path.exists() else ""

    def _action(self, name: str, inputs: dict[str, Any]) -> str:
        if name.startswith("actions/checkout@") and self.origin is not None:
            self._check_out(self.origin, inputs)
        if not name.startswith(OWN) or name in DONE_BY_THEN:
            return "success"
        action = yaml.safe_load((ROOT / name.removeprefix("$/") / "action.yml").read_text())
        self.env["GITHUB_ACTION_PATH"] = str(ROOT / name.removeprefix("$/"))
        outcomes = [self._shell(step)[0] for step in action["runs"]["steps"]]
        return "failure" if "failure" in outcomes else "success"

    def _check_out(self, origin: Path, inputs: dict[str, Any]) -> None:
        what = str(inputs.get("ref", self.contexts["github"]["sha"]))
        depth = int(inputs.get("fetch-depth", 1))
        only = ("--depth", str(depth)) if depth else ()
        for command in (
            ("init", "-q"),
            ("fetch", "-q", *only, origin.as_uri(), what),
            ("checkout", "-q", "FETCH_HEAD"),
        ):
            subprocess.run(["git", *command], cwd=self.folder, check=True, capture_output=True)

    def _shell(self, step: dict[str, Any]) -> tuple[str, dict[str, str]]:
        files = {"GITHUB_OUTPUT": "output", "GITHUB_ENV": "env", "GITHUB_STEP_SUMMARY": "summary"}
        for name in ("output", "env"):
            (self.temp / name).write_text("")
        env = {
            **self.env,
            **{name: str(self.temp / file) for name, file in files.items()},
            **{name: fill(str(value), self.contexts) for name, value in step.get("env", {}).items()},
        }
        strictly = ("-eo", "pipefail") if step.get("shell") == "bash" else ("-e",)
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", *strictly, "-c", step["run"]],
            cwd=self.folder,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=300,
        )
        self.log += f"$ {step['run']}\n{done.stdout}"
        self.env.update(assignments(self.read("env")))
        return "success" if done.returncode == 0 else "failure", assignments(self.read("output"))


def assignments(text: str) -> dict[str, str]:
    """Return what a step wrote: `name=value` lines, and values of several lines between two marks."""
    found: dict[str, str] = {}
    lines = iter(text.splitlines())
    for line in lines:
        if mark := re.fullmatch(r"([\w-]+)<<(.+)", line):
            value: list[str] = []
            for each in lines:
                if each == mark[2]:
                    break
                value.append(each)
            found[mark[1]] = "\n".join(value)
        else:
            name, _, value_text = line.partition("=")
            found[name] = value_text
    return found


CREDENTIALS = ("ARM_CLIENT_SECRET", "AZURE_FEDERATED_TOKEN_FILE", "PULUMI_CONFIG_PASSPHRASE_FILE")
IDENTITY = ("AZURE_TENANT_ID", "AZURE_CLIENT_ID", "AZURE_SUBSCRIPTION_ID")


def machine(azure: dict[str, str]) -> dict[str, str]:
    """Return the environment of a machine that can reach the local Azure and is logged in nowhere."""
    names = (
        *CREDENTIALS,
        *IDENTITY,
        "ARM_TENANT_ID",
        "ARM_CLIENT_ID",
        "ARM_SUBSCRIPTION_ID",
        "PULUMI_BACKEND_URL",
    )
    env = {**os.environ, **azure, "PULUMI_SKIP_UPDATE_CHECK": "true", "NO_COLOR": "1"}
    return {name: value for name, value in env.items() if name not in names}
