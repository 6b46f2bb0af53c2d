"""A fired or resolved alert, as the alerts API lists it and as action groups tell it.

(learn.microsoft.com, "Common alert schema"; Alerts - Get By Id.)
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from localazure.monitor.alerts import metric_rule
from localazure.monitor.alerts.reading import iso

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.monitor.alerts.outcome import Outcome, Watch

__all__ = ["FIRED", "RESOLVED", "essentials", "notification"]

FIRED, RESOLVED = "Fired", "Resolved"


def essentials(watch: Watch, condition: str, fired: datetime, now: datetime) -> JSON:
    """What the alerts API says first of an alert."""
    kind = _type_of(watch.scope)
    shown: JSON = {
        "severity": f"Sev{watch.severity}",
        "signalType": "Metric" if _of_metrics(watch) else "Log",
        "alertState": "New",
        "monitorCondition": condition,
        "targetResource": watch.scope,
        "targetResourceName": _name(watch.scope),
        "targetResourceGroup": _group(watch.scope),
        "targetResourceType": kind,
        "monitorService": "Platform" if _of_metrics(watch) else "Log Alerts V2",
        "alertRule": watch.resource.id,
        "startDateTime": _text(fired),
        "lastModifiedDateTime": _text(now),
        "actionStatus": {"isSuppressed": False},
        "description": str(watch.resource.properties.get("description") or ""),
    }
    return shown | ({"monitorConditionResolvedDateTime": _text(now)} if condition == RESOLVED else {})


def context(watch: Watch, outcome: Outcome, at: datetime) -> JSON:
    """The condition with what was measured, and when."""
    kind = "SingleResourceMultipleMetricCriteria" if _of_metrics(watch) else "LogQueryCriteria"
    return {
        "properties": {},
        "conditionType": kind,
        "condition": {
            "windowSize": iso(watch.window),
            "allOf": list(outcome.conditions),
            "windowStartTime": _text(at - watch.window),
            "windowEndTime": _text(at),
        },
    }


def notification(watch: Watch, alert_id: str, said: JSON, about: JSON) -> JSON:
    """What a webhook is sent.

    Args:
        watch: The rule.
        alert_id: The alert's id.
        said: Its essentials.
        about: Its context.
    """
    first: dict[str, Any] = {
        "alertId": alert_id,
        "alertRule": watch.resource.name,
        "alertRuleID": watch.resource.id,
        "targetResourceType": said["targetResourceType"].lower(),
        "severity": said["severity"],
        "signalType": said["signalType"],
        "monitorCondition": said["monitorCondition"],
        "monitoringService": said["monitorService"],
        "alertTargetIDs": [watch.scope.lower()],
        "configurationItems": [_name(watch.scope)],
        "originAlertId": alert_id.rsplit("/", 1)[1],
        "firedDateTime": said["startDateTime"],
        "description": said["description"],
        "essentialsVersion": "1.0",
        "alertContextVersion": "1.0",
    }
    if "monitorConditionResolvedDateTime" in said:
        first["resolvedDateTime"] = said["monitorConditionResolvedDateTime"]
    data = {"essentials": first, "alertContext": about, "customProperties": dict(watch.custom)}
    return {"schemaId": "azureMonitorCommonAlertSchema", "data": data}


def _of_metrics(watch: Watch) -> bool:
    return watch.resource.type.lower() == metric_rule.TYPE.lower()


def _name(resource_id: str) -> str:
    return resource_id.rstrip("/").rsplit("/", 1)[1]


def _group(resource_id: str) -> str:
    parts = resource_id.split("/")
    return parts[4] if len(parts) > 4 else ""  # noqa: PLR2004 - /subscriptions/S/resourceGroups/G


def _type_of(resource_id: str) -> str:
    _, _, rest = resource_id.rpartition("/providers/")
    namespace, *pairs = rest.split("/")
    return "/".join([namespace, *pairs[0::2]])


def _text(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
