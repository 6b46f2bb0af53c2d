"""A conda file in the place of an environment: only where it was asked for, and said at every start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.localazure.local import NotingServing, daemon, in_process, localazure
from tests.localazure.resources import make_workspace

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("environment", [{"image": "mine:1"}, {"image": "i", "condaFile": "name: own"}])
def test_a_stand_in_serves_in_place_of_its_environment_alone(tmp_path: Path, environment: dict[str, str]):
    conda = tmp_path / "conda.yml"
    conda.write_text("name: stands in")
    with in_process(tmp_path / "azure", NotingServing(), stand_ins={"gpu": str(conda)}) as arm:
        workspace = make_workspace(arm)
        workspace.endpoint("credit")
        gpu = f"{workspace.id}/environments/gpu/versions/3"
        arm.ok("PUT", gpu, {"properties": environment})

        assert workspace.deployment("credit", "blue", environmentId=gpu)["status"] == "Succeeded"
        assert workspace.deployment("credit", "green")["status"] == "Succeeded"

        assert arm.serving is not None
        served = {name: spec.conda_file for (_, name), spec in arm.serving.running.items()}
        assert served == {"blue": "name: stands in", "green": "name: x"}

        conda.unlink()
        ended = workspace.deployment("credit", "blue", environmentId=gpu, environmentVariables={"A": "1"})
        assert ended["error"]["code"] == "ImageBuildFailure"
        assert str(conda) in ended["error"]["message"]


def test_the_command_line_keeps_it_and_says_so(tmp_path: Path):
    conda, home = tmp_path / "conda.yml", tmp_path / "azure"
    conda.write_text("name: stands in")
    with daemon(home, "--stand-in", f"gpu={conda}", "--most-instances", "4") as arm:
        assert arm.settings.stand_ins == {"gpu": str(conda)}
        assert arm.settings.most_instances == 4
        said = f"Environment 'gpu' is not built as registered: its deployments are served with {conda}."
        assert said in localazure(home, "up").stdout
        assert said in localazure(home, "status").stdout
        assert "environment 'gpu' is not built as registered" in localazure(home, "logs").stdout


@pytest.mark.parametrize("wrong", ["gpu", "=x", "gpu=/not/there.yml"])
def test_a_stand_in_that_is_none(tmp_path: Path, wrong: str):
    refused = localazure(tmp_path, "up", "--stand-in", wrong)
    assert (refused.returncode, "NAME=FILE" in refused.stderr) == (2, True)
