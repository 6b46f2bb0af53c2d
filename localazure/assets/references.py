"""The storage of a registry: a container for each version, reached with signed addresses."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from localazure.arm.errors import bad_request
from localazure.assets.materialise import MaterialiseError, locate
from localazure.assets.sas import container_sas

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.arm.plane import Plane
    from localazure.arm.store import Resource

__all__ = ["container_of", "reference", "temporary"]

SAS_SECONDS = 3600


def container_of(plane: Plane, registry: Resource, name: str, version: str) -> tuple[str, str]:
    """The container that holds a version's files, which is made where it isn't there, and its address."""
    account = registry.state["account"]
    digest = hashlib.sha256(f"{registry.id}/{name}/{version}".lower().encode()).hexdigest()[:8]
    short = re.sub(r"[^a-z0-9]+", "-", f"{name}-{version}".lower())[:50].strip("-")
    container = f"{short}-{digest}"
    plane.blobs.make_container(account, container)
    return container, f"{plane.azure.settings.base_url}/blob.{account}.{container}"


def temporary(plane: Plane, registry: Resource, name: str, version: str) -> JSON:
    """Where the files of a version that isn't there yet go."""
    container, uri = container_of(plane, registry, name, version)
    return _reference(plane, registry, container, uri, "racwdl")


def reference(plane: Plane, registry: Resource, uri: str) -> JSON:
    """How to read what a version's address names.

    Raises:
        ArmError: 400, it names nothing in this registry's storage.
    """
    try:
        where = locate(plane.azure, registry, uri)
    except MaterialiseError as error:
        raise bad_request(str(error)) from error
    if where.account != registry.state["account"]:
        raise bad_request(f"'{uri}' isn't in the storage of the registry '{registry.name}'.")
    return _reference(plane, registry, where.container, uri, "rl")


def _reference(plane: Plane, registry: Resource, container: str, uri: str, permissions: str) -> JSON:
    account = registry.state["account"]
    found = plane.azure.store.of_type("Microsoft.Storage/storageAccounts")
    holder = next((each for each in found if each.name == account), None)
    if holder is None:
        raise bad_request(f"The storage of the registry '{registry.name}' isn't there (yet).")
    sas = container_sas(account, holder.state["keys"][0], container, SAS_SECONDS, permissions)
    address = f"{plane.azure.settings.base_url}/blob.{account}.{container}?{sas}"
    credential = {"credentialType": "SAS", "sasUri": address}
    return {
        "blobReferenceForConsumption": {
            "blobUri": uri,
            "storageAccountArmId": holder.id,
            "credential": credential,
        }
    }
