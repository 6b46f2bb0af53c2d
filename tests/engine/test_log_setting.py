"""The diagnostic setting, and where logs go: neither keeps a step from being taken and published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

pytestmark = pytest.mark.story
MISSING = {"error": {"code": "LinkedAuthorizationFailed", "message": "sharedKeys/action on the linked scope"}}
DENIED = {"error": {"code": "AuthorizationFailed", "message": "no read on the component"}}
CATEGORIES = ["AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog"]


def test_a_setting_that_azure_refuses_keeps_no_probe_and_no_record_waiting(
    rollout: Callable[..., Rollout],
) -> None:
    given = rollout()
    _fault(given, "PUT", "/diagnosticSettings/rollout", status=403, body=MISSING)
    refused = given.up(code=1)
    assert refused.step == "start", refused.out
    assert "LinkedAuthorizationFailed" in refused.out
    assert given.project.tags()["ROLLOUT_PROBE"].startswith("Successful tiny:1-")
    given.azure.control("DELETE", "faults")
    assert given.up().step == "promote"
    assert given.azure.arm("GET", _settings(given))["value"] == []

    theirs = {"workspaceId": _workspace_of_logs(given), "logs": [_sends(CATEGORIES[0])]}
    given.azure.arm("PUT", f"{_settings(given)}/theirs", {"properties": theirs})
    given.project.release(2)
    assert given.up().step == "start"
    assert _sent(given) == CATEGORIES[1:]
    assert given.up().step == "advance"
    assert given.up("--expect-no-changes").step == "hold"


def test_an_abort_needs_neither_the_settings_nor_insights(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:createWorkspace": True})
    unread(given)
    assert "the diagnostic settings of" in given.up(code=1).out, "a start needs them"
    given.azure.control("DELETE", "faults")
    given.healthy()
    assert _sent(given) == CATEGORIES
    given.project.release(2)
    assert given.up().step == "start"
    held = _held(given)
    unread(given)
    assert given.up().step == "advance"
    assert given.up("--expect-no-changes").step == "hold"
    given.say("abort", "--reason", "Azure Monitor is down")
    assert given.up(code=1).step == "abort"
    assert given.traffic() == {"blue": 100}
    assert _held(given) == held

    given.project.pulumi("stack", "rm", "--force", "--preserve-config", "--yes", check=True)
    given.project.pulumi("stack", "init", given.project.stack, check=True)
    assert given.up().step == "repair"
    assert _held(given) < held
    given.azure.control("DELETE", "faults")
    given.project.release(3)
    assert given.up().step == "start"
    assert _held(given) == held


def unread(given: Rollout) -> None:
    """Let Azure Monitor answer nothing about settings, and Application Insights refuse to be read."""
    _fault(given, "GET", "/diagnosticSettings", status=503, retryAfterMs=1)
    _fault(given, "GET", "/microsoft.insights/components/", status=403, body=DENIED)


def _fault(given: Rollout, method: str, path: str, **answer: Any) -> None:
    given.azure.control("POST", "faults", {"match": {"method": method, "path": f"(?i){path}"}, **answer})


def _settings(given: Rollout) -> str:
    return f"{given.endpoint_id}/providers/Microsoft.Insights/diagnosticSettings"


def _sends(category: str) -> dict[str, Any]:
    return {"category": category, "enabled": True}


def _sent(given: Rollout) -> list[str]:
    """Return the categories that the stack's own setting sends."""
    logs = given.azure.arm("GET", f"{_settings(given)}/rollout")["properties"]["logs"]
    return sorted(each["category"] for each in logs if each["enabled"])


def _workspace_of_logs(given: Rollout) -> str:
    """Return the ARM id of the Log Analytics workspace behind the workspace's Application Insights."""
    insights = given.azure.arm("GET", given.workspace_id)["properties"]["applicationInsights"]
    return given.azure.arm("GET", insights)["properties"]["WorkspaceResourceId"]


def _held(given: Rollout) -> set[str]:
    """Return the resources that the state has, but for deployments and the code and models they serve."""
    kinds = {
        each["urn"].rpartition("$")[2]
        for each in given.project.state()["deployment"]["resources"]
        if "machinelearningservices:" not in each["urn"]
    }
    return {each.rpartition("::")[2] for each in kinds}
