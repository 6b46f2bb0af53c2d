from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.arm.body import JSON, part
from localazure.arm.errors import bad_request
from localazure.arm.kind import Answer, Call, Kind
from localazure.assets.sas import container_sas

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = ["Datastores"]

WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
HOUR = 3600


class Datastores(Kind):
    """Datastores of a workspace: names for blob containers."""

    type = f"{WORKSPACE}/datastores"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Only blob containers of a local storage account can be had here."""
        del call, old
        properties = part(body, "properties")
        if properties.get("datastoreType") != "AzureBlob":
            raise bad_request(
                f"datastoreType is {properties.get('datastoreType')!r}; local Azure has only 'AzureBlob'."
            )
        for key in ("accountName", "containerName"):
            if not properties.get(key):
                raise bad_request(f"properties.{key} is missing.")

    def view(self, resource: Resource) -> JSON:
        """With an account name that leads here.

        azure-ai-ml builds `{protocol}://{accountName}.blob.{endpoint}`, and no name below localhost resolves
        everywhere; so the account's name is a path on this port and ends in `#`, which cuts off the rest.
        """
        settings = self.azure.settings
        shown = super().view(resource)
        properties = dict(resource.properties)
        # Credentials go in with a PUT and never come out of a GET: listSecrets has them.
        credentials = properties.get("credentials") or {"credentialsType": "None"}
        account = account_of(resource)
        added: JSON = {
            "accountName": f"{settings.host}:{settings.port}/blob/{account}#",
            "endpoint": f"core.localhost:{settings.port}",
            "protocol": "https",
            "credentials": {"credentialsType": credentials.get("credentialsType", "None")},
        }
        usual: JSON = {
            "isDefault": False,
            "serviceDataAccessAuthIdentity": "None",
            "tags": {},
            "properties": {},
        }
        shown["properties"] = usual | properties | added
        return shown

    async def members(self, call: Call, collection: str) -> Answer:
        """All, or with `isDefault=true` the default one."""
        found = self.store.children(collection)
        wanted = call.query.get("isDefault", "").lower()
        if wanted in {"true", "false"}:
            found = [one for one in found if bool(one.properties.get("isDefault")) == (wanted == "true")]
        names = [name for name in call.query.get("names", "").split(",") if name]
        found = [one for one in found if not names or one.name in names]
        return self.page(call, found)

    async def act(self, call: Call, action: str) -> Answer:
        """`listSecrets`: the account's key, or a SAS where the datastore was made with one."""
        resource = self.need(call.path)
        if action.lower() != "listsecrets":
            return await super().act(call, action)
        key = self._key(resource)
        credentials: JSON = part(resource.properties, "credentials")
        match credentials.get("credentialsType"):
            case "AccountKey":
                return Answer(200, {"secretsType": "AccountKey", "key": key})
            case "Sas":
                hours = float(call.options.get("expireAfterHours") or 1)
                container = resource.properties["containerName"]
                sas = container_sas(account_of(resource), key, container, int(hours * HOUR))
                return Answer(200, {"secretsType": "Sas", "sasToken": sas})
            case other:
                raise bad_request(
                    f"Datastore '{resource.name}' has credentials of type {other}: it has no secrets."
                )

    def _key(self, resource: Resource) -> str:
        account = account_of(resource)
        found = [
            one for one in self.store.of_type("Microsoft.Storage/storageAccounts") if one.name == account
        ]
        if not found:
            raise bad_request(
                f"The storage account '{account}' of datastore '{resource.name}' was not found."
            )
        return found[0].state["keys"][0]


def account_of(datastore: Resource) -> str:
    """The storage account's own name, also where a client PUTs back the name it was shown."""
    return str(datastore.properties["accountName"]).rstrip("#").rsplit("/", 1)[-1]
