"""Proofs on the real engine: what programs rely on holds under the language host that is on PATH."""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from language_host import interpreter, packages

from .conftest import Project
from .programs import RAISES, RECORD, REFUSES, SLEEPS_IN_A_HOOK

Create = Callable[..., Project]


def seen(project: Project) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (project.folder / "seen.jsonl").read_text().splitlines()]


def exported(project: Project) -> str:
    return project.pulumi("stack", "export")[1]


def test_a_record_is_published_by_its_hook_and_survives_a_take_back(project: Create):
    record = project(RECORD)
    record.pulumi("config", "set", "phase", "Healthy")
    record.pulumi("config", "set", "--secret", "password", "hunter2")

    code, output = record.up()
    assert code == 0, output
    program, hook = seen(record)
    assert hook == {"hook": "Healthy", "pid": program["pid"]}
    assert program | {"pid": 0} == {
        "pid": 0,
        "project": "proof",
        "stack": "dev",
        "organization": "organization",
        "root": str(record.folder),
        "dry_run": False,
        "folder": str(record.folder),
        "arguments": ["."],
        "path": ".",
        "password": "hunter2",
        "leaked": False,
        "virtualenv": sys.prefix,
    }
    assert "Healthy" in record.pulumi("stack", "tag", "get", "ROLLOUT_PHASE")[1]
    assert "hunter2" not in exported(record)

    code, output = record.pulumi("preview", "--expect-no-changes")
    assert code == 0, output
    assert seen(record)[-1]["dry_run"] is True

    record.pulumi("config", "set", "phase", "Degraded")
    record.pulumi("config", "set", "degraded", "true")
    code, output = record.up()
    assert code != 0
    assert "taken back: errors 3 > 1" in output
    assert "Traceback" not in output
    assert seen(record)[-1]["hook"] == "Degraded"
    assert '"phase": "Degraded"' in exported(record)
    assert "Degraded" in record.pulumi("stack", "tag", "get", "ROLLOUT_PHASE")[1]

    code, output = record.pulumi("preview", "--expect-no-changes")
    assert code == 0, output


def test_an_exception_is_shown_once_from_the_program_s_own_frame_on(project: Create):
    code, output = project(RAISES).pulumi("preview")
    assert code != 0
    assert output.count("ValueError: a bug of the program's") == 1
    assert "language_host" not in output
    assert "runpy" not in output


def test_a_run_error_is_one_sentence(project: Create):
    code, output = project(REFUSES).pulumi("preview")
    assert code != 0
    assert "rollout:model is missing in Pulumi.dev.yaml" in output
    assert "Traceback" not in output


def test_a_missing_program_and_a_missing_environment_say_so(project: Create):
    missing = project("", virtualenv="nowhere")
    code, output = missing.pulumi("preview")
    assert code != 0
    assert str(missing.folder / "nowhere") in output
    assert "Traceback" not in output


@pytest.mark.parametrize("killed", ["engine", "host"])
def test_nothing_outlives_a_kill(project: Create, killed: str):
    sleeping = project(SLEEPS_IN_A_HOOK)
    with sleeping.start("up", "--yes", "--skip-preview") as engine:
        pids = json.loads(_appearing(sleeping.folder / "pids.json").read_text())
        os.kill({"engine": engine.pid, "host": pids["host"]}[killed], signal.SIGKILL)
        deadline = time.monotonic() + 2
        left = {"host", "program"} | ({"child"} if killed == "engine" else set())
        while left and time.monotonic() < deadline:
            left = {name for name in left if _alive(pids[name])}
            time.sleep(0.05)
        _end(pids["child"])
        assert left == set()
        engine.communicate(timeout=30)
        assert engine.returncode != 0


def test_plugins_come_from_the_packages_of_the_program_s_environment():
    found = packages.required(interpreter.choose(Path.cwd(), {"virtualenv": sys.prefix}))
    assert packages.Requirement("azure-native", "v3.29.0", "") in found


def test_uv_s_environment_is_found_from_a_folder_below(tmp_path: Path):
    bin_folder = tmp_path / ".venv" / "bin"
    bin_folder.mkdir(parents=True)
    (bin_folder / "python").symlink_to(sys.executable)
    (tmp_path / "pyproject.toml").touch()
    below = tmp_path / "infra"
    below.mkdir()
    assert interpreter.choose(below, {"toolchain": "uv"}).virtualenv == tmp_path / ".venv"


def _appearing(file: Path) -> Path:
    deadline = time.monotonic() + 30
    while not file.exists():
        assert time.monotonic() < deadline, f"{file} never appeared"
        time.sleep(0.05)
    return file


def _alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


def _end(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
