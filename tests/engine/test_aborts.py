"""A person's abort of a candidate without live traffic: one that Azure still creates, and a mirrored one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.engine.test_shadow import ERRORS, LADDER

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_a_candidate_without_live_traffic_is_taken_back(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:stages": LADDER, "rollout:gates": [ERRORS]})
    given.healthy()
    _while_azure_creates_it(given)
    _at_a_mirrored_rung(given)


def _while_azure_creates_it(given: Rollout) -> None:
    candidate = f"/onlineEndpoints/{given.project.endpoint}/deployments/green"
    stuck = {"path": candidate, "outcome": "hang", "seconds": 3600, "times": 1}
    given.azure.control("POST", "faults", {"operation": stuck})
    given.project.release(2)
    given.killed_at(candidate)
    assert "green is Creating" in given.up().out

    aborted = _taken_back(given, "a wrong model")
    assert "it never had traffic" in aborted
    assert given.up("--expect-no-changes").step == "none"

    given.project.release(3)
    waits = given.up("--expect-no-changes")
    assert waits.step == "hold"
    assert "green is Creating: run again when Azure has finished" in waits.out
    given.azure.advance(minutes=60)
    given.settled("green")
    assert given.up().step == "start"
    assert given.deployments()["green"].startswith("tiny:3-")
    assert given.traffic() == {"blue": 100}


def _at_a_mirrored_rung(given: Rollout) -> None:
    assert given.up().step == "advance"
    assert given.mirror() == {"green": 50}
    given.serve()
    aborted = _taken_back(given, "it logs what it shouldn't")
    assert "its mirrored requests end, and it never had live traffic" in aborted


def _taken_back(given: Rollout, why: str) -> str:
    """Say `abort`, and run it: one PUT, nothing deleted, and nothing measured. Returns what it said."""
    given.say("abort", "--reason", why)
    since = given.azure.mark()
    aborted = given.up(code=1)
    assert aborted.step == "abort", aborted.out
    assert why in aborted.out
    assert given.measured(since) == []
    assert [each.partition("?")[0] for each in given.writes(since)] == [f"PUT {given.endpoint_id}"]
    assert (given.traffic(), given.mirror()) == ({"blue": 100}, {})
    return aborted.out
