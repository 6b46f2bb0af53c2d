"""What a program may declare of each type."""

from __future__ import annotations

from typing import Any

from localazure.provider.values import Secret

IN_GROUP = {"resourceGroupName": "rg", "location": "eastus"}
IN_WORKSPACE = {"resourceGroupName": "rg", "workspaceName": "mlw"}


def programs(subscription: str) -> dict[str, dict[str, Any]]:
    """Inputs for one resource of each type, parents first."""
    identity = {"type": "SystemAssigned"}
    group = f"/subscriptions/{subscription}/resourceGroups/rg/providers"
    workspace = f"{group}/Microsoft.MachineLearningServices/workspaces/mlw"
    endpoint = f"{workspace}/onlineEndpoints/credit"
    asset = {**IN_WORKSPACE, "name": "a"}
    return {
        "resources:ResourceGroup": {**IN_GROUP},
        "storage:StorageAccount": {
            **IN_GROUP,
            "accountName": "stx",
            "kind": "StorageV2",
            "sku": {"name": "Standard_LRS"},
            "enableHttpsTrafficOnly": True,
        },
        "keyvault:Vault": {
            **IN_GROUP,
            "vaultName": "kvx",
            "properties": {"tenantId": "t", "sku": {"family": "A", "name": "standard"}},
        },
        "operationalinsights:Workspace": {**IN_GROUP, "workspaceName": "logs", "sku": {"name": "PerGB2018"}},
        "applicationinsights:Component": {
            **IN_GROUP,
            "resourceName": "ai",
            "kind": "web",
            "applicationType": "web",
        },
        "containerregistry:Registry": {**IN_GROUP, "registryName": "registry", "sku": {"name": "Basic"}},
        "machinelearningservices:Workspace": {
            **IN_GROUP,
            "workspaceName": "mlw",
            "identity": identity,
            "storageAccount": f"{group}/Microsoft.Storage/storageAccounts/stx",
            "keyVault": f"{group}/Microsoft.KeyVault/vaults/kvx",
            "applicationInsights": f"{group}/Microsoft.Insights/components/ai",
        },
        "machinelearningservices:Datastore": {
            **asset,
            "properties": {
                "datastoreType": "AzureBlob",
                "accountName": "stx",
                "containerName": "c",
                "credentials": {"credentialsType": "None"},
            },
        },
        "machinelearningservices:CodeContainer": {**asset, "properties": {"description": "d"}},
        "machinelearningservices:CodeVersion": {
            **asset,
            "version": "1",
            "properties": {"codeUri": "https://c/code"},
        },
        "machinelearningservices:ModelContainer": {**asset, "properties": {"description": "d"}},
        "machinelearningservices:ModelVersion": {
            **asset,
            "version": "1",
            "properties": {"modelUri": "azureml://datastores/a/paths/m", "modelType": "custom_model"},
        },
        "machinelearningservices:EnvironmentContainer": {**asset, "properties": {"description": "d"}},
        "machinelearningservices:EnvironmentVersion": {
            **asset,
            "version": "1",
            "properties": {"image": "mcr.microsoft.com/x", "condaFile": "name: x"},
        },
        "machinelearningservices:OnlineEndpoint": {
            **IN_WORKSPACE,
            "endpointName": "credit",
            "location": "eastus",
            "identity": identity,
            "properties": {"authMode": "Key", "traffic": {}},
        },
        "machinelearningservices:OnlineDeployment": {
            **IN_WORKSPACE,
            "endpointName": "credit",
            "deploymentName": "blue",
            "location": "eastus",
            "sku": {"name": "Default", "capacity": 1},
            "properties": {
                "endpointComputeType": "Managed",
                "environmentId": f"{workspace}/environments/a/versions/1",
                "environmentVariables": Secret({"KEY": "hunter2"}),
                "instanceType": "Standard_DS3_v2",
            },
        },
        "monitor:DiagnosticSetting": {
            "resourceUri": endpoint,
            "name": "rollout",
            "workspaceId": f"{group}/Microsoft.OperationalInsights/workspaces/logs",
            "logs": [{"category": "AmlOnlineEndpointTrafficLog", "enabled": True}],
        },
        "monitor:ActionGroup": {
            **IN_GROUP,
            "location": "global",
            "actionGroupName": "ag",
            "groupShortName": "ag",
            "enabled": True,
        },
        "monitor:MetricAlert": {
            **IN_GROUP,
            "location": "global",
            "ruleName": "errors",
            "criteria": {
                "odataType": "Microsoft.Azure.Monitor.SingleResourceMultipleMetricCriteria",
                "allOf": [
                    {
                        "criterionType": "StaticThresholdCriterion",
                        "name": "errors",
                        "metricName": "RequestsPerMinute",
                        "operator": "GreaterThan",
                        "threshold": 1,
                        "timeAggregation": "Average",
                    }
                ],
            },
            "enabled": True,
            "evaluationFrequency": "PT1M",
            "scopes": [endpoint],
            "severity": 2,
            "windowSize": "PT5M",
        },
        "monitor:ScheduledQueryRule": {
            **IN_GROUP,
            "ruleName": "logged",
            "criteria": {
                "allOf": [
                    {
                        "query": "AmlOnlineEndpointTrafficLog | where ResponseCode >= 500",
                        "timeAggregation": "Count",
                        "operator": "GreaterThan",
                        "threshold": 1,
                    }
                ]
            },
            "enabled": True,
            "evaluationFrequency": "PT5M",
            "scopes": [f"{group}/Microsoft.OperationalInsights/workspaces/logs"],
            "severity": 2,
            "windowSize": "PT5M",
        },
        "monitor:AutoscaleSetting": {
            **IN_GROUP,
            "autoscaleSettingName": "scale",
            "enabled": True,
            "profiles": [
                {
                    "name": "usual",
                    "capacity": {"minimum": "1", "maximum": "3", "default": "1"},
                    "rules": [{"scaleAction": {"direction": "Increase", "type": "ChangeCount"}}],
                }
            ],
            "targetResourceUri": f"{endpoint}/deployments/blue",
        },
        "authorization:RoleAssignment": {
            "scope": endpoint,
            "roleAssignmentName": "0d1a2b3c-0000-4000-8000-000000000001",
            "principalId": "p",
            "roleDefinitionId": "r",
            "principalType": "ServicePrincipal",
        },
    }
