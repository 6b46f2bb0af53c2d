"""A comparison that can't tell, on the real engine: it waits for history, asks a person, and goes on."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

CONFIG = {
    "rollout:stages": [
        {"traffic": 10, "bake": "20m", "minRequests": 5},
        {"traffic": 100, "bake": "20m", "minRequests": 5},
    ],
    "rollout:gates": [
        {
            "name": "errors-vs-prod",
            "compare": "prod",
            "measure": "errors",
            "source": "metrics",
            "margin": "1pp",
        },
        {
            "name": "latency",
            "source": "metrics",
            "metric": "RequestLatency_P90",
            "aggregation": "Average",
            "interval": "1m",
            "points": 5,
            "max": "50ms",
        },
    ],
    "rollout:maxWait": "15m",
}


def test_a_person_accepts_what_a_comparison_has_proved(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**CONFIG)
    given.healthy()
    given.project.release(2)
    assert given.up().step == "start"
    thin = given.project.preview("--expect-no-changes")
    assert thin.step == "hold"
    assert "and a baseline needs" in thin.out

    given.serve()
    assert given.up().step == "advance"
    tags = given.endpoint()["tags"]
    assert '"tier":"metrics","requests":1' in tags["ROLLOUT_BASELINE"]
    assert given.project.tags()["ROLLOUT_BASELINE"] == tags["ROLLOUT_BASELINE"]

    given.serve(minutes=24)
    asked = given.project.status(code=3)
    assert asked["phase"] == "Paused"
    assert "rollout approve --margin" in asked["next"]["reason"]
    given.project.pulumi("stack", "tag", "set", "--", "ROLLOUT_APPROVED", _elsewhere(given), check=True)
    ignored = given.project.preview("--expect-no-changes")
    assert ignored.step == "hold"
    assert "is for another release or stage and is ignored" in ignored.out

    _approve(given)
    accepted = given.up()
    assert accepted.step == "advance"
    assert "accepted that it may be up to" in accepted.out
    assert given.traffic() == {"green": 100}
    after = given.project.tags()
    assert "ROLLOUT_APPROVED" not in after
    assert after["ROLLOUT_BASELINE"] == tags["ROLLOUT_BASELINE"], "frozen at the first stage"
    assert after["ROLLOUT_STAGES"].startswith("10@")


def _elsewhere(given: Rollout) -> str:
    release = given.project.tags()["ROLLOUT_RELEASE"]
    return f"{release}@50 margin 50pp by somebody at 2026-11-21T10:00:00Z"


def _approve(given: Rollout) -> None:
    done = subprocess.run(
        ["rollout", "approve", "--stack", given.project.stack],
        cwd=given.project.folder,
        env=given.project.env,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
