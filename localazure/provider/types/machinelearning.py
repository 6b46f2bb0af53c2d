"""Microsoft.MachineLearningServices, API 2025-12-01, as azure-native 3.29 has it."""

from __future__ import annotations

from localazure.provider.shape import ResourceType
from localazure.provider.types.groups import GROUP, IDENTITY, SKU, words

_API = "2025-12-01"
_WORKSPACE = f"{GROUP}/providers/Microsoft.MachineLearningServices/workspaces/{{workspaceName}}"
_ARM = words("name systemData type")
_ASSET = words("description isAnonymous isArchived properties tags")

WORKSPACE = ResourceType(
    name="machinelearningservices:Workspace",
    path=_WORKSPACE,
    api_version=_API,
    envelope=words("identity kind location sku tags systemData name type"),
    inputs=words(
        "allowPublicAccessWhenBehindVnet applicationInsights associatedWorkspaces containerRegistry"
        " description discoveryUrl enableDataIsolation enableServiceSideCMKEncryption encryption"
        " featureStoreSettings friendlyName hbiWorkspace hubResourceId identity imageBuildCompute keyVault"
        " kind location managedNetwork primaryUserAssignedIdentity provisionNetworkNow publicNetworkAccess"
        " serverlessComputeSettings serviceManagedResourcesSettings sharedPrivateLinkResources sku"
        " storageAccount systemDatastoresAuthMode tags v1LegacyMode workspaceHubConfig"
    ),
    outputs=words(
        "mlFlowTrackingUri name notebookInfo privateEndpointConnections privateLinkCount provisioningState"
        " serviceProvisionedResourceGroup storageHnsEnabled systemData tenantId type workspaceId"
    ),
    nested={"identity": IDENTITY, "sku": SKU},
    computed=words("identity.principalId identity.tenantId"),
    required=("location",),
    naming="random",
)

ONLINE_ENDPOINT = ResourceType(
    name="machinelearningservices:OnlineEndpoint",
    path=f"{_WORKSPACE}/onlineEndpoints/{{endpointName}}",
    api_version=_API,
    inputs=words("identity kind location properties sku tags"),
    outputs=_ARM,
    nested={
        "identity": IDENTITY,
        "sku": SKU,
        "properties": words(
            "authMode compute description keys mirrorTraffic properties publicNetworkAccess traffic"
        ),
    },
    computed=words(
        "identity.principalId identity.tenantId properties.provisioningState properties.scoringUri"
        " properties.swaggerUri"
    ),
    required=("location", "properties.authMode"),
    replaces=words("properties.keys"),
)

ONLINE_DEPLOYMENT = ResourceType(
    name="machinelearningservices:OnlineDeployment",
    path=f"{ONLINE_ENDPOINT.path}/deployments/{{deploymentName}}",
    api_version=_API,
    inputs=words("identity kind location properties sku tags"),
    outputs=_ARM,
    nested={
        "identity": IDENTITY,
        "sku": SKU,
        "properties": words(
            "appInsightsEnabled codeConfiguration dataCollector description egressPublicNetworkAccess"
            " endpointComputeType environmentId environmentVariables instanceType livenessProbe model"
            " modelMountPath properties readinessProbe requestSettings scaleSettings startupProbe"
            " containerResourceRequirements"
        ),
    },
    computed=words("identity.principalId identity.tenantId properties.provisioningState"),
    required=("location", "properties.endpointComputeType"),
)


def _asset(kind: str, collection: str, own: str, replaces: str = "") -> tuple[ResourceType, ResourceType]:
    """An asset's container and its version; both are free of location."""
    container = ResourceType(
        name=f"machinelearningservices:{kind}Container",
        path=f"{_WORKSPACE}/{collection}/{{name}}",
        api_version=_API,
        inputs=words("properties"),
        outputs=_ARM,
        nested={"properties": _ASSET - {"isAnonymous"}},
        computed=words("properties.latestVersion properties.nextVersion properties.provisioningState"),
        required=("properties",),
    )
    version = ResourceType(
        name=f"machinelearningservices:{kind}Version",
        path=f"{_WORKSPACE}/{collection}/{{name}}/versions/{{version}}",
        api_version=_API,
        inputs=words("properties"),
        outputs=_ARM,
        nested={"properties": _ASSET | words(own)},
        computed=words("properties.provisioningState"),
        required=("properties",),
        replaces=frozenset(f"properties.{name}" for name in words(replaces)),
    )
    return container, version


DATASTORE = ResourceType(
    name="machinelearningservices:Datastore",
    path=f"{_WORKSPACE}/datastores/{{name}}",
    api_version=_API,
    inputs=words("properties"),
    outputs=_ARM,
    nested={
        "properties": words(
            "accountName containerName credentials datastoreType description endpoint fileShareName"
            " filesystem properties protocol resourceGroup serviceDataAccessAuthIdentity subscriptionId tags"
        )
    },
    computed=words("properties.isDefault"),
    required=("properties.datastoreType", "properties.credentials"),
    secrets=words("properties.credentials.secrets"),
)

TYPES = (
    WORKSPACE,
    ONLINE_ENDPOINT,
    ONLINE_DEPLOYMENT,
    *_asset("Code", "codes", "codeUri"),
    *_asset("Model", "models", "datasets flavors jobName modelType modelUri stage"),
    *_asset(
        "Environment",
        "environments",
        "autoRebuild build condaFile image inferenceConfig osType stage",
        replaces="autoRebuild build condaFile image inferenceConfig osType",
    ),
    DATASTORE,
)
