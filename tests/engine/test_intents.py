"""What people say by stack tags, on the real engine: from an abort to a prod that is gone and a way out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_from_an_abort_to_a_prod_that_is_gone(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    _aborted(given)
    _retried(given)
    _reset(given)
    _prod_is_gone(given)


def _aborted(given: Rollout) -> None:
    given.say("abort", "--reason", "users complain")
    since = given.azure.mark()
    aborted = given.up(code=1)
    assert aborted.step == "abort"
    assert "users complain" in aborted.out
    assert len(given.puts(since)) == 1
    assert given.measured(since) == []
    assert given.traffic() == {"blue": 100}
    assert "ROLLOUT_INTENT" not in given.project.tags()
    assert given.up("--expect-no-changes").step == "none"


def _retried(given: Rollout) -> None:
    given.say("retry", "--reason", "it was the network")
    again = given.up()
    assert again.step == "start"
    assert "it was the network" in again.out
    assert "FAILED_RELEASE" not in given.endpoint()["tags"]
    assert given.up().step == "advance"
    assert given.history()[-2]["step"] == "start"


def _reset(given: Rollout) -> None:
    given.edit({"blue": 40, "green": 60})
    held = given.up("--expect-no-changes")
    assert held.step == "hold"
    assert "`rollout reset` sets it back" in held.out
    given.say("reset", "--reason", "nobody knows who did that")
    since = given.azure.mark()
    assert given.up().step == "reset"
    assert len(given.puts(since)) == 1
    assert given.traffic() == {"blue": 90, "green": 10}


def _prod_is_gone(given: Rollout) -> None:
    given.edit({"green": 100})
    given.azure.arm("DELETE", f"{given.endpoint_id}/deployments/blue")
    given.gone("blue")
    for _ in range(2):
        held = given.up("--expect-no-changes")
        assert held.step == "hold", held.out
        assert "cannot be deleted because it is protected" not in held.out
    given.say("adopt", "--reason", "green has it all")
    assert given.up().step == "adopt"
    held = given.up("--expect-no-changes")
    assert "prod blue is gone" in held.out
    given.say("skip", "--reason", "blue is lost")
    skipped = given.up()
    assert skipped.step == "promote"
    assert "blue is lost" in skipped.out
    tags = given.endpoint()["tags"]
    assert tags["PROD_DEPLOYMENT"] == "green"
    assert "OLD_PROD_DEPLOYMENT" not in tags
    assert given.up().step == "none"
    assert given.up("--expect-no-changes").step == "none"
    held_by_state = [each["urn"] for each in given.project.state()["deployment"]["resources"]]
    assert not [urn for urn in held_by_state if urn.endswith("OnlineDeployment::blue")]
