"""A daemon with real model servers: from an upload to a score, and over a kill of the daemon."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from localazure.running import running
from tests.localazure.local import daemon, localazure
from tests.localazure.resources import make_workspace

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace

# The text is that of the other tests of serving, so that they share one built environment.
CONDA = """\
name: serving
channels: [conda-forge]
dependencies:
  - python=3
  - pip
  - pip:
      - azureml-inference-server-http~=1.5
"""
SCORE = """\
import os

def init():
    global model
    model = open(os.path.join(os.environ["AZUREML_MODEL_DIR"], "model", "weights.txt")).read()

def run(data):
    return {"model": model}
"""


def upload(workspace: Workspace, path: str, content: str) -> str:
    """Put a blob below the default datastore, with a token; its folder's URI."""
    arm = workspace.arm
    store = arm.ok("GET", f"{workspace.id}/datastores/workspaceblobstore")["properties"]
    url = f"{arm.settings.base_url}/blob/{workspace.account}/{store['containerName']}/{path}"
    assert arm.http.put(url, data=content.encode()).status_code == 201
    return f"azureml://datastores/workspaceblobstore/paths/{path.rsplit('/', 1)[0]}"


def deploy(workspace: Workspace) -> None:
    arm = workspace.arm
    for kind, key, path, content in (
        ("models/m", "modelUri", "up/model/weights.txt", "w1"),
        ("codes/c", "codeUri", "up/code/score.py", SCORE),
    ):
        uri = upload(workspace, path, content)
        arm.ok("PUT", f"{workspace.id}/{kind}/versions/1", {"properties": {key: uri}})
    properties = {"image": "mcr.microsoft.com/azureml/inference", "condaFile": CONDA}
    arm.ok("PUT", f"{workspace.id}/environments/e/versions/2", {"properties": properties})
    workspace.endpoint("ep-real")
    ended = workspace.deployment(
        "ep-real",
        "blue",
        model=f"{workspace.id}/models/m/versions/1",
        environmentId=f"{workspace.id}/environments/e/versions/2",
        codeConfiguration={"codeId": f"{workspace.id}/codes/c/versions/1", "scoringScript": "score.py"},
    )
    assert ended["status"] == "Succeeded", ended
    workspace.endpoint("ep-real", {"blue": 100})


def score(arm: Arm, workspace: Workspace) -> tuple[int, str]:
    path = f"{workspace.id}/onlineEndpoints/ep-real"
    key = arm.ok("POST", f"{path}/listKeys")["primaryKey"]
    uri = arm.ok("GET", path)["properties"]["scoringUri"]
    answer = arm.http.post(uri, json={}, headers={"Authorization": f"Bearer {key}"}, timeout=30)
    return answer.status_code, answer.text


def pids(arm: Arm) -> list[int]:
    return [one["pid"] for each in arm.control("GET", "status")["deployments"] for one in each["instances"]]


def gone(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] == "Z"
    except OSError:
        return True


def wait_until_gone(started: list[int]) -> None:
    until = time.monotonic() + 15
    while not all(gone(pid) for pid in started):
        assert time.monotonic() < until, f"still there: {started}"
        time.sleep(0.05)


def test_what_serves_serves_again_after_the_daemon_was_killed(tmp_path: Path):
    with daemon(tmp_path, "--rate", "20") as arm:
        workspace = make_workspace(arm)
        deploy(workspace)
        assert score(arm, workspace) == (200, '{"model": "w1"}')
        started = pids(arm)
        found = running(tmp_path)
        assert started
        assert found is not None

        os.kill(found.pid, signal.SIGKILL)
        wait_until_gone([found.pid, *started])
        assert localazure(tmp_path, "up").returncode == 0

        until = time.monotonic() + 30
        while (answered := score(arm, workspace))[0] != 200:
            assert time.monotonic() < until, answered
            time.sleep(0.1)
        assert answered == (200, '{"model": "w1"}')

        started = pids(arm)
        assert localazure(tmp_path, "down").returncode == 0
        wait_until_gone(started)
