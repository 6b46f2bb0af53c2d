"""`kill -9` of `pulumi up` at each named write, and at a few random instants: the next `up`s go on.

`make soak` kills a hundred at random.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from typing import TYPE_CHECKING

from tests.engine.workspace import stock
from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    import pytest

    from tests.engine.rollout import Rollout

RANDOM_KILLS = 3


def _interrupted(given: Rollout, reached: Callable[[], bool]) -> None:
    """Start `pulumi up`, and press Ctrl-C the moment the condition holds: that leaves no lock."""
    running = given.project.start("up", "--yes", "--skip-preview", "--non-interactive")
    while not reached():
        assert running.poll() is None
        time.sleep(0.05)
    os.killpg(running.pid, signal.SIGINT)
    running.communicate(timeout=60)


def _ups_until(given: Rollout, wanted: str) -> list[str]:
    """Run `up`s until that step, with good traffic; returns the steps. Nothing rises unproved."""
    steps: list[str] = []
    share = given.traffic().get("green", 0)
    for _ in range(9):
        run = given.up()
        steps.append(run.step)
        risen = given.traffic().get("green", 0)
        if risen > share:
            assert run.step == "advance", run.out
            assert given.deployments()["green"].startswith("tiny:2-")
            assert given.project.tags()["ROLLOUT_PROBE"].startswith("Successful tiny:2-")
        if run.step in ("repair", "start"):
            assert risen == share
        share = risen
        if run.step == wanted:
            return steps
        given.serve(minutes=31)
    raise AssertionError(f"no {wanted}: {steps}")


def test_killed_at_each_write(
    rollout: Callable[..., Rollout], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = rollout()
    endpoint = f"/onlineEndpoints/{given.project.endpoint}"
    since = given.azure.mark()
    _interrupted(given, lambda: given.asked(since, endpoint))
    assert _ups_until(given, "promote")[-1] == "promote"
    given.project.release(2)

    given.killed_at(f"{endpoint}/deployments/green")
    steps = _ups_until(given, "advance")
    assert given.traffic() == {"blue": 90, "green": 10}, steps

    given.serve()
    given.killed_at(endpoint)
    assert given.traffic() == {"blue": 50, "green": 50}
    assert given.up().step == "repair"

    given.serve()
    before = given.project.tags()
    stuck = tmp_path / "stuck"
    path = given.project.env["PATH"]
    monkeypatch.setitem(given.project.env, "PATH", f"{_no_tag_is_set(tmp_path, stuck)}{os.pathsep}{path}")
    given.killed_once(stuck.exists)
    monkeypatch.setitem(given.project.env, "PATH", path)
    assert given.traffic() == {"green": 100}
    assert given.project.tags() == before, "nothing was published"
    assert given.up().step == "repair"
    assert given.project.tags()["ROLLOUT_STAGE"] == "100"

    given.serve()
    assert _ups_until(given, "none") == ["promote", "retire", "finish", "none"]
    assert given.traffic() == {"green": 100}
    assert list(given.deployments()) == ["green"]


def test_killed_while_the_workspace_is_made(rollout: Callable[..., Rollout]) -> None:
    """Azure makes it all the same: the next `up` takes it over as it is, and goes on."""
    own = {"rollout:resourceGroup": "rg-killed", "rollout:workspace": "mlw-killed"}
    given = rollout(**{"rollout:createWorkspace": True, **own})
    given.killed_at("/workspaces/mlw-killed")
    stock(given.azure, "rg-killed", "mlw-killed")
    mark = given.azure.mark()
    run = given.up()
    assert run.step == "start", run.out
    written = [each for each in given.writes(mark) if "rg-killed" in each and "mlw-killed/" not in each]
    assert not written
    ids = {
        each.get("id", "").partition("/workspaces/")[2]
        for each in given.project.state()["deployment"]["resources"]
    }
    assert "mlw-killed" in ids


def _no_tag_is_set(folder: Path, stuck: Path) -> Path:
    """Make a `pulumi` that hangs where it is to set a tag, and says that it does; returns its folder."""
    shim = folder / "shim" / "pulumi"
    shim.parent.mkdir()
    real = shutil.which("pulumi")
    hangs = f'case "$*" in "stack tag set"*) touch {stuck}; sleep 60; exit 1;; esac'
    shim.write_text(f'#!/bin/sh\n{hangs}\nexec {real} "$@"\n')
    shim.chmod(0o755)
    return shim.parent


def test_killed_at_random_instants_nothing_is_lost(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    seed = random.SystemRandom().randrange(2**32)
    with Load(given) as load:
        kills = kill_at_random(Life(given), load, RANDOM_KILLS, seed, tell=True)
    assert kills.count == RANDOM_KILLS
    assert load.failed == []
