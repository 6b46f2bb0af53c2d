"""What each of the pipeline's commands does, one by one, with a `rollout` that says what a test wants."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from tests.engine.project import ROOT
from tests.workflows.hub import Hub, serve
from tests.workflows.runner import assignments

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Command = Callable[..., tuple[int, str, dict[str, str]]]

PIPELINE = ROOT / ".github" / "pipeline"
ROLLOUT = """#!/bin/sh
cat "$SAID"
exit "$CODE"
"""
PULUMI = """#!/bin/sh
cat "$DIFF"
exit "${PREVIEW:-0}"
"""


@pytest.fixture
def command(tmp_path: Path) -> Command:
    """Runs one command of the pipeline; returns its exit code, what it printed, and its outputs."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for program, text in (("rollout", ROLLOUT), ("pulumi", PULUMI)):
        (programs / program).write_text(text)
        (programs / program).chmod(0o755)
    (tmp_path / "diff").write_text("  ~ a diff")

    def run(
        name: str, status: dict[str, Any] | None = None, code: int = 0, **env: str
    ) -> tuple[int, str, dict[str, str]]:
        (tmp_path / "said").write_text(json.dumps(status))
        (tmp_path / "output").write_text("")
        done = subprocess.run(
            [sys.executable, str(PIPELINE), name],
            cwd=tmp_path,
            env={
                "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
                "SAID": str(tmp_path / "said"),
                "CODE": str(code),
                "DIFF": str(tmp_path / "diff"),
                "GITHUB_OUTPUT": str(tmp_path / "output"),
                "GITHUB_STEP_SUMMARY": str(tmp_path / "summary"),
                **env,
            },
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, done.stdout + done.stderr, assignments((tmp_path / "output").read_text())

    return run


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[tuple[Hub, dict[str, str]]]:
    """A GitHub, and what a step needs to call it."""
    hub = Hub(tmp_path / "identity")
    server, address = serve(hub)
    yield hub, {"GITHUB_API_URL": address, "GITHUB_REPOSITORY": "someone/credit"}
    server.shutdown()


def says(step: str, phase: str = "Progressing", stage: int | None = 10) -> dict[str, Any]:
    return {
        "phase": phase,
        "wanted": "tiny:2-abcdef12",
        "deployments": [],
        "stage": None if stage is None else {"traffic": stage, "mirror": 0},
        "gates": [],
        "next": {"step": step, "reason": "because"},
    }


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
    assert outputs == {"next": f"dev: {step}, tiny:2-abcdef12 at 10 %", "approval": str(approval).lower()}


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
    code, said, outputs = command("still", now, STACK="dev", APPROVED=looked["next"])
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
        (["README.md", "tests/ml/test_score.py"], []),
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


def test_a_run_that_waits_for_approval_is_not_asked_for_again(
    command: Command, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    github.waiting = ["prod"]
    token = github.token({"actions": "write"})
    due = json.dumps([{"stack": "dev", "approval": True}, {"stack": "prod", "approval": True}])
    code, said, _ = command("start", DUE=due, GITHUB_TOKEN=token, **env)
    assert code == 0, said
    assert github.dispatched == ["dev"]
    assert "prod: a run waits for approval already" in said


def change(release: str) -> str:
    name = "Pulumi.prod.yaml"
    return json.dumps([{"from": "dev", "to": "prod", "release": release, "file": name, "content": release}])


def test_a_proposal_follows_the_newest_release_and_takes_no_for_an_answer(
    command: Command, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    env["GITHUB_TOKEN"] = github.token({"contents": "write", "pull-requests": "write"})
    command("propose", CHANGES=change("tiny:1-a"), **env)
    command("propose", CHANGES=change("tiny:2-b"), **env)
    assert [(pull["number"], pull["title"]) for pull in github.pulls] == [
        (8, "Promote tiny:2-b from dev to prod")
    ]
    assert github.branches == {"promote/prod": {"Pulumi.prod.yaml": "tiny:2-b"}}
    github.pulls[0]["state"] = "closed"
    said = command("propose", CHANGES=change("tiny:2-b"), **env)[1]
    assert "was asked before and answered" in said
    assert len(github.pulls) == 1
    command("propose", CHANGES=change("tiny:3-c"), **env)
    assert [pull["state"] for pull in github.pulls] == ["closed", "open"]


def test_a_token_without_the_permission_is_red(command: Command, hub: tuple[Hub, dict[str, str]]):
    github, env = hub
    token = github.token({"actions": "read"})
    code, said, _ = command("start", DUE='[{"stack": "dev", "approval": false}]', GITHUB_TOKEN=token, **env)
    assert code == 1
    assert "403" in said


def test_somebody_elses_comment_is_left_alone(command: Command, hub: tuple[Hub, dict[str, str]]):
    github, env = hub
    marker = "<!-- azureml-rollout: preview -->\n"
    github.comments = [{"id": 1, "user": {"type": "User"}, "body": f"{marker}mine"}]
    env |= {"GITHUB_TOKEN": github.token({"pull-requests": "write"}), "PULL_REQUEST": "7"}
    assert command("comment", COMMENT=f"{marker}ours", **env)[0] == 0
    assert [each["body"] for each in github.comments] == [f"{marker}mine", f"{marker}ours"]
    assert command("comment", COMMENT=f"{marker}It touches no stack.", **env)[0] == 0
    assert github.comments[1]["body"].endswith("no stack.")


def test_no_preview_to_post_is_red(command: Command, hub: tuple[Hub, dict[str, str]]):
    _, env = hub
    code, said, _ = command("comment", COMMENT="", PULL_REQUEST="7", **env)
    assert code == 1
    assert "no preview to post" in said


def previewed(command: Command, status: dict[str, Any] | None, **env: str) -> tuple[int, str]:
    code, _, outputs = command("preview", status, STACKS='["dev"]', COMMIT="f00d", **env)
    return code, outputs["comment"]


def test_a_preview_has_the_step_the_gates_and_the_diff(command: Command):
    found = says("hold")
    found["next"]["reason"] = "green isn't `ready`, ask @somebody"
    found["deployments"] = [{"name": "blue", "traffic": 90}, {"name": "green", "traffic": 10}]
    gate = {"gate": "errors", "verdict": "Successful", "dryRun": True, "reason": "0 | 1 <b>"}
    found["gates"] = [gate]
    code, comment = previewed(command, found)
    assert code == 0
    assert "### dev: hold\n\ngreen isn't \\`ready\\`, ask &#64;somebody.\n" in comment
    assert "Now Progressing; traffic: blue 90 %, green 10 %." in comment
    assert "| errors | Successful (dry run) | 0 \\| 1 &lt;b&gt; |" in comment
    assert "<details><summary>Diff</summary>\n\n```text\n  ~ a diff\n```" in comment


def test_a_preview_that_fails_is_posted_and_red(command: Command):
    code, comment = previewed(command, says("none"), PREVIEW="1")
    assert code == 1
    assert "<details open><summary>The preview failed</summary>" in comment


def test_a_status_that_cannot_be_read_leaves_the_diff(command: Command):
    comment = command("preview", code=1, STACKS='["dev"]', COMMIT="f00d")[2]["comment"]
    assert "rollout status ended with 1" in comment
    assert "~ a diff" in comment


def test_a_long_diff_is_cut_and_no_text_ends_its_block(command: Command, tmp_path: Path):
    (tmp_path / "diff").write_text("```\n" + "ä" * 200_000)
    comment = previewed(command, says("none"))[1]
    assert len(comment.encode()) < 65_000
    assert "\n````text\n```\nä" in comment
    assert comment.count("````") == 2
    assert "the rest is in the run's log" in comment


def test_a_token_takes_the_place_of_the_last_one_or_leaves_it(
    tmp_path: Path, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    file = tmp_path / "azure-token"

    def renew(permission: str) -> int:
        env.update(
            PATH=os.environ["PATH"],
            RUNNER_TEMP=str(tmp_path),
            ACTIONS_ID_TOKEN_REQUEST_URL=f"{env['GITHUB_API_URL']}/oidc?run=1",
            ACTIONS_ID_TOKEN_REQUEST_TOKEN=github.token({"id-token": permission}),
        )
        script = ROOT / ".github" / "actions" / "azure" / "token"
        return subprocess.run([str(script)], env=env, capture_output=True, check=False, timeout=60).returncode

    for token in ("first", "second"):
        github.identity.write_text(token)
        assert renew("write") == 0
        assert file.read_text() == f"{token}\n"
    assert file.stat().st_mode & 0o077 == 0
    assert renew("none") != 0
    assert file.read_text() == "second\n"


def git(folder: Path, *arguments: str) -> str:
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.org")
    done = subprocess.run(["git", *who, *arguments], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def commit(folder: Path, *files: str) -> str:
    git(folder, "add", "--", *files)
    git(folder, "commit", "-qm", "Change")
    return git(folder, "rev-parse", "HEAD")
