"""What holds for every workflow: who may do what, what is pinned, and what never reaches a shell."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import Any

import pytest
import yaml

from tests.engine.project import ROOT

FOLDER = ROOT / ".github"
WORKFLOWS = {
    file.name: yaml.safe_load(file.read_text()) for file in sorted((FOLDER / "workflows").glob("*.yml"))
}
ACTION_FILES = [ROOT / "action.yml", *sorted(FOLDER.rglob("action.yml"))]
ACTIONS = {file.parent.name: yaml.safe_load(file.read_text()) for file in ACTION_FILES}
JOBS = {f"{file}:{name}": job for file, each in WORKFLOWS.items() for name, job in each["jobs"].items()}
STEPS = {
    **{f"{name} {n}": step for name, job in JOBS.items() for n, step in enumerate(job.get("steps", []))},
    **{f"{name} {n}": step for name, each in ACTIONS.items() for n, step in enumerate(each["runs"]["steps"])},
}
PINNED = re.compile(r"uses: (?:actions/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+|\$/\.github/\S+)$")
AZURE = {"contents": "read", "id-token": "write"}
MAY = {
    "ci.yml:checks": {"contents": "read"},
    "ci.yml:stories": {"contents": "read"},
    "deploy.yml:look": AZURE,
    "deploy.yml:approval": {},
    "deploy.yml:up": AZURE,
    "drift.yml:drift": AZURE,
    "go-on.yml:which": AZURE,
    "go-on.yml:start": {"actions": "write", "contents": "read"},
    "promote.yml:healthy": AZURE,
    "promote.yml:propose": {"contents": "write", "pull-requests": "write"},
    "pull-request.yml:ci": {"contents": "read"},
    "pull-request.yml:preview": AZURE,
    "pull-request.yml:comment": {"contents": "read", "pull-requests": "write"},
    "pull-request.yml:required": {},
}


def test_no_job_may_do_more_than_it_must():
    found = {
        f"{file}:{name}": job.get("permissions", workflow["permissions"])
        for file, workflow in WORKFLOWS.items()
        for name, job in workflow["jobs"].items()
    }
    assert found == MAY
    assert all(each["permissions"] in ({}, {"contents": "read"}) for each in WORKFLOWS.values())


@pytest.mark.parametrize("name", STEPS)
def test_nothing_is_inserted_into_a_shell(name: str):
    assert "${{" not in STEPS[name].get("run", "")


@pytest.mark.parametrize("file", [*(FOLDER / "workflows").glob("*.yml"), *ACTION_FILES], ids=str)
def test_actions_are_pinned(file: Any):
    used = re.findall(r"uses: .*", file.read_text())
    assert [each for each in used if not PINNED.match(each)] == []


def test_zizmor_looks_at_every_workflow_and_action():
    (places,) = re.findall(r"\bzizmor --offline --quiet (.*)", (ROOT / "Makefile").read_text())
    looked_at = [ROOT / name for name in places.split()]
    listed = subprocess.run(
        ["git", "ls-files", "*action.yml", "*action.yaml", ".github/workflows"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    files = [ROOT / name for name in listed.stdout.splitlines()]
    assert set(ACTION_FILES) <= set(files)
    assert [file for file in files if not any(file.is_relative_to(place) for place in looked_at)] == []


@pytest.mark.parametrize(
    "name", [name for name, step in STEPS.items() if "checkout@" in step.get("uses", "")]
)
def test_no_checkout_leaves_a_token_behind(name: str):
    assert STEPS[name]["with"]["persist-credentials"] is False


@pytest.mark.parametrize("name", [name for name, job in JOBS.items() if "uses" not in job])
def test_every_job_ends(name: str):
    assert JOBS[name]["timeout-minutes"] <= 60


@pytest.mark.parametrize("name", [name for name, may in MAY.items() if may == AZURE])
def test_azure_is_reached_from_an_environment_only(name: str):
    assert JOBS[name]["environment"] in ("preview", "promotion", "${{ inputs.stack }}")


def test_only_one_job_runs_up_and_one_at_a_time():
    ups = {
        name
        for name, job in JOBS.items()
        if any("pulumi up" in str(step.get("run")) for step in job.get("steps", []))
    }
    assert ups == {"deploy.yml:up"}
    assert JOBS["deploy.yml:up"]["concurrency"] == {
        "group": "stack-${{ inputs.stack }}",
        "cancel-in-progress": False,
    }


def test_the_required_check_waits_for_every_job():
    jobs = WORKFLOWS["pull-request.yml"]["jobs"]
    assert set(jobs["required"]["needs"]) == set(jobs) - {"required"}
    assert jobs["required"]["if"] == "always()"


@pytest.mark.parametrize(
    ("results", "good"),
    [
        ({"ci": "success", "preview": "success", "comment": "success"}, True),
        ({"ci": "success", "preview": "skipped", "comment": "skipped"}, True),
        ({"ci": "success", "preview": "failure", "comment": "success"}, False),
        ({"ci": "success", "preview": "success", "comment": "cancelled"}, False),
        ({"ci": "skipped", "preview": "success", "comment": "success"}, False),
    ],
)
def test_the_required_check_is_green_only_if_all_went_well(results: dict[str, str], good: bool):  # noqa: FBT001
    (step,) = WORKFLOWS["pull-request.yml"]["jobs"]["required"]["steps"]
    needs = {name: {"result": result, "outputs": {}} for name, result in results.items()}
    done = subprocess.run(
        ["bash", "-eo", "pipefail", "-c", step["run"]],
        env={"PATH": os.environ["PATH"], "RESULTS": json.dumps(needs)},
        capture_output=True,
        check=False,
    )
    assert (done.returncode == 0) == good
