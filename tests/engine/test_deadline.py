"""A stage's deadline on the real engine: what counts towards it, what doesn't, and what its end is."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

CONFIG = {
    "rollout:gates": None,
    "rollout:maxWait": "12h",
    "rollout:stages": [
        {"traffic": 10, "bake": "20m", "deadline": "30m"},
        {"traffic": 50, "bake": "20m", "approval": True},
        {"traffic": 100, "bake": "20m"},
    ],
}
FEW, MANY = 20, 600
"""Requests a minute: too few to tell of a tenth of them within the deadline, and enough."""


def test_a_deadline_counts_what_could_be_judged(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**CONFIG)
    given.healthy()
    given.serve(minutes=20, per_minute=MANY)
    _is_taken_back_in_doubt(given)
    _waits_for_a_person_without_being_late(given)


def _is_taken_back_in_doubt(given: Rollout) -> None:
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    given.serve(minutes=25, per_minute=FEW)
    _stays(given)

    given.say("pause", "--reason", "nobody is there to look")
    given.serve(minutes=60, per_minute=FEW)
    assert "paused by" in _stays(given)
    given.say("resume")
    _stays(given)

    given.azure.advance(hours=2)
    _stays(given)

    given.serve(minutes=20, per_minute=FEW)
    _stays(given)
    given.serve(minutes=20, per_minute=FEW)
    since = given.azure.mark()
    late = given.up(code=1)
    assert late.step == "abort"
    assert "is past its deadline of 30m at 10 %" in late.out
    assert len(given.puts(since)) == 1
    assert given.traffic() == {"blue": 100}
    assert given.endpoint()["tags"]["FAILED_RELEASE"].startswith("tiny:2-")


def _waits_for_a_person_without_being_late(given: Rollout) -> None:
    given.project.release(3)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    for minutes in (25, 60):
        given.serve(minutes=minutes, per_minute=MANY)
        assert "needs a person's approval" in _stays(given)
    given.say("approve", "--stage", "50")
    assert given.up().step == "advance"
    assert given.traffic() == {"blue": 50, "green": 50}


def _stays(given: Rollout) -> str:
    """Run an `up` that leaves the candidate at its tenth; returns what it said."""
    held = given.up("--expect-no-changes")
    assert held.step == "hold", held.out
    assert given.traffic() == {"blue": 90, "green": 10}
    return held.out
