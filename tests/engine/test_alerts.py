"""Alert rules of a real stack: what its state lost is taken over, and a log that is new is no error."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.engine.project import CONFIG

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

LATER = {
    "name": "later",
    "source": "logs",
    "query": "NotYet_CL | where Name == endpoint | count",
    "max": 3,
}
"""A gate on a table that isn't there before its first row."""


def _there(given: Rollout, kind: str) -> list[dict[str, Any]]:
    group = given.endpoint_id.partition("/providers/")[0]
    listed = given.azure.arm("GET", f"{group}/providers/Microsoft.Insights/{kind}")["value"]
    return [each for each in listed if given.project.endpoint in each["name"]]


def _lose(given: Rollout, *names: str) -> None:
    """Take resources of the stack out of its state; Azure keeps them."""
    for each in reversed(given.project.state()["deployment"]["resources"]):
        if each["urn"].rpartition("::")[2] in names:
            forced = ("--yes", "--force", "--target-dependents")
            given.project.pulumi("state", "delete", each["urn"], *forced, check=True)


def test_what_the_state_lost_is_taken_over(rollout: Callable[..., Rollout]) -> None:
    given = rollout(
        **{
            "rollout:alerts": {"email": ["ml-team@example.com"]},
            "rollout:gates": [*CONFIG["rollout:gates"], LATER],
        }
    )
    given.healthy()
    assert len(_there(given, "actionGroups")) == 1
    _lose(given, "alerts")
    given.project.configure(**{"rollout:alerts": {"email": ["ml-team@example.com", "on-call@example.com"]}})
    assert given.up().step == "none"
    (group,) = _there(given, "actionGroups")
    assert len(group["properties"]["emailReceivers"]) == 2

    given.project.release(2)
    assert [given.up().step, given.up().step] == ["start", "advance"]
    (rule,) = _there(given, "scheduledQueryRules")
    assert rule["properties"]["skipQueryValidation"] is True
    assert given.project.preview("--expect-no-changes", check=False).code == 0
    _lose(given, "alert-later", "alert-latency", "alert-errors", "alerts")
    assert given.up().step == "hold"
    assert (len(_there(given, "metricAlerts")), len(_there(given, "scheduledQueryRules"))) == (2, 1)
    assert given.project.preview("--expect-no-changes", check=False).code == 0
