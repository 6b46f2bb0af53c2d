"""Microsoft.Insights: what watches the endpoint, and whom it tells."""

from __future__ import annotations

from localazure.provider.shape import ResourceType
from localazure.provider.types.groups import GROUP, IDENTITY, words

_ENVELOPE = words("identity location tags systemData name type kind etag")

DIAGNOSTIC_SETTING = ResourceType(
    name="monitor:DiagnosticSetting",
    path="/{resourceUri}/providers/Microsoft.Insights/diagnosticSettings/{name}",
    api_version="2021-05-01-preview",
    envelope=words("name type systemData"),
    inputs=words(
        "eventHubAuthorizationRuleId eventHubName logAnalyticsDestinationType logs marketplacePartnerId"
        " metrics serviceBusRuleId storageAccountId workspaceId"
    ),
    outputs=words("name systemData type"),
    naming="random",
)

ACTION_GROUP = ResourceType(
    name="monitor:ActionGroup",
    path=f"{GROUP}/providers/Microsoft.Insights/actionGroups/{{actionGroupName}}",
    api_version="2024-10-01-preview",
    envelope=_ENVELOPE,
    inputs=words(
        "armRoleReceivers automationRunbookReceivers azureAppPushReceivers azureFunctionReceivers"
        " emailReceivers enabled eventHubReceivers groupShortName identity incidentReceivers itsmReceivers"
        " location logicAppReceivers smsReceivers tags voiceReceivers webhookReceivers"
    ),
    outputs=words("name systemData type"),
    nested={"identity": IDENTITY},
    required=("enabled", "groupShortName", "location"),
    defaults={"enabled": True, "location": "global"},
    naming="random",
)

METRIC_ALERT = ResourceType(
    name="monitor:MetricAlert",
    path=f"{GROUP}/providers/Microsoft.Insights/metricAlerts/{{ruleName}}",
    api_version="2018-03-01",
    envelope=_ENVELOPE - {"identity"},
    inputs=words(
        "actions autoMitigate criteria description enabled evaluationFrequency location scopes severity"
        " tags targetResourceRegion targetResourceType windowSize"
    ),
    outputs=words("isMigrated lastUpdatedTime name type"),
    renames={"criteria.odataType": "odata.type"},
    required=("criteria", "enabled", "evaluationFrequency", "location", "scopes", "severity", "windowSize"),
    defaults={"location": "global"},
    naming="random",
)

SCHEDULED_QUERY_RULE = ResourceType(
    name="monitor:ScheduledQueryRule",
    path=f"{GROUP}/providers/Microsoft.Insights/scheduledQueryRules/{{ruleName}}",
    api_version="2025-01-01-preview",
    envelope=_ENVELOPE,
    inputs=words(
        "actions autoMitigate checkWorkspaceAlertsStorageConfigured criteria description displayName enabled"
        " evaluationFrequency identity kind location muteActionsDuration overrideQueryTimeRange"
        " resolveConfiguration scopes severity skipQueryValidation tags targetResourceTypes windowSize"
    ),
    outputs=words(
        "createdWithApiVersion etag isLegacyLogAnalyticsRule isWorkspaceAlertsStorageConfigured"
        " name systemData type"
    ),
    nested={"identity": IDENTITY},
    required=("criteria", "location", "scopes"),
    naming="random",
)

AUTOSCALE_SETTING = ResourceType(
    name="monitor:AutoscaleSetting",
    path=f"{GROUP}/providers/Microsoft.Insights/autoscalesettings/{{autoscaleSettingName}}",
    api_version="2022-10-01",
    envelope=_ENVELOPE - {"identity"},
    inputs=words(
        "enabled location notifications predictiveAutoscalePolicy profiles tags targetResourceLocation"
        " targetResourceUri"
    ),
    outputs=words("name systemData type"),
    required=("location", "profiles"),
    defaults={"enabled": False},
    naming="random",
)

TYPES = (AUTOSCALE_SETTING, DIAGNOSTIC_SETTING, ACTION_GROUP, METRIC_ALERT, SCHEDULED_QUERY_RULE)
