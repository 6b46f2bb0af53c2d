"""action.yml as a runner takes it: the same inputs, and its last step for real against a local Azure."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

import locked
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from rollout.cli import action
from rollout.cli.usage import UsageError

if TYPE_CHECKING:
    from tests.cli.alone import Past

ROOT = Path(__file__).parents[2]
ACTION: dict[str, Any] = yaml.safe_load((ROOT / "action.yml").read_text())
INSTALL, CHECK = ACTION["runs"]["steps"]
OURS = {name: str(each.get("default", "")) for name, each in ACTION["inputs"].items()}


def test_the_inputs_are_those_of_validate_metrics():
    """Name, whether it is required, and default, as in its own action.yml."""
    assert {name: (each["required"], each.get("default")) for name, each in ACTION["inputs"].items()} == {
        "metric": (True, None),
        "aggregation": (True, None),
        "metrics_condition": (True, None),
        "interval": (True, "PT1M"),
        "threshold": (True, None),
        "resource_id": (True, None),
        "start_time": (False, None),
        "end_time": (False, None),
        "filter": (False, None),
        "num_intervals": (False, None),
        "allow_empty_metrics": (False, None),
        "chart_name": (False, None),
        "chart_save_path": (True, "chart_output"),
    }
    assert list(ACTION["outputs"]) == ["verdict", "value", "chart"]


def test_no_input_is_ever_part_of_a_script():
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step["run"]
    passed = {value for value in CHECK["env"].values() if "inputs." in value}
    assert passed == {f"${{{{ inputs.{name} }}}}" for name in OURS}


def expanded(step: dict[str, Any], values: dict[str, str]) -> dict[str, str]:
    """Return a step's environment as a runner makes it."""
    return {
        name: re.sub(r"\$\{\{ ([\w.]+) \}\}", lambda found: values[found[1]], text)
        for name, text in step["env"].items()
    }


def outputs(file: Path) -> dict[str, str]:
    text = file.read_text()
    return {name: value for name, _, value in re.findall(r"(\w+)<<(\w+)\n(.*?)\n\2\n", text, re.DOTALL)}


def run(past: Past, folder: Path, **inputs: str) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run the step that checks, with this Python in place of what the first step installs."""
    given = OURS | {"resource_id": past.endpoint, "aggregation": "Average"} | inputs
    values = {f"inputs.{name}": value for name, value in given.items()}
    values |= {"github.action_path": str(ROOT), "steps.install.outputs.python": sys.executable}
    env = os.environ | expanded(CHECK, values)
    env |= {"GITHUB_OUTPUT": str(folder / "outputs"), "GITHUB_STEP_SUMMARY": str(folder / "summary.md")}
    (folder / "rollout").mkdir(exist_ok=True)
    (folder / "rollout" / "__init__.py").write_text(
        "raise SystemExit('the workflow has a module of that name')"
    )
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", CHECK["run"]],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done, outputs(folder / "outputs") if (folder / "outputs").exists() else {}


def test_within_the_threshold_with_a_chart(past: Past, tmp_path: Path):
    done, said = run(
        past,
        tmp_path,
        metric="RequestLatency_P90",
        metrics_condition="lte",
        threshold="3000",
        num_intervals="5",
        chart_name="Latency, within its threshold",
        chart_save_path="charts/deep",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert (said["verdict"], said["value"]) == ("Successful", "1810")
    assert (tmp_path / said["chart"]).read_bytes().startswith(b"\x89PNG")
    assert "✅ Successful" in (tmp_path / "summary.md").read_text()


def test_beyond_the_threshold_and_text_that_would_be_code(past: Past, tmp_path: Path):
    nasty = "a'; touch broken; \"$(touch broken)`touch broken` || ${IFS}"
    done, said = run(
        past,
        tmp_path,
        metric="RequestsPerMinute",
        metrics_condition="gte",
        threshold="11",
        start_time=past.at(6),
        end_time=past.at(2),
        num_intervals="",
        chart_name=nasty,
    )
    assert done.returncode == 5, done.stdout + done.stderr
    assert (said["verdict"], said["value"]) == ("Failed", "10")
    assert re.search(r"^::error::Failed: .*limit >= 11", done.stdout, re.MULTILINE)
    assert not (tmp_path / "broken").exists()
    assert (tmp_path / said["chart"]).is_file()
    injected = "no such' metric\n::set-output name=verdict::Successful"
    done, said = run(
        past, tmp_path, metric=injected, metrics_condition="lte", threshold="1", num_intervals="1"
    )
    assert (done.returncode, said["verdict"]) == (4, "Error"), done.stdout + done.stderr
    assert shown_to_the_runner(done.stdout) == []


def shown_to_the_runner(printed: str) -> list[str]:
    """Return the commands that a runner would see, but for annotations."""
    silent = re.sub(r"^::stop-commands::(\w+)$.*?^::\1::$", "", printed, flags=re.MULTILINE | re.DOTALL)
    return [line for line in silent.splitlines() if re.match(r"\s*::(?!error::|warning::)", line)]


@pytest.mark.parametrize(("allowed", "code"), [("", 3), ("false", 3), ("true", 0)])
def test_no_measurement(past: Past, tmp_path: Path, allowed: str, code: int):
    done, said = run(
        past,
        tmp_path,
        metric="RequestsPerMinute",
        metrics_condition="lte",
        threshold="1",
        num_intervals="3",
        filter="deployment eq 'blue'",
        allow_empty_metrics=allowed,
    )
    assert (done.returncode, said["verdict"], said["value"]) == (code, "Inconclusive", ""), done.stdout


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"METRICS_CONDITION": "lt"}, "lte or gte"),
        ({"METRICS_CONDITION": "lte", "THRESHOLD": "1"}, "num_intervals is missing"),
    ],
)
def test_inputs_that_say_nothing(inputs: dict[str, str], said: str):
    with pytest.raises(UsageError, match=said):
        action.words({f"INPUT_{name}": value for name, value in inputs.items()})


def test_a_service_principal_as_azure_login_takes_it():
    env = {"AZURE_CREDENTIALS": json.dumps({"clientId": "a", "clientSecret": "b", "tenantId": "c", "x": 1})}
    action.log_in(env)
    assert (env["AZURE_CLIENT_ID"], env["AZURE_CLIENT_SECRET"], env["AZURE_TENANT_ID"]) == ("a", "b", "c")
    for wrong in ("{", "[]", '{"clientId": "a"}'):
        with pytest.raises(UsageError, match="no service principal"):
            action.log_in({"AZURE_CREDENTIALS": wrong})


def test_what_the_action_installs_is_locked_and_complete():
    names = set(
        re.findall(r"^\s+([a-z-]+(?: [a-z-]+)*)(?: \\| > .*)?$", INSTALL["run"], re.MULTILINE)[0].split()
    )
    listed = re.search(r"locked\.py\" (.*?) >", INSTALL["run"].replace("\\\n", " "))
    assert listed is not None
    names = set(listed[1].split())
    part = locked.part(locked.LOCK.read_text(), names)
    installed = {canonicalize_name(name) for name in re.findall(r"^([\w.-]+)==", part, re.MULTILINE)}
    assert all("--hash=sha256:" in entry for entry in part.split("\n\n"))
    for name in installed:
        for text in metadata.requires(name) or []:
            needed = Requirement(text)
            if needed.marker is None or needed.marker.evaluate({"extra": ""}):
                assert canonicalize_name(needed.name) in installed, f"{name} needs {needed.name}"


STAND_IN = """\
#!/bin/bash
echo "$0 $*" >> "$LOG"
case "$*" in
-c*) exit {old} ;;
"-m venv "*) mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
*locked.py*) exec {python} "$@" ;;
esac
"""
"""A Python that makes environments and installs packages by noting that it was asked to."""


def installed(folder: Path, *, old: int) -> tuple[subprocess.CompletedProcess[str], str]:
    (folder / "bin").mkdir()
    for name in ("python3", "python"):
        (folder / "bin" / name).write_text(STAND_IN.format(old=old, python=sys.executable))
        (folder / "bin" / name).chmod(0o755)
    env = {
        "PATH": f"{folder / 'bin'}:/usr/bin:/bin",
        "LOG": str(folder / "log"),
        "RUNNER_TEMP": str(folder),
        "RUNNER_TOOL_CACHE": str(folder),
        "GITHUB_OUTPUT": str(folder / "outputs"),
        **expanded(INSTALL, {"github.action_path": str(ROOT)}),
    }
    script = INSTALL["run"].replace("/usr/bin/python3", str(folder / "none"))
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        env=env,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done, (folder / "log").read_text()


def test_the_first_step_installs_what_is_locked_into_a_place_of_its_own(tmp_path: Path):
    done, asked = installed(tmp_path, old=0)
    assert done.returncode == 0, done.stderr
    python = Path((tmp_path / "outputs").read_text().strip().removeprefix("python="))
    assert python.is_file()
    assert python.is_relative_to(tmp_path)
    assert "matplotlib==" in (python.parents[1] / "requirements.txt").read_text()
    assert re.search(r"-m pip install .*--require-hashes .*--requirement \S+/requirements\.txt", asked)


def test_an_old_python_is_a_sentence(tmp_path: Path):
    done, _ = installed(tmp_path, old=1)
    assert done.returncode == 1
    assert "::error::Python 3.11 or newer is needed" in done.stdout


def test_it_runs_without_what_only_stacks_need():
    code = (
        "import sys, rollout.cli.action; print(sorted({'pulumi', 'azure.ai', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
