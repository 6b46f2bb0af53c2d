"""A run that waited while something newer was merged: what it does is what main says by then."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.engine.project import ROOT
from tests.workflows.git import commit, git
from tests.workflows.hub import Hub, serve
from tests.workflows.runner import IDENTITY, Runner

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.workflows.runner import Job

FILE = "Pulumi.prod.yaml"
PROGRAMS = {
    # What config names goes on; anything else was superseded and is taken back.
    "rollout": """#!/bin/sh
wanted=$(cat Pulumi.prod.yaml)
step=abort; [ "$wanted" != "$(cat "$CANDIDATE")" ] || step=advance
cat <<END
{"phase": "Progressing", "wanted": "$wanted", "deployments": [], "stage": {"traffic": 10, "mirror": 0},
 "gates": [], "next": {"step": "$step", "reason": "because"}}
END
""",
    "pulumi": """#!/bin/sh
[ "$1" != up ] || cat Pulumi.prod.yaml >> "$UPS"
""",
}


@dataclass
class Place:
    """A repository, what is a candidate in Azure, and which models an `up` was for."""

    origin: Path
    runner: Runner
    candidate: Path
    ups: Path

    def merge(self, text: str, file: str = FILE) -> str:
        """Merge a file and return the commit."""
        (self.origin / file).write_text(text)
        return commit(self.origin, file)

    def deploy(self, sha: str) -> dict[str, Job]:
        """Run the workflow that was started at this commit."""
        return self.runner.run("deploy.yml", "workflow_dispatch", {"stack": "prod"}, sha)

    def before(self, environment: str, what: Callable[[], object]) -> None:
        """Let something happen before a job starts in this environment."""

        def deploying(name: str) -> None:
            if name == environment:
                what()

        self.runner.deploying = deploying

    def done(self) -> list[str]:
        """Return which models an `up` was for."""
        return self.ups.read_text().split() if self.ups.exists() else []


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    origin, programs = tmp_path / "origin", tmp_path / "bin"
    for folder in (origin / "tools", programs):
        folder.mkdir(parents=True)
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text)
        (programs / name).chmod(0o755)
    (origin / "tools" / "env").write_text("#!/bin/sh\n")
    (origin / "tools" / "env").chmod(0o755)
    (origin / ".github").symlink_to(ROOT / ".github")
    git(origin, "init", "-qb", "main")
    commit(origin, "tools", ".github")
    hub = Hub(tmp_path / "identity", origin)
    hub.identity.write_text("token")
    server, address = serve(hub)
    candidate, ups = tmp_path / "candidate", tmp_path / "ups"
    path = os.pathsep.join((str(programs), str(Path(sys.executable).parent), os.environ["PATH"]))
    env = {"PATH": path, "HOME": str(tmp_path), "CANDIDATE": str(candidate), "UPS": str(ups)}
    where = dict.fromkeys(IDENTITY, "0")
    variables = {"": {"ROLLOUT_STACKS": "prod"}, "preview": where, "prod": where}
    runner = Runner(tmp_path, tmp_path / "runs", env, hub, address, variables, {}, origin)
    yield Place(origin, runner, candidate, ups)
    server.shutdown()


def test_an_old_run_that_is_approved_takes_nothing_newer_back(place: Place) -> None:
    old = place.merge("m:8")
    place.candidate.write_text("m:8")

    def newer() -> None:
        place.merge("m:9")
        place.candidate.write_text("m:9")

    place.before("prod-approval", newer)
    jobs = place.deploy(old)
    assert jobs["approval"].name == "prod: advance, m:8 at 10 %"
    assert "Nothing is done" in jobs["up"].log
    assert place.done() == []


def test_an_old_run_that_is_run_again_does_what_main_says(place: Place) -> None:
    old = place.merge("m:8")
    place.merge("m:9")
    place.candidate.write_text("m:9")
    jobs = place.deploy(old)
    assert jobs["look"].outputs["next"] == "prod: advance, m:9 at 10 %", jobs["look"].log
    assert jobs["approval"].result == "success"
    assert place.done() == ["m:9"]


def test_what_was_approved_is_done_though_a_page_was_merged_meanwhile(place: Place) -> None:
    started = place.merge("m:8")
    place.candidate.write_text("m:8")
    place.before("prod-approval", lambda: place.merge("a page", "README.md"))
    jobs = place.deploy(started)
    assert jobs["approval"].result == "success", jobs["look"].log
    assert place.done() == ["m:8"], jobs["up"].log


def test_an_abort_is_not_kept_waiting_by_what_was_merged_meanwhile(place: Place) -> None:
    started = place.merge("m:8")
    place.candidate.write_text("m:7")
    place.before("prod", lambda: place.merge("m:9"))
    jobs = place.deploy(started)
    assert jobs["approval"].result == "skipped", jobs["look"].log
    assert place.done() == ["m:9"], jobs["up"].log
