from __future__ import annotations

import base64
import re
import secrets
from dataclasses import replace
from typing import TYPE_CHECKING

from localazure.arm.body import JSON, part
from localazure.arm.errors import bad_request
from localazure.arm.kind import Answer, Call, Kind

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = ["StorageAccounts", "StorageContainers"]


class StorageAccounts(Kind):
    """Storage accounts; their blobs are served under `/blob/<account>/` of this very port."""

    type = "Microsoft.Storage/storageAccounts"
    tracked = True
    name_rule = re.compile(r"[a-z0-9]{3,24}")
    name_help = "3 to 24 lower-case letters and digits"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Azure wants a sku and a kind; names are unique in all of Azure."""
        if not part(body, "sku").get("name") or not body.get("kind"):
            raise bad_request("A storage account needs sku.name and kind.", "InvalidRequestPropertyValue")
        taken = old is None and any(one.name == call.path.name for one in self.store.of_type(self.type))
        if taken:
            text = f"The storage account named {call.path.name} is already taken."
            raise bad_request(text, "StorageAccountAlreadyTaken")

    def new_state(self) -> JSON:
        """Two keys."""
        return {"keys": [_new_key(), _new_key()]}

    def view(self, resource: Resource) -> JSON:
        """With the addresses of its services."""
        shown = super().view(resource)
        added: JSON = {
            "provisioningState": "Succeeded",
            "creationTime": shown["systemData"]["createdAt"],
            "primaryLocation": resource.body["location"],
            "statusOfPrimary": "available",
            "primaryEndpoints": {"blob": f"{self.azure.settings.base_url}/blob/{resource.name}/"},
        }
        shown["sku"] = {"tier": "Standard"} | resource.body["sku"]
        return shown | {"properties": resource.properties | added}

    async def dispose(self, resource: Resource) -> None:
        """Its blobs go with it."""
        self.plane.blobs.drop_account(resource.name)

    async def act(self, call: Call, action: str) -> Answer:
        """`listKeys` and `regenerateKey`."""
        resource = self.need(call.path)
        if action.lower() == "regeneratekey":
            which = {"key1": 0, "key2": 1}.get(str(call.object.get("keyName")))
            if which is None:
                raise bad_request("keyName: give 'key1' or 'key2'.", "InvalidRequestPropertyValue")
            keys = list(resource.state["keys"])
            keys[which] = _new_key()
            resource = self.store.put(replace(resource, state=resource.state | {"keys": keys}))
        elif action.lower() != "listkeys":
            return await super().act(call, action)
        named = zip(("key1", "key2"), resource.state["keys"], strict=True)
        return Answer(
            200, {"keys": [{"keyName": n, "value": key, "permissions": "FULL"} for n, key in named]}
        )


class StorageContainers(Kind):
    """Blob containers as ARM sees them: creating one makes it for the data plane too."""

    type = "Microsoft.Storage/storageAccounts/blobServices/containers"

    def created(self, resource: Resource) -> None:
        """Make the container itself."""
        self.plane.blobs.make_container(resource.id.split("/")[8], resource.name)

    async def dispose(self, resource: Resource) -> None:
        """Its blobs go with it."""
        self.plane.blobs.drop_container(resource.id.split("/")[8], resource.name)


def _new_key() -> str:
    return base64.b64encode(secrets.token_bytes(64)).decode()
