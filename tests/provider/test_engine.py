"""The provider under the real engine, with the stub as ARM."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from localazure.provider.install import install

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.provider.stub_arm import StubArm

WORKSPACE = "/subscriptions/sub/resourceGroups/rg/providers/Microsoft.MachineLearningServices/workspaces/ws"
ENDPOINT = f"{WORKSPACE}/onlineEndpoints/credit"
BLUE = f"{ENDPOINT}/deployments/blue"

# Without the SDK's classes, whose import costs more than the rest of a run.
PROGRAM = """
import json, pathlib
import pulumi


def resource(kind, name, properties, **opts):
    opts = pulumi.ResourceOptions(version="3.29.0", **opts)
    return pulumi.CustomResource(f"azure-native:machinelearningservices:{kind}", name, properties, opts)


say = json.loads(pathlib.Path("say.json").read_text())
place = {"resourceGroupName": "rg", "workspaceName": "ws", "endpointName": "credit"}
endpoint = resource(
    "OnlineEndpoint",
    "credit",
    {
        **place,
        "identity": {"type": "SystemAssigned"},
        "properties": {"authMode": "Key", "traffic": say.get("traffic", {})},
    },
)
if say.get("model"):
    resource(
        "OnlineDeployment",
        "blue",
        {
            **place,
            "deploymentName": "blue",
            "properties": {
                "endpointComputeType": "Managed",
                "model": say["model"],
                "environmentVariables": {"KEY": pulumi.Output.secret("hunter2"), "OF": endpoint.id},
            },
            "sku": {"name": "Default", "capacity": say.get("capacity", 1)},
        },
        depends_on=[endpoint],
        import_=say.get("import"),
        ignore_changes=say.get("ignored"),
        replace_on_changes=["properties"],
        delete_before_replace=True,
        custom_timeouts=pulumi.CustomTimeouts(create=say["timeout"]) if "timeout" in say else None,
    )
"""


@dataclass(frozen=True)
class Project:
    folder: Path
    environment: dict[str, str]
    state: Path

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["pulumi", "--non-interactive", "--color=never", *arguments],
            cwd=self.folder,
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *arguments: str) -> tuple[int, str]:
        with self.start(*arguments) as process:
            output, _ = process.communicate(timeout=120)
        return process.returncode, output

    def say(self, **what: Any) -> None:
        (self.folder / "say.json").write_text(json.dumps(what))

    def up(self, *arguments: str, fails: bool = False, **what: Any) -> str:
        self.say(**what)
        code, output = self.pulumi("up", "--yes", "--skip-preview", *arguments)
        assert (code != 0) is fails, output
        return output

    def resources(self) -> dict[str, dict[str, Any]]:
        deployment = json.loads((self.state / ".pulumi/stacks/proof/dev.json").read_text())
        return {
            one["urn"].rpartition("::")[2]: one for one in deployment["checkpoint"]["latest"]["resources"]
        }


@pytest.fixture
def project(arm: StubArm, config: dict[str, str], tmp_path: Path) -> Project:
    if shutil.which("pulumi") is None:
        pytest.fail('no `pulumi` on PATH: run tools/setup, then `eval "$(tools/env)"`')
    folder, state, home = (tmp_path / name for name in ("project", "state", "home"))
    for each in (folder, state):
        each.mkdir()
    install(home)
    settings = {f"azure-native:{key}": value for key, value in config.items() if key != "clientSecret"}
    (folder / "Pulumi.dev.yaml").write_text(json.dumps({"config": settings}))
    runtime = {"name": "python", "options": {"virtualenv": sys.prefix}}
    (folder / "Pulumi.yaml").write_text(json.dumps({"name": "proof", "runtime": runtime}))
    (folder / "__main__.py").write_text(PROGRAM)
    made = Project(
        folder,
        {
            **os.environ,
            "ARM_CLIENT_SECRET": "shh",
            "SSL_CERT_FILE": str(arm.ca_file),
            "PULUMI_HOME": str(home),
            "PULUMI_BACKEND_URL": f"file://{state}",
            "PULUMI_CONFIG_PASSPHRASE": "proof",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        },
        state,
    )
    code, output = made.pulumi("stack", "init", "dev")
    assert code == 0, output
    return made


def writes(arm: StubArm) -> list[str]:
    """The writes since the last look, the deployment's as `blue`, the endpoint's as `credit`."""
    seen = [
        f"{one.method} {one.path.rpartition('/')[2]}" for one in arm.seen if one.method in ("PUT", "DELETE")
    ]
    arm.seen.clear()
    return seen


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end, f"no {what} after a minute"
        time.sleep(0.05)


def quiet(arm: StubArm) -> bool:
    before = len(arm.seen)
    time.sleep(0.3)
    return len(arm.seen) == before


def test_the_life_of_a_deployment(project: Project, arm: StubArm) -> None:
    project.up(model="m:1")
    assert writes(arm) == ["PUT credit", "PUT blue"]
    assert "hunter2" not in (project.state / ".pulumi/stacks/proof/dev.json").read_text()

    project.up(model="m:2", traffic={"blue": 100})
    assert writes(arm) == ["PUT credit", "DELETE blue", "PUT blue"]

    arm.resources[ENDPOINT.lower()]["properties"]["traffic"] = {"blue": 60, "green": 40}
    code, output = project.pulumi("refresh", "--preview-only", "--diff", "--expect-no-changes")
    assert code != 0
    assert "blue : 100 => 60" in output

    project.up(traffic={})
    assert writes(arm) == ["PUT credit", "DELETE blue"]


def test_a_failed_create_is_kept_and_tried_again(project: Project, arm: StubArm) -> None:
    arm.fails[BLUE.lower()] = {"code": "ImageBuildFailure", "message": "no such package: nosuch"}

    output = project.up(model="m:1", fails=True)

    assert "ImageBuildFailure: no such package: nosuch" in output
    blue = project.resources()["blue"]
    assert blue["id"] == BLUE
    assert blue["initErrors"][0].startswith("ImageBuildFailure: no such package: nosuch")
    assert writes(arm) == ["PUT credit", "PUT blue"]

    arm.fails.clear()
    project.up(model="m:1")
    assert writes(arm) == ["PUT blue"]
    assert "initErrors" not in project.resources()["blue"]
    project.up("--expect-no-changes", model="m:1")


def test_a_killed_create_is_taken_over_by_import(project: Project, arm: StubArm) -> None:
    project.up()
    writes(arm)
    arm.polls = 10**9
    project.say(model="m:1")
    with project.start("up", "--yes", "--skip-preview") as killed:
        wait_for(lambda: BLUE.lower() in arm.resources, "PUT of the deployment")
        killed.kill()
    wait_for(lambda: quiet(arm), "end of the polling: the plugin outlives the engine")
    assert writes(arm) == ["PUT blue"]

    code, output = project.pulumi("cancel", "--yes")
    assert code == 0, output
    everything = ["properties", "sku", "location", "identity", "tags"]
    project.up(model="m:2", capacity=3, ignored=everything, **{"import": BLUE})
    assert writes(arm) == []
    assert project.resources()["blue"]["inputs"]["properties"]["model"] == "m:1"
    project.up("--expect-no-changes", model="m:2", capacity=3, ignored=everything, **{"import": BLUE})


def test_an_interrupted_create_ends_its_polling_and_is_kept(project: Project, arm: StubArm) -> None:
    arm.polls = 10**9
    project.say(model="m:1")
    with project.start("up", "--yes", "--skip-preview") as interrupted:
        wait_for(lambda: ENDPOINT.lower() in arm.resources, "PUT of the endpoint")
        interrupted.send_signal(signal.SIGINT)
        output, _ = interrupted.communicate(timeout=60)

    assert interrupted.returncode != 0
    assert "cancelled while waiting for PUT" in output
    assert project.resources()["credit"]["id"] == ENDPOINT
    assert "blue" not in project.resources()

    arm.polls = 1
    project.up(model="m:1")
    assert writes(arm) == ["PUT credit", "PUT credit", "PUT blue"]


def test_a_preview_passes_with_what_isnt_known_yet(project: Project, arm: StubArm) -> None:
    project.say(model="m:1")

    code, output = project.pulumi("preview", "--diff")

    assert code == 0, output
    assert re.search(r"OF *: \[unknown\]", output)
    assert "hunter2" not in output
    assert writes(arm) == []


def test_the_programs_timeout_ends_a_create_which_is_kept(project: Project, arm: StubArm) -> None:
    project.up()
    writes(arm)
    arm.polls = 10**9

    output = project.up(model="m:1", timeout="1s", fails=True)

    assert "gave up after 1 s while waiting for PUT" in output
    blue = project.resources()["blue"]
    assert blue["id"] == BLUE
    assert blue["initErrors"][0].startswith("gave up after 1 s")
    arm.polls = 1
    project.up(model="m:1")
    assert writes(arm) == ["PUT blue", "PUT blue"]
    assert "initErrors" not in project.resources()["blue"]
