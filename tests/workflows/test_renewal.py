"""The token for Azure is renewed for as long as an `up` takes, whatever became of one renewal."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest
import yaml

from tests.workflows.runner import WORKFLOWS

if TYPE_CHECKING:
    from pathlib import Path

PROGRAMS = {
    "tools/env": "echo 'PATH=$PWD/bin:$PATH'",
    "bin/pulumi": "for _ in {1..200}; do [ $(wc -l < tokens) -lt 3 ] || exit $CODE; sleep 0.05; done; exit 3",
    # The first renewal is the one that fails.
    ".github/actions/azure/token": "echo renewed >> tokens; [ $(wc -l < tokens) -gt 1 ]",
}


@pytest.mark.parametrize("code", [0, 255])
def test_one_renewal_that_fails_is_not_the_last(tmp_path: Path, code: int):
    for name, text in PROGRAMS.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"#!/bin/bash\n{text}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "tokens").write_text("")
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
