"""What is proposed for the next stack, and how."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.workflows.git import git
from tests.workflows.said import says

if TYPE_CHECKING:
    from pathlib import Path

    from tests.workflows.conftest import Command
    from tests.workflows.hub import Hub

RELEASED = {
    **says("none", "Healthy", None),
    "deployments": [{"role": "prod", "release": "tiny:2-abcdef12"}],
}


@pytest.mark.parametrize(
    ("status", "named", "proposed"),
    [
        (RELEASED, "tiny:1", True),
        (RELEASED, "tiny:2", False),
        ({**RELEASED, "phase": "Degraded"}, "tiny:1", False),
        ({**RELEASED, "wanted": "tiny:3-12345678"}, "tiny:1", False),
        (says("start", stage=None), "tiny:1", False),
    ],
)
def test_what_is_healthy_is_proposed_for_the_next_stack(
    command: Command,
    tmp_path: Path,
    status: dict[str, Any],
    named: str,
    proposed: bool,  # noqa: FBT001
):
    (tmp_path / "Pulumi.prod.yaml").write_text(f"rollout:model: {named}\n")
    code, said, outputs = command("promotions", status, ROLLOUT_STACKS="dev prod", NEW="tiny:2")
    assert code == 0, said
    change = {"from": "dev", "to": "prod", "release": "tiny:2-abcdef12", "file": "Pulumi.prod.yaml"}
    change["blob"] = git(tmp_path, "hash-object", "Pulumi.prod.yaml")
    expected = [{**change, "content": "rollout:model: tiny:2\n"}] if proposed else []
    assert json.loads(outputs["changes"]) == expected


def test_what_cannot_be_promoted_is_red_and_keeps_nobody_waiting(command: Command, tmp_path: Path):
    (tmp_path / "Pulumi.prod.yaml").write_text("")
    stacks = "dev nosuch dev prod"
    code, said, outputs = command("promotions", RELEASED, ROLLOUT_STACKS=stacks, REFUSED="not registered")
    assert code == 1
    assert "Pulumi.nosuch.yaml" in said
    assert "::error::tiny:2-abcdef12 can't be promoted from dev to prod: not registered" in said
    assert outputs == {"changes": "[]"}


# Each stack serves m:1, but dev m:2; what config names else is on its way.
CHAIN = """#!/bin/sh
named=$(cat "Pulumi.$3.yaml"); serves=m:1; [ "$3" != dev ] || serves=m:2
[ "$1" = status ] || { cat "Pulumi.$3.yaml" > "Pulumi.$5.yaml"; exit "$CODE"; }
phase=Healthy; [ "$named" = $serves ] || phase=Progressing
echo '{"phase": "'$phase'", "wanted": "'$named'", "deployments": [{"role": "prod", "release": "'$serves'"}]}'
"""


@pytest.mark.parametrize("code", [0, 2])
def test_what_is_proposed_for_one_stack_keeps_nothing_from_the_one_after_it(
    command: Command, tmp_path: Path, code: int
):
    (tmp_path / "bin" / "rollout").write_text(CHAIN)
    for stack, named in (("dev", "m:2"), ("staging", "m:1"), ("prod", "m:0")):
        (tmp_path / f"Pulumi.{stack}.yaml").write_text(named)
    _, said, outputs = command("promotions", code=code, ROLLOUT_STACKS="dev staging prod")
    found = [(each["to"], each["release"], each["content"]) for each in json.loads(outputs["changes"])]
    assert found == ([] if code else [("staging", "m:2", "m:2"), ("prod", "m:1", "m:1")]), said
    assert said.count("can't be promoted") == (2 if code else 0)
    assert (tmp_path / "Pulumi.staging.yaml").read_text() == "m:1"
    assert (tmp_path / "Pulumi.prod.yaml").read_text() == "m:0"


def change(release: str, blob: str) -> str:
    name = "Pulumi.prod.yaml"
    of = {"from": "dev", "to": "prod", "release": release}
    return json.dumps([{**of, "file": name, "blob": blob, "content": release}])


def test_a_proposal_follows_the_newest_release_and_takes_no_for_an_answer(
    command: Command, tmp_path: Path, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    env["GITHUB_TOKEN"] = github.token({"contents": "write", "pull-requests": "write"})
    (tmp_path / "Pulumi.prod.yaml").write_text("tiny:0")
    blob = git(tmp_path, "hash-object", "Pulumi.prod.yaml")
    command("propose", CHANGES=change("tiny:1-a", blob), **env)
    command("propose", CHANGES=change("tiny:2-b", blob), **env)
    assert [(pull["number"], pull["title"], pull["state"]) for pull in github.pulls] == [
        (8, "Promote tiny:2-b from dev to prod", "open")
    ]
    assert github.branches == {"promote/prod": {"Pulumi.prod.yaml": "tiny:2-b"}}
    github.pulls[0]["state"] = "closed"
    said = command("propose", CHANGES=change("tiny:2-b", blob), **env)[1]
    assert "was asked before and answered" in said
    assert len(github.pulls) == 1
    command("propose", CHANGES=change("tiny:3-c", blob), **env)
    assert [pull["state"] for pull in github.pulls] == ["closed", "open"]


def test_a_proposal_takes_back_nothing_that_was_merged_since_it_was_made(
    command: Command, tmp_path: Path, hub: tuple[Hub, dict[str, str]]
):
    github, env = hub
    env["GITHUB_TOKEN"] = github.token({"contents": "write", "pull-requests": "write"})
    file = tmp_path / "Pulumi.prod.yaml"
    file.write_text("tiny:0")
    blob = git(tmp_path, "hash-object", file.name)
    file.write_text("tiny:0, and three instances")
    code, said, _ = command("propose", CHANGES=change("tiny:1-a", blob), **env)
    assert code == 0, said
    assert "Pulumi.prod.yaml was changed on main meanwhile. It comes up again." in said
    assert (github.branches, github.pulls) == ({}, [])
