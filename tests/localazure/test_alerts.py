"""Alert rules fire and resolve by the local clock, and action groups' webhooks are really called."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.localazure.local import NotingServing, in_process
from tests.localazure.receiver import Receiver, receiving
from tests.localazure.resources import make_workspace, unique

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localazure.local import Arm

INSIGHTS = "providers/Microsoft.Insights"
SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
ALERTS = "providers/Microsoft.AlertsManagement/alerts"
CRITERION: dict[str, Any] = {
    "criterionType": "StaticThresholdCriterion",
    "name": "errors",
    "metricName": "RequestsPerMinute",
    "metricNamespace": "Microsoft.MachineLearningServices/workspaces/onlineEndpoints",
    "operator": "GreaterThan",
    "threshold": 2,
    "timeAggregation": "Average",
    "dimensions": [
        {"name": "deployment", "operator": "Include", "values": ["green"]},
        {"name": "statusCodeClass", "operator": "Exclude", "values": ["2xx"]},
    ],
}
CONDITION: dict[str, Any] = {
    "query": "AmlOnlineEndpointTrafficLog | where DeploymentName == 'green' and ResponseCode == '500'",
    "timeAggregation": "Count",
    "operator": "GreaterThan",
    "threshold": 2,
    "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
}


@dataclass
class Watched:
    """An endpoint with logs and an action group, in an Azure of its own."""

    arm: Arm
    group: str
    endpoint: str
    logs: str
    receiver: Receiver
    actions: str = ""

    def stand_still(self) -> None:
        """From a second past a full minute, have the clock move when it is told to, and hardly otherwise."""
        left = 60 - self.now.second
        self.arm.control("POST", "clock", {"rate": 1e-6, "advance": left + 1})

    @property
    def now(self) -> datetime:
        return datetime.fromisoformat(self.arm.control("GET", "clock")["now"])

    def advance(self, **duration: float) -> None:
        self.arm.control("POST", "clock", {"advance": timedelta(**duration).total_seconds()})

    def answered(self, code: int, count: int, deployment: str = "green", *, minutes: int = 1) -> None:
        """Have the deployment answer so often in each of the next minutes."""
        begin = self.now.replace(second=0, microsecond=0) + timedelta(minutes=1)
        row = {
            "EndpointId": self.endpoint,
            "EndpointName": self.endpoint.rsplit("/", 1)[1],
            "DeploymentName": deployment,
            "ResponseCode": code,
            "TotalDurationMs": 40.0,
            "count": count,
        }
        times = [(begin + timedelta(minutes=each, seconds=5)).isoformat() for each in range(minutes)]
        self.arm.control("POST", "rows", {"rows": [row | {"TimeGenerated": at} for at in times]})

    def metric_alert(self, name: str = "errors", criteria: Any = None, **more: Any) -> Any:
        properties = {
            "severity": 1,
            "enabled": True,
            "scopes": [self.endpoint],
            "evaluationFrequency": "PT1M",
            "windowSize": "PT1M",
            "criteria": {"odata.type": SINGLE, "allOf": criteria or [CRITERION]},
            "actions": [{"actionGroupId": self.actions}],
            "description": "too many errors",
        } | more
        body = {"location": "global", "properties": {k: v for k, v in properties.items() if v is not None}}
        return self.arm.ask("PUT", f"{self.group}/{INSIGHTS}/metricAlerts/{name}", body)

    def query_rule(self, name: str = "logged", condition: Any = None, **more: Any) -> Any:
        properties = {
            "severity": 2,
            "scopes": [self.logs],
            "evaluationFrequency": "PT5M",
            "windowSize": "PT5M",
            "criteria": {"allOf": [CONDITION | (condition or {})]},
            "actions": {"actionGroups": [self.actions], "customProperties": {"team": "credit"}},
        } | more
        body = {"location": "eastus", "properties": {k: v for k, v in properties.items() if v is not None}}
        return self.arm.ask("PUT", f"{self.group}/{INSIGHTS}/scheduledQueryRules/{name}", body)

    def ticks(self) -> None:
        """Add a rule that fires at every look; metric rules are looked at before it."""
        always = {"query": "AmlOnlineEndpointTrafficLog | summarize count()", "threshold": 0}
        minute = {"evaluationFrequency": "PT1M", "windowSize": "PT1M"}
        assert self.query_rule("ticks", always, **minute, autoMitigate=False, actions=None).ok

    def alerts(self) -> list[dict[str, Any]]:
        """Every alert but those of the rule that ticks."""
        return [each for each in self._alerts() if not each["alertRule"].endswith("/ticks")]

    def conditions(self) -> list[str]:
        """The alerts' conditions once the newest full minute was looked at; needs the rule that ticks."""
        minute, until = self.now.replace(second=0, microsecond=0), time.monotonic() + 60
        while not any(
            each["alertRule"].endswith("/ticks") and datetime.fromisoformat(each["startDateTime"]) == minute
            for each in self._alerts()
        ):
            assert time.monotonic() < until, f"nobody looked at {minute}"
            time.sleep(0.02)
        return [each["monitorCondition"] for each in self.alerts()]

    def _alerts(self) -> list[dict[str, Any]]:
        found = self.arm.ok("GET", f"{self.arm.subscription}/{ALERTS}")["value"]
        return [each["properties"]["essentials"] | each for each in found]

    def told(self) -> list[str]:
        """What became of the actions of the newest alert, once that is known."""
        until = time.monotonic() + 60
        while time.monotonic() < until:
            found = self.alerts()
            if found and (told := found[-1]["properties"]["egressConfig"]["displayConfig"]):
                return [each["status"] for each in told]
            time.sleep(0.05)
        raise AssertionError("no alert told anybody")


@pytest.fixture
def watched(tmp_path: Path) -> Iterator[Watched]:
    with in_process(tmp_path / "azure", NotingServing()) as arm, receiving() as receiver:
        found = watched_in(arm, receiver)
        found.stand_still()
        yield found


@pytest.fixture(scope="module")
def refusing(shared: Arm) -> Watched:
    """For rules that Azure refuses, in the Azure that other tests share: its clock runs."""
    return watched_in(shared, Receiver("http://127.0.0.1:9/hook"))


def watched_in(arm: Arm, receiver: Receiver) -> Watched:
    workspace, name = make_workspace(arm), unique("credit-")
    workspace.endpoint(name)
    logs = f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/{unique('log-')}"
    arm.ok("PUT", logs, {"location": "eastus", "properties": {}})
    endpoint = f"{workspace.id}/onlineEndpoints/{name}"
    sent = {"workspaceId": logs, "logs": [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}]}
    arm.ok("PUT", f"{endpoint}/{INSIGHTS}/diagnosticSettings/logs", {"properties": sent})
    found = Watched(arm, workspace.group, endpoint, logs, receiver)
    found.actions = action_group(found, receiver.url)
    return found


def action_group(watched: Watched, *urls: str, name: str = "people", **more: Any) -> str:
    hooks = [
        {"name": f"hook{number}", "serviceUri": url, "useCommonAlertSchema": True}
        for number, url in enumerate(urls)
    ]
    properties = {"groupShortName": "people", "enabled": True, "webhookReceivers": hooks} | more
    where = f"{watched.group}/{INSIGHTS}/actionGroups/{name}"
    return watched.arm.ok("PUT", where, {"location": "Global", "properties": properties})["id"]


def test_a_metric_alert_fires_for_its_deployment_alone_and_is_resolved(watched: Watched):
    assert watched.metric_alert().status_code == 200
    watched.ticks()
    watched.answered(500, 3)
    watched.answered(200, 500)
    watched.answered(500, 50, "blue")
    watched.advance(minutes=3)
    (fired,) = watched.receiver.wait()
    essentials, context = fired["data"]["essentials"], fired["data"]["alertContext"]
    assert fired["schemaId"] == "azureMonitorCommonAlertSchema"
    said = {name: essentials[name] for name in ("alertRule", "severity", "signalType", "monitorCondition")}
    assert said == {
        "alertRule": "errors",
        "severity": "Sev1",
        "signalType": "Metric",
        "monitorCondition": "Fired",
    }
    assert essentials["alertTargetIDs"] == [watched.endpoint.lower()]
    (condition,) = context["condition"]["allOf"]
    assert (condition["metricValue"], condition["threshold"]) == (3.0, "2")
    assert {each["name"]: each["value"] for each in condition["dimensions"]} == {
        "deployment": "green",
        "statusCodeClass": "5xx",
    }
    assert watched.told() == ["200"]

    watched.answered(500, 1, minutes=6)
    watched.advance(minutes=4)  # the last two of its looks see good minutes: too few to resolve it
    assert watched.conditions() == ["Fired"]
    watched.advance(minutes=1)
    resolved = watched.receiver.wait(2)[1]["data"]["essentials"]
    assert (resolved["monitorCondition"], resolved["alertId"]) == ("Resolved", essentials["alertId"])
    assert "resolvedDateTime" in resolved
    (alert,) = watched.alerts()
    assert alert["properties"]["essentials"]["monitorCondition"] == "Resolved"
    refused = watched.arm.ask("PUT", alert["id"], {"properties": {}})
    assert refused.status_code == 405


def test_a_series_without_data_neither_fires_nor_resolves(watched: Watched):
    assert watched.metric_alert().ok
    watched.ticks()
    watched.answered(500, 3)
    watched.advance(minutes=3)
    watched.receiver.wait()
    watched.advance(minutes=30)
    assert watched.conditions() == ["Fired"]


def test_a_disabled_or_deleted_rule_is_silent(watched: Watched):
    assert watched.metric_alert(enabled=False).ok
    assert watched.metric_alert("other").ok
    watched.arm.ok("DELETE", f"{watched.group}/{INSIGHTS}/metricAlerts/other")
    watched.ticks()
    watched.answered(500, 30, minutes=3)
    watched.advance(minutes=6)
    assert watched.conditions() == []
    assert watched.receiver.bodies == []


def test_a_query_rule_fires_once_and_is_resolved_after_three_quiet_periods(watched: Watched):
    assert watched.query_rule().status_code == 201
    watched.answered(500, 4, minutes=2)
    watched.advance(minutes=7)
    (fired,) = watched.receiver.wait()
    assert fired["data"]["essentials"]["monitoringService"] == "Log Alerts V2"
    assert fired["data"]["customProperties"] == {"team": "credit"}
    (condition,) = fired["data"]["alertContext"]["condition"]["allOf"]
    assert condition["metricValue"] > 2
    assert condition["searchQuery"] == CONDITION["query"]
    watched.advance(minutes=25)
    assert watched.receiver.wait(2)[1]["data"]["essentials"]["monitorCondition"] == "Resolved"


def test_a_measure_by_dimension_has_an_alert_for_each_value(watched: Watched):
    condition = {
        "query": "AmlOnlineEndpointTrafficLog | summarize Slow = max(TotalDurationMs) by DeploymentName",
        "timeAggregation": "Maximum",
        "metricMeasureColumn": "Slow",
        "threshold": 30,
        "dimensions": [{"name": "DeploymentName", "operator": "Exclude", "values": ["blue"]}],
    }
    assert watched.query_rule(condition=condition, windowSize="PT10M").ok
    for name in ("green", "blue", "red"):
        watched.answered(200, 1, name)
    watched.advance(minutes=7)  # the next minute's rows, a minute's delay, and five to the next evaluation
    fired = [each["data"]["alertContext"]["condition"]["allOf"][0] for each in watched.receiver.wait(2)]
    assert {each["dimensions"][0]["value"] for each in fired} == {"green", "red"}
    assert {each["metricValue"] for each in fired} == {40.0}


def test_a_webhook_beyond_this_machine_is_refused(watched: Watched):
    watched.actions = action_group(
        watched,
        "https://hooks.example.com/x",
        name="far",
        emailReceivers=[{"name": "ada", "emailAddress": "ada@example.com"}],
    )
    assert watched.metric_alert().ok
    watched.answered(500, 3)
    watched.advance(minutes=3)
    assert watched.told() == [
        "refused: hooks.example.com isn't loopback, and LOCALAZURE_WEBHOOKS isn't 'anywhere'",
        "local Azure sends no mail",
    ]


def test_a_receiver_that_is_busy_is_called_again(watched: Watched):
    watched.receiver.answers = [503]
    assert watched.metric_alert().ok
    watched.answered(500, 3)
    watched.advance(minutes=3)
    watched.receiver.wait(1)
    watched.arm.control("POST", "clock", {"rate": 100})  # it waits five local seconds
    first, second = watched.receiver.wait(2)
    assert first == second
    assert watched.told() == ["200"]


def changed(**more: Any) -> list[dict[str, Any]]:
    return [{name: value for name, value in (CRITERION | more).items() if value is not None}]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"criteria": changed(metricName="Requests")}, "Valid metrics: RequestsPerMinute"),
        ({"criteria": changed(threshold=None)}, "threshold is missing"),
        ({"criteria": changed(threshold="2")}, "is no number"),
        ({"criteria": changed(operator="Above")}, "valid are: Equals, GreaterThan"),
        ({"criteria": changed(timeAggregation="Mean")}, "valid are: Average"),
        (
            {"criteria": changed(dimensions=[{"name": "pod", "operator": "Include", "values": ["1"]}])},
            "supported are: deployment, statusCode",
        ),
        ({"criteria": changed(criterionType="DynamicThresholdCriterion")}, "StaticThresholdCriterion only"),
        ({"windowSize": "PT2M"}, "supported are: PT1M, PT5M"),
        ({"windowSize": "PT1M", "evaluationFrequency": "PT5M"}, "smaller than the evaluationFrequency"),
        ({"severity": 5}, "valid are 0, 1, 2, 3 and 4"),
        ({"severity": None}, "properties.severity is missing"),
        ({"scopes": []}, "scopes is missing"),
        ({"scopes": ["/subscriptions/x/resourceGroups/y"]}, "was not found"),
    ],
)
def test_a_metric_alert_that_azure_refuses(refusing: Watched, wrong: dict[str, Any], said: str):
    answer = refusing.metric_alert(**wrong)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"condition": {"query": "Nowhere | count"}}, "Nowhere"),
        ({"condition": {"query": ""}}, "query is missing"),
        ({"condition": {"threshold": None}}, "threshold is missing"),
        ({"condition": {"timeAggregation": "Average"}}, "metricMeasureColumn is missing"),
        ({"condition": {"failingPeriods": {"numberOfEvaluationPeriods": 7}}}, "1 to 6 periods"),
        ({"evaluationFrequency": "PT7M"}, "supported are: PT1M"),
        ({"scopes": None}, "scopes is missing"),
    ],
)
def test_a_query_rule_that_azure_refuses(refusing: Watched, wrong: dict[str, Any], said: str):
    answer = refusing.query_rule(**wrong)
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["error"]["message"]


def test_an_action_group_that_azure_refuses(refusing: Watched):
    where = f"{refusing.group}/{INSIGHTS}/actionGroups/bad"
    for properties, said in (
        ({"groupShortName": "much-too-long-a-name"}, "groupShortName"),
        ({"groupShortName": "x", "webhookReceivers": [{"name": "a"}]}, "serviceUri is missing"),
        (
            {"groupShortName": "x", "webhookReceivers": [{"name": "a", "serviceUri": "ftp://x"}]},
            "isn't valid",
        ),
    ):
        answer = refusing.arm.ask("PUT", where, {"location": "Global", "properties": properties})
        assert (answer.status_code, said in answer.text) == (400, True)
