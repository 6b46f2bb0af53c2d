"""Models, environments, code and data: containers, and versions whose paths never change."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from localazure.arm.body import JSON, part
from localazure.arm.errors import ArmError, bad_request
from localazure.arm.kind import Answer, Call, Kind
from localazure.arm.types.listing import listed
from localazure.assets.sas import container_sas

if TYPE_CHECKING:
    from localazure.arm.paths import ArmPath
    from localazure.arm.store import Resource

__all__ = ["CONTAINERS", "VERSIONS", "WORKSPACE", "Containers", "Versions"]

WORKSPACE = "Microsoft.MachineLearningServices/workspaces"
NAME = re.compile(r"[a-zA-Z0-9][\w.-]{0,254}")
SAS_SECONDS = 3600


class Containers(Kind):
    """The named thing that versions are versions of."""

    name_rule = NAME
    name_help = "1 to 255 letters, digits, '_', '.' and '-', beginning with a letter or digit"

    def view(self, resource: Resource) -> JSON:
        """With its latest and next version."""
        versions = self.store.children(f"{resource.id}/versions")
        numbers = [int(one.name) for one in versions if one.name.isdecimal()]
        added: JSON = {
            "latestVersion": versions[-1].name if versions else None,
            "nextVersion": str(max(numbers, default=0) + 1),
            "provisioningState": "Succeeded",
        }
        defaults: JSON = {"description": None, "tags": {}, "properties": {}, "isArchived": False}
        return super().view(resource) | {"properties": defaults | resource.properties | added}

    async def members(self, call: Call, collection: str) -> Answer:
        """All containers; anonymous ones aren't listed."""
        found = [one for one in self.store.children(collection) if not one.state.get("anonymous")]
        return self.page(call, listed(found, call.query))


class Versions(Kind):
    """Versions of an asset.

    Attributes:
        paths: The properties that can't be changed.
    """

    name_rule = NAME
    name_help = Containers.name_help
    paths: ClassVar[tuple[str, ...]] = ()
    defaults: ClassVar[JSON] = {}

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Its paths are there and stay what they were."""
        del call
        properties = part(body, "properties")
        self.check_properties(properties)
        before = properties if old is None else old.properties
        if any(before.get(key) != properties.get(key) for key in self.paths):
            raise ArmError(400, "UserError", "Asset paths cannot be updated.")

    def check_properties(self, properties: JSON) -> None:
        """Refuse a version that can't be one."""
        for key in self.paths:
            if not properties.get(key):
                raise bad_request(f"The request is invalid: properties.{key} is missing.", "UserError")

    def view(self, resource: Resource) -> JSON:
        """With Azure's defaults."""
        usual: JSON = {
            "description": None,
            "tags": {},
            "properties": {},
            "isArchived": False,
            "isAnonymous": False,
        }
        given = {key: value for key, value in resource.properties.items() if value is not None}
        added = {"provisioningState": "Succeeded"}
        return super().view(resource) | {"properties": usual | self.defaults | given | added}

    def base(self, path: ArmPath) -> str:
        """A version's container comes with the first version: only the workspace must be there."""
        container = path.parent
        found = self.store.get(container.id) if container else None
        return found.id if found else super().base(container or path)

    async def put(self, call: Call) -> Answer:
        """Create the container too, where it is missing."""
        container = call.path.parent
        if container is not None and self.store.get(container.id) is None:
            self._check_name(call.path.name)
            self.check(call, call.object, None)
            anonymous = bool(call.object["properties"].get("isAnonymous"))
            kind = self.plane.kind(container.type)
            made = kind.accept(Call(container, {}, {"properties": {}}), None)
            if anonymous:
                self.store.put(replace(made, state={"anonymous": True}))
        return await super().put(call)

    async def members(self, call: Call, collection: str) -> Answer:
        """Newest first; an unknown container has no versions, like in Azure's own listing of labels."""
        found = listed(self.store.children(collection), call.query)
        return self.page(call, found)


class Models(Versions):
    """Model versions."""

    type = f"{WORKSPACE}/models/versions"
    paths = ("modelUri",)
    defaults: ClassVar[JSON] = {"flavors": {}, "modelType": "custom_model"}


class Environments(Versions):
    """Environment versions: an image, with or without a conda file, or a Dockerfile."""

    type = f"{WORKSPACE}/environments/versions"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """What is built from it may not change."""
        super().check(call, body, old)
        same = ("image", "condaFile", "build")
        before, after = (old.properties if old else {}), part(body, "properties")
        if old is not None and any(before.get(key) != after.get(key) for key in same):
            name = call.path.name
            text = f"Environment version {name} exists already and can't be changed: use a new version."
            raise bad_request(text, "UserError")

    def check_properties(self, properties: JSON) -> None:
        """It has an image or a build context."""
        if not properties.get("image") and not properties.get("build"):
            raise bad_request("The request is invalid: an environment needs image or build.", "UserError")

    def view(self, resource: Resource) -> JSON:
        """With what kind of environment it is."""
        shown = super().view(resource)
        shown["properties"] |= {
            "environmentType": "UserCreated",
            "osType": shown["properties"].get("osType", "Linux"),
        }
        return shown


class Data(Versions):
    """Data versions."""

    type = f"{WORKSPACE}/data/versions"
    paths = ("dataUri",)
    defaults: ClassVar[JSON] = {"dataType": "uri_folder"}


class Codes(Versions):
    """Code versions, found again by the hash of their files."""

    type = f"{WORKSPACE}/codes/versions"
    paths = ("codeUri",)

    async def members(self, call: Call, collection: str) -> Answer:
        """With `hash`, every version in the workspace that has it, whatever its name."""
        wanted = call.query.get("hash")
        if not wanted:
            return await super().members(call, collection)
        workspace = collection.lower().rsplit("/codes/", 1)[0]
        found = [
            one
            for one in self.store.of_type(self.type, workspace)
            if part(one.properties, "properties").get("hash_sha256") == wanted
        ]
        return self.page(call, listed(found, call.query))

    async def act(self, call: Call, action: str) -> Answer:
        """`startPendingUpload`: a container of its own, and a SAS to fill it."""
        if action.lower() != "startpendingupload":
            return await super().act(call, action)
        self.base(call.path)
        container_path = call.path.parent
        workspace_path = container_path.parent if container_path else None
        workspace = self.plane.kind(WORKSPACE).need(workspace_path) if workspace_path else None
        account_id = workspace.properties["storageAccount"] if workspace else ""
        account = self.store.get(account_id)
        if container_path is None or account is None:
            raise bad_request(f"The workspace's storage account '{account_id}' has gone.")
        container = re.sub(r"[^a-z0-9-]", "", f"code-{container_path.name}-{call.path.name}".lower())[:63]
        self.plane.blobs.make_container(account.name, container)
        uri = f"{self.azure.settings.base_url}/blob/{account.name}/{container}"
        sas = container_sas(account.name, account.state["keys"][0], container, SAS_SECONDS)
        reference = {
            "blobUri": uri,
            "storageAccountArmId": account.id,
            "credential": {"credentialType": "SAS", "sasUri": f"{uri}?{sas}"},
        }
        upload = {"pendingUploadId": container, "pendingUploadType": "TemporaryBlobReference"}
        return Answer(200, {"blobReferenceForConsumption": reference} | upload)


def _containers(versions: type[Versions]) -> type[Containers]:
    """What these are versions of, by name."""

    class Named(Containers):
        type = versions.type.removesuffix("/versions")

    return Named


VERSIONS = (Models, Environments, Data, Codes)
CONTAINERS = tuple(_containers(each) for each in VERSIONS)
