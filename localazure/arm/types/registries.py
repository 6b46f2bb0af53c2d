"""Registries: models and environments that all workspaces may use, each with storage of its own."""

from __future__ import annotations

import re
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from localazure.arm.body import JSON, part
from localazure.arm.errors import ArmError, bad_request
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.operations import POLL_AGAIN, Operation, new_operation_id
from localazure.arm.paths import GROUP, ArmPath
from localazure.arm.types.assets import CONTAINERS, VERSIONS, WORKSPACE, Containers, Versions
from localazure.arm.types.endpoints import started
from localazure.arm.types.identities import identity_state, identity_view
from localazure.arm.types.imports import import_asset
from localazure.arm.types.references import REGISTRIES, registry
from localazure.assets.references import reference, temporary

if TYPE_CHECKING:
    from localazure.arm.operations import Worker
    from localazure.arm.store import Resource

__all__ = ["KINDS", "Registries"]

STORAGE = "Microsoft.Storage/storageAccounts"


class Registries(Kind):
    """Registries; creating and deleting one, and importing into it, are long-running operations."""

    type = REGISTRIES
    tracked = True
    name_rule = re.compile(r"[a-zA-Z0-9][\w-]{1,32}")
    name_help = "2 to 33 letters, digits, '_' and '-', beginning with a letter or digit"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Its name is its own in all of Azure, and it lies in regions."""
        properties = part(body, "properties")
        if not properties.get("regionDetails"):
            raise bad_request("The request is invalid: properties.regionDetails is missing.")
        taken = registry(self.store, call.path.name)
        if old is None and taken is not None:
            raise ArmError(409, "RegistryAlreadyExists", f"There is a registry '{taken.name}' already.")

    def new_state(self) -> JSON:
        """Its identity, and the name of the account that holds its files."""
        guid = str(uuid.uuid4())
        return {"guid": guid, "account": guid.replace("-", "")[:24]} | identity_state()

    def view(self, resource: Resource) -> JSON:
        """With the addresses of its services and its managed resource group."""
        settings = self.azure.settings
        shown = super().view(resource)
        discovery = f"{settings.base_url}/registrymanagement/v1.0/registries/{resource.name}/discovery"
        added: JSON = {
            "discoveryUrl": discovery,
            "managedResourceGroup": {"resourceId": _managed_group(resource)},
            "publicNetworkAccess": resource.properties.get("publicNetworkAccess") or "Enabled",
            "provisioningState": resource.state.get("provisioningState", "Succeeded"),
        }
        shown["identity"] = identity_view(resource, settings)
        return shown | {"properties": resource.properties | added}

    async def put(self, call: Call) -> Answer:
        """202, as azure-ai-ml finds that Azure answers for a registry."""
        resource = self.accept(call, self.store.get(call.path.id))
        return self._begin(resource, "PUT", "Creating")

    async def delete(self, call: Call) -> Answer:
        """With all that is in it."""
        resource = self.store.get(call.path.id)
        if resource is None:
            self.base(call.path)
            return Answer(204)
        return self._begin(resource, "DELETE", "Deleting")

    async def act(self, call: Call, action: str) -> Answer:
        """`import`: a version of a workspace's asset becomes one of the registry's."""
        resource = self.need(call.path)
        if action.lower() != "import":
            return await super().act(call, action)
        made = await import_asset(self.plane, resource, part(call.object, "properties"))
        operation = self._operation(made, "POST")
        return Answer(
            202,
            None,
            {"Location": self.plane.operations.url(operation.id, "mfeOperationResults")} | POLL_AGAIN,
        )

    async def work(self, operation: Operation) -> None:
        """Make its storage, or delete all of it."""
        resource = self.store.get(operation.resource)
        if resource is None:
            return
        if operation.verb == "DELETE":
            await self.plane.dispose_below(resource.id)
            await self.dispose(resource)
            self.store.delete(resource.id)
            return
        self._make_storage(resource)
        self.store.put(replace(resource, state=resource.state | {"provisioningState": "Succeeded"}))

    def failed(self, operation: Operation, error: JSON) -> None:
        """It stays, as Failed."""
        del error
        resource = self.store.get(operation.resource)
        if resource is not None:
            self.store.put(replace(resource, state=resource.state | {"provisioningState": "Failed"}))

    async def dispose(self, resource: Resource) -> None:
        """Its managed resource group goes with it."""
        group = _managed_group(resource)
        await self.plane.dispose_below(group)
        self.store.delete(group)

    def _begin(self, resource: Resource, verb: str, state: str) -> Answer:
        resource = self.store.put(replace(resource, state=resource.state | {"provisioningState": state}))
        return started(self, resource, self._operation(resource, verb), 202)

    def _operation(self, resource: Resource, verb: str) -> Operation:
        worker = cast("Worker", self.plane.kind(resource.type))
        return self.plane.operations.begin(
            worker, resource.id, verb, new_operation_id("registry", str(uuid.uuid4()))
        )

    def _make_storage(self, resource: Resource) -> None:
        group, location = _managed_group(resource), resource.body["location"]
        made = ArmPath(group.rsplit("/resourceGroups/", 1)[0], GROUP, (group.rsplit("/", 1)[1],))
        account = ArmPath(group, STORAGE, (resource.state["account"],))
        storage: JSON = {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2"}
        for path, body in ((made, {}), (account, storage)):
            if self.store.get(path.id) is None:
                self.plane.kind(path.type).accept(Call(path, {}, {"location": location} | body), None)


class _Held(Versions):
    """A version in a registry; importing it is an operation on it."""

    async def work(self, operation: Operation) -> None:
        """Nothing: the files were copied when the operation began."""

    def failed(self, operation: Operation, error: JSON) -> None:
        """Nothing is left of it."""
        del error
        self.store.delete(operation.resource)

    async def act(self, call: Call, action: str) -> Answer:
        """`startPendingUpload`, which ARM has for what the data plane calls a temporary reference."""
        if action.lower() != "startpendingupload":
            return await super().act(call, action)
        upload = temporary(self.plane, _holder(self, call.path), *call.path.names[-2:])
        return Answer(200, upload | {"pendingUploadId": "1", "pendingUploadType": "TemporaryBlobReference"})


def _held(kind: type[Versions]) -> type[_Held]:
    """The same versions, in a registry."""

    class Held(_Held, kind):
        type = _in_registry(kind)

    return Held


def _named(kind: type[Containers]) -> type[Containers]:
    """The same names, in a registry."""

    class Named(kind):
        type = _in_registry(kind)

    return Named


def _in_registry(kind: type[Kind]) -> str:
    return kind.type.replace(WORKSPACE, REGISTRIES)


class TemporaryReferences(Kind):
    """Where a client uploads the files of a version that it is about to create."""

    type = f"{REGISTRIES}/tempdatarefs/versions"

    async def put(self, call: Call) -> Answer:
        """A container of its own, and a SAS to fill it; 409 where the version is there."""
        holder = _holder(self, call.path)
        asset_id = str(call.object.get("assetId", ""))
        below = asset_id.lower().split(f"/registries/{holder.name.lower()}/", 1)[-1]
        if self.store.get(f"{holder.id}/{below}") is not None:
            raise ArmError(409, "AssetAlreadyExists", f"There is an asset {asset_id} already.")
        return Answer(200, temporary(self.plane, holder, *call.path.names[-2:]))


class DataReferences(Kind):
    """How a client reads the files of a version."""

    type = f"{REGISTRIES}/datarefs/versions"

    async def post(self, call: Call) -> Answer:
        """The blob's own address with a SAS to read it."""
        return Answer(200, reference(self.plane, _holder(self, call.path), str(call.object.get("blobUri"))))


def _holder(kind: Kind, path: ArmPath) -> Resource:
    top = path.parent.parent if path.parent else None
    if top is None:
        raise bad_request(f"'{path.id}' is in no registry.")
    return kind.plane.kind(REGISTRIES).need(top)


def _managed_group(resource: Resource) -> str:
    subscription = "/".join(resource.id.split("/")[:3])
    return f"{subscription}/resourceGroups/azureml-rg-{resource.name}_{resource.state['guid']}"


KINDS = (
    Registries,
    *(_named(each) for each in CONTAINERS),
    *(_held(each) for each in VERSIONS),
    TemporaryReferences,
    DataReferences,
)
