"""What the pipeline makes of a status and of a change, with a `rollout` that says what a test wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.git import commit, git
from tests.workflows.said import says

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.conftest import Command


@pytest.mark.parametrize(
    ("step", "approval"),
    [
        ("none", False),
        ("hold", False),
        ("start", False),
        ("advance", True),
        ("promote", True),
        ("abort", False),
        ("repair", False),
        ("retire", False),
        ("finish", False),
        ("undo", False),
        ("something new", True),
    ],
)
def test_only_what_gives_a_candidate_more_waits_for_approval(command: Command, step: str, approval: bool):  # noqa: FBT001
    code, said, outputs = command("look", says(step), STACK="dev", ROLLOUT_STACKS="dev prod")
    assert code == 0, said
    assert outputs["next"] == f"dev: {step}, tiny:2-abcdef12 at 10 %"
    assert outputs["approval"] == str(approval).lower()


@pytest.mark.parametrize(
    ("approved", "now", "go"),
    [
        (says("advance"), says("advance"), True),
        (says("advance"), says("advance", stage=50), False),
        (says("hold"), says("advance"), False),
        (says("abort"), says("promote", stage=100), False),
        (says("advance"), says("abort"), True),
        (says("advance"), says("hold"), True),
    ],
)
def test_what_is_done_is_what_was_approved(
    command: Command,
    approved: dict[str, Any],
    now: dict[str, Any],
    go: bool,  # noqa: FBT001
):
    looked = command("look", approved, STACK="dev", ROLLOUT_STACKS="dev")[2]
    code, said, outputs = command("still", now, STACK="dev", **as_approved(looked))
    assert code == 0, said
    assert outputs == {"go": str(go).lower()}


def as_approved(looked: dict[str, str]) -> dict[str, str]:
    return {
        "APPROVED": looked["next"],
        "APPROVED_ATTEMPT": looked["attempt"],
        "APPROVED_COMMIT": looked["commit"],
    }


@pytest.mark.parametrize(
    ("file", "step", "go"),
    [
        ("Pulumi.dev.yaml", "advance", False),
        ("rollout/core/decide.py", "advance", False),
        ("Pulumi.prod.yaml", "advance", True),
        ("README.md", "advance", True),
        ("Pulumi.dev.yaml", "abort", True),
    ],
)
def test_an_approval_is_for_the_stack_as_main_had_it_then(
    command: Command,
    tmp_path: Path,
    file: str,
    step: str,
    go: bool,  # noqa: FBT001
):
    looked = command("look", says(step), STACK="dev", ROLLOUT_STACKS="dev")[2]
    (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / file).write_text("changed")
    commit(tmp_path, file)
    code, said, outputs = command("still", says(step), STACK="dev", **as_approved(looked))
    assert code == 0, said
    assert outputs == {"go": str(go).lower()}
    assert ("main has changed dev since" in said) != go


@pytest.mark.parametrize(("step", "go"), [("advance", False), ("abort", True)])
def test_an_approval_is_for_one_attempt(command: Command, step: str, go: bool):  # noqa: FBT001
    looked = command("look", says(step), STACK="dev", ROLLOUT_STACKS="dev")[2]
    again = {**as_approved(looked), "GITHUB_RUN_ATTEMPT": "2"}
    code, said, outputs = command("still", says(step), STACK="dev", **again)
    assert code == 0, said
    assert outputs == {"go": str(go).lower()}


@pytest.mark.parametrize(("name", "more"), [("look", {}), ("still", {"APPROVED": "dev: advance"})])
def test_what_cannot_be_read_goes_no_further(command: Command, name: str, more: dict[str, str]):
    code, said, outputs = command(name, code=1, STACK="dev", ROLLOUT_STACKS="dev", **more)
    assert code == 1
    assert "::error::dev: " in said
    assert outputs == {}


def test_a_stack_that_pipelines_do_not_know_is_refused(command: Command):
    code, said, _ = command("look", says("advance"), STACK="$(id)", ROLLOUT_STACKS="dev prod")
    assert code == 1
    assert "is none of the stacks" in said


@pytest.mark.parametrize(
    ("status", "code", "due"),
    [
        (says("none", "Healthy", None), 0, []),
        (says("hold"), 0, [{"stack": "dev", "approval": False}]),
        (says("advance"), 0, [{"stack": "dev", "approval": True}]),
        (says("retire", "Healthy", None), 0, [{"stack": "dev", "approval": False}]),
        (says("hold", "Paused"), 3, []),
        (says("hold", "Degraded"), 4, []),
        (says("none", "Degraded", None), 4, []),
        (says("repair", "Degraded"), 4, [{"stack": "dev", "approval": False}]),
    ],
)
def test_who_goes_on(command: Command, status: dict[str, Any], code: int, due: list[dict[str, Any]]):
    ended, said, outputs = command("due", status, code, ROLLOUT_STACKS="dev")
    assert ended == 0, said
    assert json.loads(outputs["due"]) == due


def test_a_stack_that_cannot_be_read_is_red_and_keeps_nobody_waiting(command: Command):
    code, said, outputs = command("due", says("advance"), 1, ROLLOUT_STACKS="dev prod")
    assert code == 1
    assert "::error::dev: " in said
    assert "::error::prod: " in said
    assert outputs == {"due": "[]"}


STACKS = ["dev", "staging", "prod"]


@pytest.mark.parametrize(
    ("files", "touched"),
    [
        (["Pulumi.prod.yaml"], ["prod"]),
        (["Pulumi.prod.yaml", "Pulumi.dev.yaml", "docs/adopt.md"], ["dev", "prod"]),
        (["Pulumi.other.yaml"], []),
        (["README.md", "docs/adopt.md", "docs/adopt.svg", "tests/ml/test_score.py"], []),
        (["ml/serving/README.md"], STACKS),
        (["Pulumi.yaml"], STACKS),
        (["rollout/core/decide.py"], STACKS),
        (["ml/serving/score.py", "Pulumi.dev.yaml"], STACKS),
        (["a folder nobody knows/file"], STACKS),
        ([".github/workflows/deploy.yml"], STACKS),
        (["tests/Pulumi.dev.yaml"], []),
        ([], []),
    ],
)
def test_which_stacks_a_change_touches(
    command: Command, tmp_path: Path, files: list[str], touched: list[str]
):
    git(tmp_path, "init", "-q")
    (tmp_path / "first").write_text("")
    base = commit(tmp_path, "first")
    for file in files:
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).write_text("changed")
    if files:
        commit(tmp_path, *files)
    code, said, outputs = command("touched", BASE=base, ROLLOUT_STACKS="dev staging prod")
    assert code == 0, said
    assert json.loads(outputs["stacks"]) == touched


@pytest.mark.parametrize("base", ["0" * 40, "f" * 40])
def test_all_are_touched_where_git_cannot_tell(command: Command, tmp_path: Path, base: str):
    git(tmp_path, "init", "-q")
    (tmp_path / "first").write_text("")
    commit(tmp_path, "first")
    outputs = command("touched", BASE=base, ROLLOUT_STACKS="dev staging prod")[2]
    assert json.loads(outputs["stacks"]) == STACKS
