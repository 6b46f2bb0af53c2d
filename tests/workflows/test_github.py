"""What the pipeline writes on GitHub, and how a run proves who it is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

from tests.engine.project import ROOT
from tests.workflows.git import commit, git
from tests.workflows.said import says

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.conftest import Command
    from tests.workflows.hub import Hub


def test_a_run_that_waits_for_approval_is_not_asked_for_again(
    command: Command, tmp_path: Path, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    here = git(tmp_path, "rev-parse", "HEAD")
    github.waiting = [*[("staging", here)] * 100, ("prod", here)]
    token = github.token({"actions": "write"})
    due = json.dumps([{"stack": "dev", "approval": True}, {"stack": "prod", "approval": True}])
    code, said, _ = command("start", DUE=due, GITHUB_TOKEN=token, **env)
    assert code == 0, said
    assert github.dispatched == ["dev"]
    assert "prod: a run waits for approval already" in said


def test_a_run_that_waits_with_an_older_main_keeps_nothing_waiting(
    command: Command, tmp_path: Path, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    before = git(tmp_path, "rev-parse", "HEAD")
    for file in ("Pulumi.dev.yaml", "README.md"):
        (tmp_path / file).write_text("changed")
        commit(tmp_path, file)
    github.waiting = [("dev", before), ("prod", before)]
    token = github.token({"actions": "write"})
    due = json.dumps([{"stack": "dev", "approval": True}, {"stack": "prod", "approval": True}])
    code, said, _ = command("start", DUE=due, GITHUB_TOKEN=token, **env)
    assert code == 0, said
    assert github.dispatched == ["dev"]
    assert "dev: https://github.com/runs/0 waits with what main doesn't say any more" in said
    assert "prod: a run waits for approval already" in said


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
    curl = tmp_path / "curl"
    curl.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/arguments\nexec {shutil.which("curl")} "$@"\n')
    curl.chmod(0o755)

    def renew(permission: str) -> int:
        env.update(
            PATH=f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
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
    arguments = (tmp_path / "arguments").read_text()
    assert len(arguments.splitlines()) == 3
    assert [token for token in github.tokens if token in arguments] == [], "every process can read them"
