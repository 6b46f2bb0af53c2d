"""`kill -9` of `pulumi up` at each named write, and at a few random instants: the next `up`s go on.

`make soak` kills a hundred at random.
"""

from __future__ import annotations

import os
import random
import signal
import time
from typing import TYPE_CHECKING

from tests.engine.workspace import stock
from tests.soak.crash import DELETION, STATE, up_killed
from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

RANDOM_KILLS = 3
FIRST_TAG = "tag 1 to be set"


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


def test_killed_at_each_write(rollout: Callable[..., Rollout]) -> None:
    """A write of another kind in each phase; `make soak` goes through all of them in all phases."""
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    endpoint = f"/onlineEndpoints/{given.project.endpoint}"
    since = given.azure.mark()
    _interrupted(given, lambda: given.asked(since, endpoint))
    assert _ups_until(given, "promote")[-1] == "promote"
    given.project.release(2)
    with Load(given) as load:
        given.killed_at(f"{endpoint}/deployments/green")
        steps = _ups_until(given, "advance")
        assert given.traffic() == {"blue": 90, "green": 10}, steps

        given.serve()
        given.killed_at(endpoint)
        assert given.traffic() == {"blue": 50, "green": 50}
        assert given.up().step == "repair"

        given.serve()
        before = given.project.tags()
        assert up_killed(given, FIRST_TAG, group=True) is None
        assert given.traffic() == {"green": 100}
        assert given.project.tags() == before, "nothing was published"
        assert given.up().step == "repair"
        assert given.project.tags()["ROLLOUT_STAGE"] == "100"

        life = Life(given)
        for phase, write in (("promote", STATE), ("retire", DELETION)):
            life.go_to(phase)
            assert up_killed(given, write, group=False) is None, f"{phase} has no {write}"
            run = given.up()
            assert run.step in (phase, "repair", "finish"), run.out
        assert _ups_until(given, "none")[-1] == "none"
    assert load.failed == []
    assert given.traffic() == {"green": 100}
    assert list(given.deployments()) == ["green"]


def test_killed_while_a_slot_is_replaced(rollout: Callable[..., Rollout]) -> None:
    """The engine holds a deployment then that it has deleted and not made again, and Azure makes it."""
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    given.project.release(2)
    assert given.up().step == "start"
    given.say("abort", "--reason", "not that one")
    assert given.up(code=1).step == "abort"
    given.project.release(3)
    given.killed_at("/deployments/green")
    held = given.project.state()["deployment"]["resources"]
    assert any(each.get("pendingReplacement") for each in held)
    given.settled("green")
    steps = []
    while not steps or steps[-1] != "advance":
        run = given.project.up(check=False)
        steps.append(run.step)
        assert run.code == 0, run.out
        assert len(steps) < 4, steps
    print(steps)
    assert given.deployments()["green"].startswith("tiny:3-")
    assert given.traffic() == {"blue": 90, "green": 10}
    assert given.project.up("--expect-no-changes").step == "hold"


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


def test_killed_at_random_instants_nothing_is_lost(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    seed = random.SystemRandom().randrange(2**32)
    print(f"seed {seed}")
    with Load(given) as load:
        kills = kill_at_random(Life(given), load, RANDOM_KILLS, seed, tell=True)
    assert kills.count == RANDOM_KILLS
    assert load.failed == []
