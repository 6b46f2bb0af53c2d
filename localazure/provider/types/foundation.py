"""The resource group and what a workspace needs beside it."""

from __future__ import annotations

from localazure.provider.shape import ResourceType
from localazure.provider.types.groups import GROUP, IDENTITY, words

_ENVELOPE = words("identity location sku tags systemData name type kind etag")

RESOURCE_GROUP = ResourceType(
    name="resources:ResourceGroup",
    path=GROUP,
    api_version="2024-03-01",
    inputs=words("location managedBy tags"),
    outputs=words("name properties type"),
    required=("location",),
    naming="random",
)

STORAGE_ACCOUNT = ResourceType(
    name="storage:StorageAccount",
    path=f"{GROUP}/providers/Microsoft.Storage/storageAccounts/{{accountName}}",
    api_version="2024-01-01",
    envelope=_ENVELOPE | {"extendedLocation"},
    inputs=words(
        "accessTier allowBlobPublicAccess allowCrossTenantReplication allowSharedKeyAccess allowedCopyScope"
        " azureFilesIdentityBasedAuthentication customDomain defaultToOAuthAuthentication dnsEndpointType"
        " enableExtendedGroups enableHttpsTrafficOnly enableNfsV3 encryption extendedLocation identity"
        " immutableStorageWithVersioning isHnsEnabled isLocalUserEnabled isSftpEnabled keyPolicy kind"
        " largeFileSharesState location minimumTlsVersion networkRuleSet publicNetworkAccess"
        " routingPreference sasPolicy sku tags"
    ),
    outputs=words(
        "accountMigrationInProgress blobRestoreStatus creationTime failoverInProgress geoReplicationStats"
        " isSkuConversionBlocked keyCreationTime lastGeoFailoverTime name primaryEndpoints primaryLocation"
        " privateEndpointConnections provisioningState secondaryEndpoints secondaryLocation statusOfPrimary"
        " statusOfSecondary storageAccountSkuConversionStatus type"
    ),
    nested={"identity": IDENTITY, "sku": words("name")},
    computed=words("sku.tier identity.principalId identity.tenantId"),
    renames={
        "enableHttpsTrafficOnly": "supportsHttpsTrafficOnly",
        "enableNfsV3": "isNfsV3Enabled",
        "networkRuleSet": "networkAcls",
    },
    required=("kind", "location", "sku.name"),
    replaces=words("isHnsEnabled enableNfsV3"),
    naming="random",
)

VAULT = ResourceType(
    name="keyvault:Vault",
    path=f"{GROUP}/providers/Microsoft.KeyVault/vaults/{{vaultName}}",
    api_version="2024-11-01",
    inputs=words("location properties tags"),
    outputs=words("name systemData type"),
    nested={
        "properties": words(
            "accessPolicies createMode enablePurgeProtection enableRbacAuthorization enableSoftDelete"
            " enabledForDeployment enabledForDiskEncryption enabledForTemplateDeployment networkAcls"
            " publicNetworkAccess sku softDeleteRetentionInDays tenantId"
        )
    },
    computed=words("properties.provisioningState properties.vaultUri properties.hsmPoolResourceId"),
    required=("location", "properties.sku", "properties.tenantId"),
    naming="random",
)

LOG_ANALYTICS = ResourceType(
    name="operationalinsights:Workspace",
    path=f"{GROUP}/providers/Microsoft.OperationalInsights/workspaces/{{workspaceName}}",
    api_version="2023-09-01",
    envelope=_ENVELOPE - {"sku", "kind"},
    inputs=words(
        "defaultDataCollectionRuleResourceId features forceCmkForQuery identity location"
        " publicNetworkAccessForIngestion publicNetworkAccessForQuery retentionInDays sku tags"
        " workspaceCapping"
    ),
    outputs=words(
        "createdDate customerId etag modifiedDate name privateLinkScopedResources provisioningState"
        " systemData type"
    ),
    nested={
        "identity": IDENTITY,
        "sku": words("capacityReservationLevel name"),
        "workspaceCapping": words("dailyQuotaGb"),
    },
    required=("location",),
    naming="random",
)

APP_INSIGHTS = ResourceType(
    name="applicationinsights:Component",
    path=f"{GROUP}/providers/Microsoft.Insights/components/{{resourceName}}",
    api_version="2020-02-02",
    envelope=_ENVELOPE - {"sku", "identity"},
    inputs=words(
        "applicationType disableIpMasking disableLocalAuth flowType forceCustomerStorageForProfiler"
        " hockeyAppId immediatePurgeDataOn30Days ingestionMode kind location publicNetworkAccessForIngestion"
        " publicNetworkAccessForQuery requestSource retentionInDays samplingPercentage tags"
        " workspaceResourceId"
    ),
    outputs=words(
        "appId applicationId connectionString creationDate etag hockeyAppToken instrumentationKey"
        " laMigrationDate name privateLinkScopedResources provisioningState tenantId type"
    ),
    renames={
        "applicationType": "Application_Type",
        "flowType": "Flow_Type",
        "requestSource": "Request_Source",
        **{
            name: name[0].upper() + name[1:]
            for name in words(
                "appId applicationId connectionString creationDate disableIpMasking disableLocalAuth"
                " forceCustomerStorageForProfiler hockeyAppId hockeyAppToken immediatePurgeDataOn30Days"
                " ingestionMode instrumentationKey laMigrationDate privateLinkScopedResources"
                " retentionInDays samplingPercentage tenantId workspaceResourceId"
            )
        },
    },
    required=("kind", "location"),
    defaults={"applicationType": "web"},
    naming="random",
)

CONTAINER_REGISTRY = ResourceType(
    name="containerregistry:Registry",
    path=f"{GROUP}/providers/Microsoft.ContainerRegistry/registries/{{registryName}}",
    api_version="2023-01-01-preview",
    envelope=_ENVELOPE - {"kind"},
    inputs=words(
        "adminUserEnabled anonymousPullEnabled dataEndpointEnabled encryption identity location"
        " networkRuleBypassOptions networkRuleSet policies publicNetworkAccess sku tags zoneRedundancy"
    ),
    outputs=words(
        "creationDate dataEndpointHostNames loginServer name privateEndpointConnections provisioningState"
        " status systemData type"
    ),
    nested={"identity": IDENTITY, "sku": words("name")},
    computed=words("sku.tier identity.principalId identity.tenantId"),
    required=("location", "sku.name"),
    replaces=words("zoneRedundancy"),
    naming="random",
)

ROLE_ASSIGNMENT = ResourceType(
    name="authorization:RoleAssignment",
    path="/{scope}/providers/Microsoft.Authorization/roleAssignments/{roleAssignmentName}",
    api_version="2022-04-01",
    envelope=words("name type systemData"),
    inputs=words(
        "condition conditionVersion delegatedManagedIdentityResourceId description principalId"
        " principalType roleDefinitionId"
    ),
    outputs=words("createdBy createdOn name scope systemData type updatedBy updatedOn"),
    required=("principalId", "roleDefinitionId"),
    replaces=words("delegatedManagedIdentityResourceId principalId principalType roleDefinitionId"),
    naming="uuid",
)

TYPES = (
    RESOURCE_GROUP,
    STORAGE_ACCOUNT,
    VAULT,
    LOG_ANALYTICS,
    APP_INSIGHTS,
    CONTAINER_REGISTRY,
    ROLE_ASSIGNMENT,
)
