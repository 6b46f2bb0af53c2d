"""The token for Azure is renewed for as long as an `up` takes, and before each stack of several."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.workflows.runner import WORKFLOWS
from tests.workflows.said import says

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.conftest import Command

PROGRAMS = {
    "tools/env": "echo 'PATH=$PWD/bin:$PATH'",
    "bin/pulumi": "for _ in {1..200}; do [ $(wc -l < tokens) -lt 3 ] || exit $CODE; sleep 0.05; done; exit 3",
    # The first renewal is the one that fails.
    ".github/actions/azure/token": "echo renewed >> tokens; [ $(wc -l < tokens) -gt 1 ]",
}


def write(folder: Path, programs: dict[str, str]) -> None:
    for name, text in programs.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"#!/bin/bash\n{text}\n")
        (folder / name).chmod(0o755)
    (folder / "tokens").write_text("")


@pytest.mark.parametrize("code", [0, 255])
def test_one_renewal_that_fails_is_not_the_last(tmp_path: Path, code: int):
    write(tmp_path, PROGRAMS)
    steps = yaml.safe_load((WORKFLOWS / "deploy.yml").read_text())["jobs"]["up"]["steps"]
    (run,) = [step["run"] for step in steps if step.get("id") == "up"]
    assert "sleep 120" in run
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-c", run.replace("sleep 120", "sleep 0.1")],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "RUNNER_TEMP": str(tmp_path), "STACK": "dev", "CODE": str(code)},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == code
    assert done.stdout.count("::warning::no new token for Azure") == 1, done.stderr


def test_the_nightly_look_renews_before_each_stack(tmp_path: Path):
    write(tmp_path, PROGRAMS | {"bin/pulumi": "echo $(wc -l < tokens) tokens"})
    steps = yaml.safe_load((WORKFLOWS / "drift.yml").read_text())["jobs"]["drift"]["steps"]
    (run,) = [step["run"] for step in steps if step.get("name") == "Look at every stack"]
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-c", run],
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "ROLLOUT_STACKS": "dev prod"},
        capture_output=True,
        text=True,
        check=False,
        timeout=30,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "== dev",
        "::warning::no new token for Azure",
        "1 tokens",
        "== prod",
        "2 tokens",
    ]


@pytest.mark.parametrize(
    ("name", "tokens", "given"),
    [
        ("due", 2, {"ROLLOUT_STACKS": "dev prod"}),
        ("preview", 4, {"STACKS": '["dev", "prod"]', "COMMIT": "c" * 40}),
        ("promotions", 2, {"ROLLOUT_STACKS": "dev staging", "NEW": "m:2"}),
    ],
)
def test_each_command_of_the_pipeline_renews_before_it_asks(
    command: Command, tmp_path: Path, name: str, tokens: int, given: dict[str, str]
):
    curl = 'echo asked >> tokens; [ $(wc -l < tokens) -gt 1 ] || exit 22; echo \'{"value": "t"}\''
    write(tmp_path, {"bin/curl": curl})
    (tmp_path / "Pulumi.staging.yaml").write_text("rollout:model: m:1\n")
    identity = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": "https://github.test/?x",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "r",
    }
    seen = says("none") | {"phase": "Healthy", "wanted": "m:2"}
    seen["deployments"] = [{"name": "blue", "role": "prod", "release": "m:2", "traffic": 100}]
    code, said, _ = command(name, seen, RUNNER_TEMP=str(tmp_path), **identity, **given)
    assert code == 0, said
    assert (tmp_path / "tokens").read_text().count("asked") == tokens
    assert (tmp_path / "azure-token").read_text().strip() == "t"
    assert said.count("::warning::no new token for Azure") == 1
