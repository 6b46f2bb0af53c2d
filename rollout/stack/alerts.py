"""Alert rules on the candidate, which tell people while nobody runs anything.

They come after the record: what Azure refuses of them makes a run red, but by then the traffic is moved and
published, and no abort waits for one. A run that ends red deletes nothing: so the step that takes a candidate
back switches its rules off, and the next run deletes them; and so old prod stays, and no new release starts,
for as long as Azure refuses the action group or a rule.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi_azure_native import monitor

from rollout.azure.errors import ReadError
from rollout.azure.logs import LogWorkspace
from rollout.core.alerts import LOG_EVERY, LOG_WINDOW, MetricRule, QueryRule, Unwatched, rules, watched
from rollout.core.record import Record
from rollout.core.step import Outcome
from rollout.stack import hooks, standing

if TYPE_CHECKING:
    from datetime import timedelta

    from rollout.azure.arm import Arm
    from rollout.azure.observe import Sight
    from rollout.core.alerts import AlertSettings
    from rollout.core.place import Place
    from rollout.core.step import Step
    from rollout.stack.declare import Ground

_NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
_SINGLE = "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria"
_METRIC_API, _QUERY_API, _GROUP_API = "2018-03-01", "2023-12-01", "2023-01-01"
_GROUP = "alerts"
"""The action group's name in the state."""


@dataclass(frozen=True)
class _Rules:
    """What every rule of a step has in common."""

    place: Place
    settings: AlertSettings
    location: str
    groups: list[pulumi.Input[str]]
    enabled: bool
    changes: bool
    """Whether the step may change what is there: one that writes nothing leaves the rules as they are."""
    arm: Arm
    after: pulumi.Resource


def declare(
    ground: Ground, step: Step, location: str, logs_id: pulumi.Input[str] | None, after: pulumi.Resource
) -> list[pulumi.Resource]:
    """Declare the rules for a candidate with live traffic, and the action group that they call; return them.

    Args:
        ground: What the graph stands on.
        step: Its record says who is candidate, and at which stage; rules change with it alone.
        location: The endpoint's region.
        logs_id: The ARM id of the Log Analytics workspace that the stack sends the endpoint's logs to.
        after: The record.
    """
    asked = ground.settings.alerts
    if not asked.on:
        return []
    record, enabled = _subject(ground, step)
    group = _group(ground, asked, after)
    groups: list[pulumi.Input[str]] = [asked.action_group] if asked.action_group else []
    declared: list[pulumi.Resource] = [group] if group is not None else []
    if group is not None:
        groups.append(group.id)
    if record is None:
        return declared
    logs_id = log_of(ground.sight, logs_id)
    common = _Rules(
        ground.place, asked, location, groups, enabled, step.kind.writes_endpoint, ground.arm, after
    )
    found = rules(
        ground.settings.gates,
        ground.settings.comparison,
        record,
        ground.place.endpoint_id,
        logs=logs_id is not None or isinstance(ground.sight.log, ReadError),
    )
    for rule in found:
        if isinstance(rule, MetricRule):
            declared.append(_metric(common, rule))
        elif isinstance(rule, QueryRule) and logs_id is not None:
            declared.append(_query(common, rule, logs_id))
        elif isinstance(rule, Unwatched) and step.kind.writes_endpoint:
            pulumi.log.info(f"gate {rule.gate} has no alert rule: {rule.why}")
    return declared


def log_of(sight: Sight, ours: pulumi.Input[str] | None) -> pulumi.Input[str] | None:
    """Return the ARM id of the Log Analytics workspace that the endpoint's traffic log goes to.

    Where no diagnostic setting is there, or its workspace can't be read: `ours`, where the stack sends it.
    """
    return sight.log.id if isinstance(sight.log, LogWorkspace) else ours


def _subject(ground: Ground, step: Step) -> tuple[Record | None, bool]:
    """Return the record that rules are for, and whether they are on."""
    if watched(step.record):
        return step.record, True
    endpoint = ground.sight.endpoint
    before = Record.readable(endpoint.core.tags) if endpoint else None
    if step.outcome is Outcome.TAKEN_BACK and watched(before):
        return before, False
    return None, False


def _group(ground: Ground, asked: AlertSettings, after: pulumi.Resource) -> monitor.ActionGroup | None:
    """Declare the stack's own action group. It is taken over, not made again: Azure greets whom it adds."""
    if not asked.emails and not asked.webhooks:
        return None
    place = ground.place
    name = f"rollout-{place.endpoint}"
    group_id = f"{place.group_id}/providers/Microsoft.Insights/actionGroups/{name}"
    lost = ground.held.taken_over(monitor.ActionGroup, _GROUP, group_id)
    return monitor.ActionGroup(
        _GROUP,
        resource_group_name=place.resource_group,
        action_group_name=name,
        group_short_name="rollout",
        location="Global",
        enabled=True,
        email_receivers=[
            {"name": f"email{number}", "email_address": each, "use_common_alert_schema": True}
            for number, each in enumerate(asked.emails)
        ],
        webhook_receivers=[
            {"name": f"webhook{number}", "service_uri": each, "use_common_alert_schema": True}
            for number, each in enumerate(asked.webhooks)
        ],
        opts=pulumi.ResourceOptions(
            depends_on=[after], import_=standing.if_there(ground.arm, lost, _GROUP_API)
        ),
    )


def _metric(common: _Rules, rule: MetricRule) -> monitor.MetricAlert:
    place = common.place
    name = f"rollout-{place.endpoint}-{rule.name}".rstrip(".")
    rule_id = f"{place.group_id}/providers/Microsoft.Insights/metricAlerts/{name}"
    dimensions = [
        monitor.MetricDimensionArgs(name=each.name, operator=each.operator, values=list(each.values))
        for each in rule.dimensions
    ]
    criterion = monitor.MetricCriteriaArgs(
        criterion_type="StaticThresholdCriterion",
        name=rule.name,
        metric_name=rule.metric,
        metric_namespace=_NAMESPACE,
        time_aggregation=rule.aggregation,
        operator=rule.operator,
        threshold=rule.threshold,
        dimensions=dimensions,
    )
    return monitor.MetricAlert(
        f"alert-{rule.name}",
        resource_group_name=place.resource_group,
        rule_name=name,
        location="global",
        description=rule.description,
        severity=common.settings.severity,
        enabled=common.enabled,
        scopes=[place.endpoint_id],
        evaluation_frequency=_iso(rule.every),
        window_size=_iso(rule.window),
        auto_mitigate=True,
        criteria=monitor.MetricAlertSingleResourceMultipleMetricCriteriaArgs(
            odata_type=_SINGLE, all_of=[criterion]
        ),
        actions=[monitor.MetricAlertActionArgs(action_group_id=each) for each in common.groups],
        opts=_options(common, rule.name, rule_id),
    )


def _query(common: _Rules, rule: QueryRule, logs_id: pulumi.Input[str]) -> monitor.ScheduledQueryRule:
    place = common.place
    name = f"rollout-{place.endpoint}-{rule.name}".rstrip(".")
    rule_id = f"{place.group_id}/providers/Microsoft.Insights/scheduledQueryRules/{name}"
    condition = monitor.ConditionArgs(
        query=rule.query,
        time_aggregation="Count",
        operator="GreaterThan",
        threshold=0,
        failing_periods=monitor.ConditionFailingPeriodsArgs(
            number_of_evaluation_periods=1, min_failing_periods_to_alert=1
        ),
    )
    return monitor.ScheduledQueryRule(
        f"alert-{rule.name}",
        resource_group_name=place.resource_group,
        rule_name=name,
        location=common.location,
        description=rule.description,
        severity=common.settings.severity,
        enabled=common.enabled,
        scopes=[logs_id],
        evaluation_frequency=_iso(LOG_EVERY),
        window_size=_iso(LOG_WINDOW),
        auto_mitigate=True,
        skip_query_validation=True,  # of a new endpoint's log there is no table yet, for up to an hour
        criteria=monitor.ScheduledQueryRuleCriteriaArgs(all_of=[condition]),
        actions=monitor.ActionsArgs(action_groups=common.groups),
        opts=_options(common, rule.name, rule_id),
    )


def _options(common: _Rules, name: str, rule_id: str) -> pulumi.ResourceOptions:
    """Return the options of a rule. What ARM holds under its name and the state has lost is deleted first."""
    version = _METRIC_API if "/metricAlerts/" in rule_id else _QUERY_API

    def clear(_: pulumi.ResourceHookArgs) -> None:
        common.arm.delete(rule_id, version, what=f"the alert rule of {name}")

    return pulumi.ResourceOptions(
        depends_on=[common.after],
        ignore_changes=[] if common.changes else ["*"],
        hooks=pulumi.ResourceHookBinding(before_create=[hooks.hook(f"alert-{name}-clear", clear)]),
    )


def _iso(length: timedelta) -> str:
    """Return a length of whole minutes as Azure writes it: `PT5M`, `PT1H`, `P1D`."""
    minutes: Any = int(length.total_seconds()) // 60
    if minutes % 1440 == 0:
        return f"P{minutes // 1440}D"
    return f"PT{minutes // 60}H" if minutes % 60 == 0 else f"PT{minutes}M"
