"""People's commands on the real engine: one stack, from its first release to one that is undone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

STAGES = [
    {"traffic": 10, "bake": "10m", "minRequests": 5},
    {"traffic": 50, "bake": "10m", "minRequests": 5, "approval": True},
    {"traffic": 100, "bake": "10m", "minRequests": 5},
]


def command(given: Rollout, *words: str, code: int = 0) -> str:
    """Run a `rollout` command, which must end with that code; what it printed."""
    done = subprocess.run(
        ["rollout", words[0], "--stack", given.project.stack, *words[1:]],
        cwd=given.project.folder,
        env=given.project.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=240,
    )
    assert done.returncode == code, done.stdout + done.stderr
    return done.stdout


def told(given: Rollout, *words: str) -> dict[str, Any]:
    """Run a command that says what the next `up` will do."""
    return json.loads(command(given, *words, "--json"))["next"]


def interrupted(given: Rollout) -> None:
    """Interrupt a run, as Ctrl-C at a terminal does, once its `up` is under way: no lock is left."""
    running = subprocess.Popen(
        ["rollout", "run", "--stack", given.project.stack],
        cwd=given.project.folder,
        env=given.project.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    for line in running.stderr or ():
        if "Updating" in line:
            break
    os.killpg(running.pid, signal.SIGINT)
    _, err = running.communicate(timeout=120)
    assert running.returncode == 130, err
    assert "`rollout run` goes on from there" in err
    checks = json.loads(command(given, "doctor", "--json", code=3))["checks"]
    assert next(each["state"] for each in checks if each["name"] == "lock") == "ok"


def test_from_a_first_release_to_one_that_is_undone(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:stages": STAGES})
    first = command(given, "run", "--every", "1")
    assert "blue serves tiny:1-" in first.splitlines()[-1]

    assert told(given, "release", "2")["step"] == "start"
    assert given.project.settings()["rollout:model"] == "azureml:tiny:2"
    command(given, "run", "--until", "10", "--every", "1")
    assert given.traffic() == {"blue": 90, "green": 10}

    assert told(given, "pause", "--reason", "a freeze")["phase"] == "Paused"
    given.serve()
    paused = [json.loads(line) for line in command(given, "run", "--json", code=3).splitlines()]
    assert paused[-1]["event"] == "end"
    assert "a freeze" in paused[-1]["reason"]
    assert told(given, "resume")["phase"] == "Paused", "a person has to approve 50 %"
    assert told(given, "approve", "--stage", "50")["step"] == "advance"
    command(given, "run", "--until", "50", "--every", "1")
    assert given.traffic() == {"blue": 50, "green": 50}

    interrupted(given)
    assert told(given, "abort")["step"] == "abort"
    mark = given.azure.mark()
    ended = command(given, "run", "--every", "1", code=4)
    assert "abort: green" in ended
    assert given.traffic() == {"blue": 100}
    assert len(given.puts(mark)) == 1
    given.project.status(code=4)

    assert told(given, "retry", "--reason", "it was the network")["step"] == "start"
    command(given, "run", "--until", "10", "--every", "1")
    assert told(given, "skip", "--reason", "tested by hand")["step"] == "promote"
    assert given.up().step == "promote"
    assert given.traffic() == {"green": 100}
    assert told(given, "undo", "--reason", "complaints")["step"] == "undo"
    assert given.up(code=1).step == "undo"
    assert given.traffic() == {"blue": 100}
    assert "ROLLOUT_INTENT" not in given.project.tags()

    kept = json.loads(command(given, "history", "--json"))["transitions"]
    steps = "start promote start advance advance abort start advance promote undo"
    assert " ".join(each["step"] for each in kept) == steps
    assert "complaints" in kept[-1]["reason"]
    assert kept[-1]["who"]
