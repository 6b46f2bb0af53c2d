from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import Any

from localazure.arm.body import JSON, part
from localazure.arm.errors import bad_request, conflict
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.store import Resource
from localazure.arm.types.identities import identity_state, identity_view

__all__ = ["Workspaces"]

NEEDED = {
    "storageAccount": "Microsoft.Storage/storageAccounts",
    "keyVault": "Microsoft.KeyVault/vaults",
    "applicationInsights": "Microsoft.Insights/components",
}
RECASED = {
    "keyVault": ("/Microsoft.KeyVault/", "/Microsoft.Keyvault/"),
    "applicationInsights": ("/Microsoft.Insights/", "/Microsoft.insights/"),
}
"""How Azure ML writes the providers of what a workspace is made of."""
STORES = {"workspaceblobstore": "azureml-blobstore-{guid}", "workspaceartifactstore": "azureml"}


class Workspaces(Kind):
    """Machine learning workspaces; one comes with its default datastores."""

    type = "Microsoft.MachineLearningServices/workspaces"
    tracked = True
    name_rule = re.compile(r"[a-zA-Z0-9][\w-]{2,32}")
    name_help = "3 to 33 letters, digits, '_' and '-', beginning with a letter or digit"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Its storage account, key vault and Application Insights must be there."""
        del call
        properties = part(body, "properties")
        for name, wanted in NEEDED.items():
            if not properties.get(name):
                raise bad_request(f"Missing dependent resources in workspace json: {name}", "ValidationError")
            found = self.store.get(properties[name])
            if found is None or found.type.lower() != wanted.lower():
                raise bad_request(
                    f"{name}: '{properties[name]}' is no {wanted} that exists.", "ValidationError"
                )
        if not body.get("identity"):
            raise bad_request(
                "Managed identity is required for a workspace: send identity.", "ValidationError"
            )
        moved = (
            old is not None
            and old.properties["storageAccount"].lower() != properties["storageAccount"].lower()
        )
        if moved:
            raise bad_request("The storage account of a workspace can't be changed.", "ValidationError")

    def new_state(self) -> JSON:
        """Its guid and its identity."""
        return {"workspaceId": str(uuid.uuid4())} | identity_state()

    def created(self, resource: Resource) -> None:
        """Containers and the datastores that name them."""
        account = resource.properties["storageAccount"].rsplit("/", 1)[1]
        for name, pattern in STORES.items():
            container = pattern.format(guid=resource.state["workspaceId"])
            self.plane.blobs.make_container(account, container)
            properties: dict[str, Any] = {
                "datastoreType": "AzureBlob",
                "accountName": account,
                "containerName": container,
                "protocol": "https",
                "isDefault": name == "workspaceblobstore",
                "credentials": {"credentialsType": "AccountKey"},
                "serviceDataAccessAuthIdentity": "None",
            }
            kind = f"{self.type}/datastores"
            at = resource.created
            body = {"properties": properties}
            self.store.put(Resource(f"{resource.id}/datastores/{name}", kind, body, at, at))

    async def put(self, call: Call) -> Answer:
        """200 in any case: the specification has no 201 here, and its clients take none."""
        return replace(await super().put(call), status=200)

    def view(self, resource: Resource) -> JSON:
        """With its guid and the addresses of its services."""
        settings = self.azure.settings
        shown = super().view(resource)
        defaults: JSON = {
            "friendlyName": resource.name,
            "description": "",
            "hbiWorkspace": False,
            "publicNetworkAccess": "Enabled",
            "v1LegacyMode": False,
        }
        added: JSON = {
            "workspaceId": resource.state["workspaceId"],
            "discoveryUrl": f"{settings.base_url}/discovery",
            "mlFlowTrackingUri": f"azureml://{settings.host}:{settings.port}/mlflow/v1.0{resource.id}",
            "provisioningState": "Succeeded",
            "privateLinkCount": 0,
            "storageHnsEnabled": False,
            "tenantId": settings.tenant,
        }
        shown["identity"] = identity_view(resource, settings)
        shown.setdefault("sku", {"name": "Basic", "tier": "Basic"})
        shown.setdefault("kind", "Default")
        return shown | {"properties": defaults | resource.properties | _recased(resource.properties) | added}

    async def delete(self, call: Call) -> Answer:
        """Refused while endpoints are in it."""
        inside = self.store.children(f"{call.path.id}/onlineEndpoints")
        if inside:
            text = (
                "Cannot delete resource while nested resources exist. Some existing nested resource IDs "
                f"include: '{inside[0].id}'. Please delete all nested resources before deleting this one."
            )
            raise conflict(text, "CannotDeleteResource")
        return await super().delete(call)

    async def act(self, call: Call, action: str) -> Answer:
        """`listStorageAccountKeys` and `listKeys`."""
        resource = self.need(call.path)
        account = self.store.get(resource.properties["storageAccount"])
        keys: list[str] = account.state["keys"] if account else []
        match action.lower():
            case "liststorageaccountkeys":
                return Answer(200, {"userStorageKey": keys[0] if keys else None})
            case "listkeys":
                insights = self.store.get(resource.properties["applicationInsights"])
                shown: JSON = {"userStorageKey": keys[0] if keys else None}
                shown["userStorageResourceId"] = resource.properties["storageAccount"]
                shown["appInsightsInstrumentationKey"] = insights.state["key"] if insights else None
                return Answer(200, shown)
            case _:
                return await super().act(call, action)


def _recased(properties: JSON) -> JSON:
    return {name: properties[name].replace(*pair) for name, pair in RECASED.items() if properties.get(name)}
