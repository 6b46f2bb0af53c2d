"""An endpoint that the real `azure-ai-ml` made is taken over under load, and a release goes out over it."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG, TINY, environment
from tests.soak.load import Load
from tests.soak.phases import SOAKED

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

OURS = ("PROD_", "OLD_PROD_", "CANDIDATE_", "FAILED_", "ROLLOUT_", "ADOPTED_")


def _made_by_hand(given: Rollout) -> None:
    identity = f"{given.endpoint_id.split('/providers/')[0]}/providers/Microsoft.ManagedIdentity"
    identity += f"/userAssignedIdentities/{given.project.endpoint}"
    given.azure.arm("PUT", identity, {"location": "eastus"})
    names = {"GROUP": CONFIG["rollout:resourceGroup"], "WORKSPACE": CONFIG["rollout:workspace"]}
    done = subprocess.run(
        [
            sys.executable,
            str(TINY / "by_hand.py"),
            given.project.endpoint,
            str(given.project.folder / "serving"),
            identity,
        ],
        env=environment(given.azure.env) | names,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]


def _unnamed(given: Rollout) -> dict[str, Any]:
    """Return all of the endpoint that no rollout is to touch."""
    body = given.endpoint()
    body.pop("systemData")
    body["tags"] = {name: text for name, text in body["tags"].items() if not name.startswith(OURS)}
    body["properties"] = {
        key: value for key, value in body["properties"].items() if key not in ("traffic", "mirrorTraffic")
    }
    changing = ("lastmodifiedat", "azureasyncoperationuri")
    extra = body["properties"].get("properties") or {}
    body["properties"]["properties"] = {k: v for k, v in extra.items() if k.lower() not in changing}
    return body


def _main(given: Rollout) -> str:
    """Return all of the deployment that was taken over."""
    return json.dumps(given.azure.arm("GET", f"{given.endpoint_id}/deployments/main"), sort_keys=True)


def test_what_serves_is_taken_over_and_released_over_without_a_failure(
    rollout: Callable[..., Rollout],
) -> None:
    given = rollout()
    _made_by_hand(given)
    before, main = json.dumps(_unnamed(given), sort_keys=True), _main(given)
    with Load(given) as load:
        _is_not_touched_unasked(given)
        _is_adopted(given)
        assert _main(given) == main
        _a_release_goes_out(given)
        assert _main(given) == main
        _and_back(given)
        assert _main(given) == main
        _another_takes_its_place(given, main)
    assert json.dumps(_unnamed(given), sort_keys=True) == before
    assert load.requests
    assert load.failed == []


def _is_not_touched_unasked(given: Rollout) -> None:
    since = given.azure.mark()
    held = given.up()
    assert held.step == "hold"
    assert "`rollout adopt` takes it over: main, the only deployment at 100 %" in held.out
    assert given.project.preview("--expect-no-changes").step == "hold"
    given.project.configure(**{"rollout:instanceType": "Standard_F4s_v2"})
    refused = given.up("--expect-no-changes")
    assert "rollout:instanceType is Standard_F4s_v2, live Standard_DS3_v2" in refused.out
    given.project.configure(**{"rollout:instanceType": None})
    (given.project.folder / "serving" / "score.py").write_text("# another\n")
    assert "rollout:code is " in given.up("--expect-no-changes").out
    (given.project.folder / "serving" / "score.py").write_text((TINY / "score.py").read_text())
    assert given.writes(since) == []


def _is_adopted(given: Rollout) -> None:
    given.say("adopt", "--reason", "we roll out from here on")
    since = given.azure.mark()
    adopted = given.up()
    assert adopted.step == "adopt"
    assert [write.split("?")[0] for write in given.writes(since)] == [f"PUT {given.endpoint_id}"]
    tags = given.endpoint()["tags"]
    assert tags["PROD_DEPLOYMENT"] == "main"
    assert tags["PROD_RELEASE"].startswith("tiny:1-")
    assert tags["ADOPTED_DEPLOYMENT"].startswith("main ")
    assert tags["team"] == "credit"
    assert "ROLLOUT_INTENT" not in given.project.tags()
    assert given.up("--expect-no-changes").step == "none"


def _a_release_goes_out(given: Rollout) -> None:
    given.project.release(2)
    assert given.up().step == "start"
    for expected in ("advance", "advance", "advance", "promote"):
        assert given.up().step == expected, given.project.status()
        given.serve()
    assert given.traffic() == {"blue": 100}
    tags = given.endpoint()["tags"]
    assert (tags["OLD_PROD_DEPLOYMENT"], tags["OLD_PROD_RELEASE"][:7]) == ("main", "tiny:1-")


def _and_back(given: Rollout) -> None:
    given.say("undo", "--reason", "to see that it works")
    since = given.azure.mark()
    undone = given.up(code=1)
    assert undone.step == "undo"
    assert len(given.puts(since)) == 1
    assert given.traffic() == {"main": 100}
    assert given.endpoint()["tags"]["FAILED_RELEASE"].startswith("tiny:2-")
    steps = [each["step"] for each in given.history()]
    assert steps == ["adopt", "start", "advance", "advance", "advance", "promote", "undo"]
    last = given.history()[-1]
    assert (last["from"], last["to"]) == ("blue 100, main 0", "blue 0, main 100")
    assert last["who"]
    assert "to see that it works" in last["reason"]


def _another_takes_its_place(given: Rollout, main: str) -> None:
    given.project.release(3)
    assert given.up().step == "start"
    given.say("skip", "--reason", "it was tested by hand")
    assert given.up().step == "promote"
    assert given.traffic() == {"blue": 100}
    given.azure.advance(minutes=SOAKED)
    assert _main(given) == main
    assert [given.up().step, given.up().step] == ["retire", "finish"]
    assert list(given.deployments()) == ["blue"]
    assert "ADOPTED_DEPLOYMENT" not in given.endpoint()["tags"]


def test_a_record_that_was_lost_is_written_back(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    endpoint = given.endpoint()
    record = {name: text for name, text in endpoint["tags"].items() if name != "ROLLOUT_SINCE"}
    given.put({**endpoint, "tags": {}})
    since = given.azure.mark()
    for _ in range(2):
        held = given.up("--expect-no-changes")
        assert held.step == "hold"
        assert "the stack tags hold the record that was lost" in held.out
    assert given.writes(since) == []
    given.say("adopt", "--reason", "somebody cleaned up tags")
    assert given.up().step == "adopt"
    assert given.traffic() == {"blue": 90, "green": 10}
    tags = given.endpoint()["tags"]
    assert {name: text for name, text in tags.items() if name != "ROLLOUT_SINCE"} == record
    given.serve()
    assert given.up().step == "advance"
