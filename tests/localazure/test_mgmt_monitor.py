"""azure-mgmt-monitor, unmodified: metrics, diagnostic settings, alert rules, action groups, autoscale.

6.0.2 is its newest version with diagnostic settings.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.mgmt.monitor.v2018_03_01 import models as metric_models
from azure.mgmt.monitor.v2021_05_01_preview import models as diagnostic_models
from azure.mgmt.monitor.v2022_08_01_preview import models as query_models
from azure.mgmt.monitor.v2022_10_01 import models as autoscale_models
from azure.mgmt.monitor.v2023_01_01 import models as group_models

from tests.localazure.mgmt import monitor

if TYPE_CHECKING:
    from tests.localazure.logged import Logged

NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
CATEGORIES = ["AmlOnlineEndpointConsoleLog", "AmlOnlineEndpointEventLog", "AmlOnlineEndpointTrafficLog"]
MINUTE = timedelta(minutes=1)


@pytest.fixture
def client(logged: Logged) -> Any:
    return monitor(logged.arm)


@pytest.fixture
def group(logged: Logged) -> str:
    return logged.endpoint.split("/")[4]


def test_metrics(client: Any, logged: Logged):
    start = logged.now().replace(second=0, microsecond=0)
    logged.row(TimeGenerated=start.isoformat(), TotalDurationMs=12.0, count=20)
    logged.row(TimeGenerated=(start + MINUTE).isoformat(), TotalDurationMs=40.0, ResponseCode=424)
    logged.later(240)
    span = f"{start:%Y-%m-%dT%H:%M:%SZ}/{start + 3 * MINUTE:%Y-%m-%dT%H:%M:%SZ}"
    found = client.metrics.list(
        logged.endpoint,
        timespan=span,
        interval=MINUTE,
        metricnames="RequestsPerMinute",
        aggregation="Average",
        filter="deployment eq 'blue' and statusCode eq '*'",
        metricnamespace=NAMESPACE,
    )
    (metric,) = found.value
    assert (metric.name.value, metric.unit, found.interval) == ("RequestsPerMinute", "Count", MINUTE)
    series = {
        next(one.value for one in each.metadatavalues if one.name.value == "statusCode"): [
            point.average for point in each.data
        ]
        for each in metric.timeseries
    }
    assert series == {"200": [20, None, None], "424": [None, 1, None]}
    with pytest.raises(HttpResponseError, match="Valid metrics: RequestsPerMinute"):
        client.metrics.list(logged.endpoint, metricnames="Latency")
    with pytest.raises(ResourceNotFoundError):
        client.metrics.list(f"{logged.endpoint}x", metricnames="RequestLatency")


def test_what_can_be_asked(client: Any, logged: Logged):
    found = {one.name.value: one for one in client.metric_definitions.list(logged.endpoint)}
    assert [one.value for one in found["RequestsPerMinute"].dimensions] == [
        "deployment",
        "statusCode",
        "statusCodeClass",
        "modelStatusCode",
    ]
    assert found["RequestLatency_P99"].metric_availabilities[0].time_grain == MINUTE
    (namespace,) = client.metric_namespaces.list(logged.endpoint)
    assert namespace.properties.metric_namespace_name == NAMESPACE


def test_diagnostic_settings(client: Any, logged: Logged):
    categories = client.diagnostic_settings_category.list(logged.endpoint)
    kinds = {one.name: one.category_type for one in categories}
    assert kinds == dict.fromkeys(CATEGORIES, "Logs") | {"AllMetrics": "Metrics"}
    assert client.diagnostic_settings_category.get(logged.endpoint, CATEGORIES[0]).name == CATEGORIES[0]
    logs = [diagnostic_models.LogSettings(category=each, enabled=True) for each in CATEGORIES]
    body = diagnostic_models.DiagnosticSettingsResource(workspace_id=logged.logs, logs=logs)
    made = client.diagnostic_settings.create_or_update(logged.endpoint, "to-logs", body)
    assert (made.workspace_id, len(made.logs)) == (logged.logs, 3)
    assert [one.name for one in client.diagnostic_settings.list(logged.endpoint)] == ["to-logs"]
    logged.row(TotalDurationMs=12.0)
    logged.later()
    assert logged.rows("AmlOnlineEndpointTrafficLog | count") == [[1]]
    with pytest.raises(HttpResponseError, match="already used in diagnostic setting 'to-logs'"):
        client.diagnostic_settings.create_or_update(logged.endpoint, "another", body)
    client.diagnostic_settings.delete(logged.endpoint, "to-logs")
    with pytest.raises(ResourceNotFoundError):
        client.diagnostic_settings.get(logged.endpoint, "to-logs")


def test_action_groups(client: Any, group: str):
    hook = group_models.WebhookReceiver(
        name="hook", service_uri="http://127.0.0.1:9/", use_common_alert_schema=True
    )
    body = group_models.ActionGroupResource(
        location="Global", group_short_name="people", enabled=True, webhook_receivers=[hook]
    )
    made = client.action_groups.create_or_update(group, "people", body)
    assert (made.name, made.webhook_receivers[0].service_uri) == ("people", "http://127.0.0.1:9/")
    off = group_models.ActionGroupPatchBody(enabled=False, tags={"a": "b"})
    changed = client.action_groups.update(group, "people", off)
    assert (changed.enabled, changed.tags, changed.group_short_name) == (False, {"a": "b"}, "people")
    assert [one.name for one in client.action_groups.list_by_resource_group(group)] == ["people"]
    assert made.id in {one.id for one in client.action_groups.list_by_subscription_id()}
    client.action_groups.delete(group, "people")
    with pytest.raises(ResourceNotFoundError):
        client.action_groups.get(group, "people")


def test_metric_alerts(client: Any, logged: Logged, group: str):
    dimension = metric_models.MetricDimension(name="deployment", operator="Include", values=["green"])
    criterion = metric_models.MetricCriteria(
        name="errors",
        metric_name="RequestsPerMinute",
        metric_namespace=NAMESPACE,
        operator="GreaterThan",
        threshold=2,
        time_aggregation="Average",
        dimensions=[dimension],
    )
    body = metric_models.MetricAlertResource(
        location="global",
        severity=1,
        enabled=True,
        scopes=[logged.endpoint],
        evaluation_frequency=MINUTE,
        window_size=5 * MINUTE,
        criteria=metric_models.MetricAlertSingleResourceMultipleMetricCriteria(all_of=[criterion]),
    )
    made = client.metric_alerts.create_or_update(group, "errors", body)
    assert (made.window_size, made.criteria.all_of[0].threshold) == (5 * MINUTE, 2)
    assert made.auto_mitigate is True
    changed = client.metric_alerts.update(group, "errors", metric_models.MetricAlertResourcePatch(severity=3))
    assert (changed.severity, changed.scopes) == (3, [logged.endpoint])
    assert [one.name for one in client.metric_alerts.list_by_resource_group(group)] == ["errors"]
    assert made.id in {one.id for one in client.metric_alerts.list_by_subscription()}
    client.metric_alerts.delete(group, "errors")
    with pytest.raises(ResourceNotFoundError):
        client.metric_alerts.get(group, "errors")
    criterion.metric_name = "Latency"
    with pytest.raises(HttpResponseError, match="Valid metrics"):
        client.metric_alerts.create_or_update(group, "errors", body)


def test_scheduled_query_rules(logged: Logged, group: str):
    client = monitor(logged.arm, api_version="2022-08-01-preview")
    condition = query_models.Condition(
        query="AmlOnlineEndpointTrafficLog | where ResponseCode >= 500",
        time_aggregation="Count",
        operator="GreaterThan",
        threshold=2,
        failing_periods=query_models.ConditionFailingPeriods(
            number_of_evaluation_periods=1, min_failing_periods_to_alert=1
        ),
    )
    body = query_models.ScheduledQueryRuleResource(
        location="eastus",
        severity=2,
        scopes=[logged.logs],
        evaluation_frequency=5 * MINUTE,
        window_size=10 * MINUTE,
        criteria=query_models.ScheduledQueryRuleCriteria(all_of=[condition]),
        actions=query_models.Actions(custom_properties={"team": "credit"}),
    )
    made = client.scheduled_query_rules.create_or_update(group, "logged", body)
    assert (made.kind, made.window_size, made.enabled) == ("LogAlert", 10 * MINUTE, True)
    off = query_models.ScheduledQueryRuleResourcePatch(enabled=False)
    changed = client.scheduled_query_rules.update(group, "logged", off)
    assert (changed.enabled, changed.criteria.all_of[0].query) == (False, condition.query)
    assert [one.name for one in client.scheduled_query_rules.list_by_resource_group(group)] == ["logged"]
    assert made.id in {one.id for one in client.scheduled_query_rules.list_by_subscription()}
    client.scheduled_query_rules.delete(group, "logged")
    with pytest.raises(ResourceNotFoundError):
        client.scheduled_query_rules.get(group, "logged")
    condition.query = "AmlOnlineEndpointTrafficLog | where Nothing == 1"
    with pytest.raises(HttpResponseError, match="Nothing"):
        client.scheduled_query_rules.create_or_update(group, "logged", body)


def test_autoscale_settings(client: Any, logged: Logged, group: str):
    target = f"{logged.endpoint}/deployments/blue"
    trigger = autoscale_models.MetricTrigger(
        metric_name="CpuUtilizationPercentage",
        metric_resource_uri=target,
        time_grain=MINUTE,
        statistic="Average",
        time_window=5 * MINUTE,
        time_aggregation="Average",
        operator="GreaterThan",
        threshold=70,
    )
    action = autoscale_models.ScaleAction(
        direction="Increase", type="ChangeCount", value="1", cooldown=5 * MINUTE
    )
    profile = autoscale_models.AutoscaleProfile(
        name="usual",
        capacity=autoscale_models.ScaleCapacity(minimum="1", maximum="4", default="1"),
        rules=[autoscale_models.ScaleRule(metric_trigger=trigger, scale_action=action)],
    )
    body = autoscale_models.AutoscaleSettingResource(
        location="eastus", profiles=[profile], enabled=True, target_resource_uri=target
    )
    made = client.autoscale_settings.create_or_update(group, "scale", body)
    assert (made.target_resource_uri, made.profiles[0].capacity.maximum) == (target, "4")
    assert made.profiles[0].rules[0].metric_trigger.time_window == 5 * MINUTE
    off = autoscale_models.AutoscaleSettingResourcePatch(enabled=False)
    changed = client.autoscale_settings.update(group, "scale", off)
    assert (changed.enabled, len(changed.profiles)) == (False, 1)
    assert [one.name for one in client.autoscale_settings.list_by_resource_group(group)] == ["scale"]
    assert made.id in {one.id for one in client.autoscale_settings.list_by_subscription()}
    client.autoscale_settings.delete(group, "scale")
    with pytest.raises(ResourceNotFoundError):
        client.autoscale_settings.get(group, "scale")
