from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_a_good_release_goes_out(rollout: Callable[..., Rollout]) -> None:
    """Config may write a name in another case than Azure answers it: ids are the same all the same."""
    given = rollout(**{"rollout:resourceGroup": "RG-Test"})
    _preview_only_reads(given, "start")
    given.healthy()
    assert given.traffic() == {"blue": 100}
    assert given.project.tags()["PROD_DEPLOYMENT"] == "blue"

    given.project.release(2)
    _preview_only_reads(given, "start")
    since = given.azure.mark()
    story = []
    for _ in range(7):
        run = given.up()
        story.append((run.step, given.traffic()))
        if given.traffic() == {"blue": 50, "green": 50}:
            _preview_only_reads(given, "hold", "--expect-no-changes")
            _says_where_it_stands(given.project.status())
        if run.step == "promote":
            _preview_only_reads(given, "none", "--expect-no-changes")
        given.serve(minutes=31 if run.step == "promote" else 14)

    assert story == [
        ("start", {"blue": 100}),
        ("advance", {"blue": 90, "green": 10}),
        ("advance", {"blue": 50, "green": 50}),
        ("advance", {"green": 100}),
        ("promote", {"green": 100}),
        ("retire", {"green": 100}),
        ("finish", {"green": 100}),
    ]
    puts = given.puts(since)
    assert len(puts) == 7
    deleted = [each for each in given.writes(since) if each.startswith("DELETE")]
    assert [each.rpartition("/")[2].partition("?")[0] for each in deleted] == ["blue"]
    setting = f"{given.endpoint_id}/providers/Microsoft.Insights/diagnosticSettings/rollout"
    assert given.azure.arm("GET", setting) is not None
    assert all(sum(put["properties"]["traffic"].values()) == 100 for put in puts)
    assert list(given.deployments()) == ["green"]
    tags = given.project.tags()
    assert tags["PROD_DEPLOYMENT"] == "green"
    assert tags["ROLLOUT_PHASE"] == "Healthy"
    assert "OLD_PROD_DEPLOYMENT" not in tags
    assert given.up("--expect-no-changes").step == "none"


def _preview_only_reads(given: Rollout, step: str, *arguments: str) -> None:
    before = given.project.kept()
    since = given.azure.mark()
    assert given.project.preview("--diff", *arguments).step == step
    assert given.writes(since) == []
    assert given.project.kept() == before


def _says_where_it_stands(status: dict[str, Any]) -> None:
    assert status["phase"] == "Progressing"
    shares = [(each["name"], each["role"], each["traffic"]) for each in status["deployments"]]
    assert shares == [("blue", "prod", 50), ("green", "candidate", 50)]
    assert status["stage"]["traffic"] == 50
    assert status["stage"]["bake"] == "10m"
    assert status["probe"].startswith("Successful tiny:2-")
    assert [gate["verdict"] for gate in status["gates"]] == ["Inconclusive", "Inconclusive"]
    assert "to 50 %" in status["why"]
    assert status["next"]["step"] == "hold"


def test_a_bad_release_is_taken_back_after_a_kill_and_the_next_by_a_person(
    rollout: Callable[..., Rollout],
) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert given.up().step == "start"
    given.killed_at(f"/onlineEndpoints/{given.project.endpoint}")
    assert given.traffic() == {"blue": 90, "green": 10}
    assert given.up().step == "repair"
    given.serve(errors={"green": 3})

    since = given.azure.mark()
    taken_back = given.up(code=1)
    assert taken_back.step == "abort"
    assert "errors" in taken_back.out
    assert "Traceback" not in taken_back.out
    assert given.traffic() == {"blue": 100}
    assert len(given.puts(since)) == 1
    tags = given.project.tags()
    assert tags["ROLLOUT_PHASE"] == "Degraded"
    assert tags["PROD_DEPLOYMENT"] == "blue"
    assert tags["FAILED_RELEASE"].startswith("tiny:2-")

    degraded = given.project.status(code=4)
    assert degraded["phase"] == "Degraded"
    assert "errors" in degraded["why"]
    assert degraded["next"]["step"] == "none"

    again = given.up("--expect-no-changes")
    assert again.step == "none"
    assert sorted(given.deployments()) == ["blue", "green"]

    given.project.release(3)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    assert given.deployments()["green"].startswith("tiny:3-")
    assert given.traffic() == {"blue": 90, "green": 10}
    given.say("abort", "--reason", "users complain")
    since = given.azure.mark()
    aborted = given.up(code=1)
    assert aborted.step == "abort"
    assert "users complain" in aborted.out
    assert len(given.puts(since)) == 1
    assert given.traffic() == {"blue": 100}
