"""Bodies that ARM and Log Analytics take, one for each kind of path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.localazure.resources import ENDPOINT

if TYPE_CHECKING:
    from tests.localazure.resources import Workspace


def bodies(workspace: Workspace) -> dict[str, dict[str, Any]]:
    """One good body for each kind of path, by where it is put below the workspace or its group."""
    account = workspace.account
    insights = f"{workspace.group}/providers/Microsoft.Insights"
    endpoint = f"{workspace.id}/onlineEndpoints/credit"
    shown = workspace.arm.ok("GET", workspace.id)
    registry = {"location": "eastus", "properties": {"regionDetails": [{"location": "eastus"}]}}
    ml = f"{workspace.group}/providers/Microsoft.MachineLearningServices"
    blob = "azureml://datastores/workspaceblobstore/paths/x"
    alert: dict[str, Any] = {
        "severity": 1,
        "enabled": True,
        "scopes": [endpoint],
        "evaluationFrequency": "PT1M",
        "windowSize": "PT5M",
        "criteria": {
            "odata.type": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
            "allOf": [
                {
                    "criterionType": "StaticThresholdCriterion",
                    "name": "errors",
                    "metricName": "RequestsPerMinute",
                    "operator": "GreaterThan",
                    "threshold": 2,
                    "timeAggregation": "Average",
                    "dimensions": [{"name": "deployment", "operator": "Include", "values": ["blue"]}],
                }
            ],
        },
        "actions": [{"actionGroupId": f"{insights}/actionGroups/people"}],
    }
    rule: dict[str, Any] = {
        "severity": 2,
        "scopes": [f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/logs"],
        "evaluationFrequency": "PT5M",
        "windowSize": "PT5M",
        "criteria": {
            "allOf": [
                {
                    "query": "AmlOnlineEndpointTrafficLog",
                    "timeAggregation": "Count",
                    "operator": "GreaterThan",
                    "threshold": 2,
                    "failingPeriods": {"numberOfEvaluationPeriods": 1, "minFailingPeriodsToAlert": 1},
                }
            ]
        },
        "actions": {"actionGroups": []},
    }
    group = {
        "groupShortName": "people",
        "enabled": True,
        "webhookReceivers": [{"name": "a", "serviceUri": "http://127.0.0.1:9/x"}],
    }
    collector = {"collections": {"request": {"dataCollectionMode": "Enabled"}}}
    traffic = {"authMode": "Key", "traffic": {"blue": 100}, "mirrorTraffic": {}}
    deployment = workspace.deployment_body(
        requestSettings={"requestTimeout": "PT5S"},
        livenessProbe={"period": "PT1S"},
        environmentVariables={"A": "b"},
        dataCollector=collector,
    )
    return {
        workspace.id: {key: shown[key] for key in ("location", "identity", "properties")},
        endpoint: ENDPOINT | {"properties": traffic, "tags": {"a": "b"}},
        f"{endpoint}/deployments/green": deployment,
        f"{endpoint}/regenerateKeys": {"keyType": "Primary", "keyValue": "x"},
        f"{endpoint}/deployments/blue/getLogs": {"tail": 5, "containerType": "InferenceServer"},
        f"{workspace.id}/models/m/versions/2": {"properties": {"modelUri": blob, "tags": {"a": "b"}}},
        f"{workspace.id}/environments/f/versions/1": {"properties": {"image": "i", "condaFile": "name: x"}},
        f"{workspace.id}/data/d/versions/1": {"properties": {"dataType": "uri_folder", "dataUri": blob}},
        f"{workspace.id}/codes/c/versions/1": {"properties": {"codeUri": blob, "properties": {}}},
        f"{workspace.id}/codes/c/versions/1/startPendingUpload": {"pendingUploadType": "x"},
        f"{workspace.id}/datastores/mine": {
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": account,
                "containerName": "c",
            }
        },
        f"{ml}/registries/reg": registry,
        f"{ml}/registries/reg/import": {"properties": {"referenceType": "Id", "sourceAssetId": "x"}},
        f"{ml}/registries/reg/models/m/versions/1": {"properties": {"modelUri": "https://x/y"}},
        f"{insights}/metricAlerts/errors": {"location": "global", "properties": alert},
        f"{insights}/scheduledQueryRules/logged": {"location": "eastus", "properties": rule},
        f"{insights}/actionGroups/people": {"location": "global", "properties": group},
        f"{insights}/components/appi": {
            "location": "eastus",
            "kind": "web",
            "properties": {"RetentionInDays": 90},
        },
        f"{endpoint}/providers/Microsoft.Insights/diagnosticSettings/s": {
            "properties": {"workspaceId": "x", "logs": [{"category": "AmlOnlineEndpointTrafficLog"}]}
        },
        f"{workspace.group}/providers/Microsoft.OperationalInsights/workspaces/logs": {
            "location": "eastus",
            "properties": {"sku": {"name": "PerGB2018"}},
        },
        f"{workspace.group}/providers/Microsoft.KeyVault/vaults/v{workspace.account}": {
            "location": "eastus",
            "properties": {"tenantId": "t", "sku": {"family": "A", "name": "standard"}},
        },
        f"{workspace.group}/providers/Microsoft.Storage/storageAccounts/{workspace.account}": {
            "location": "eastus",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
        },
        f"{workspace.group}/providers/Microsoft.ContainerRegistry/registries/acr1": {
            "location": "eastus",
            "sku": {"name": "Basic"},
        },
        f"/subscriptions/{workspace.arm.settings.subscription}/metrics:getBatch": {"resourceids": [endpoint]},
        "/v1/workspaces/x/query": {"query": "AmlOnlineEndpointTrafficLog", "timespan": "PT1H"},
        "/v1/$batch": {"requests": [{"id": "1", "workspace": "x", "method": "POST", "body": {"query": "x"}}]},
    }
