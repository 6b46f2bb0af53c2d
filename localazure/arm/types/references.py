"""From what a body says of an asset to the version it means, in the workspace or in a registry."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from localazure.arm.errors import bad_request

if TYPE_CHECKING:
    from localazure.arm.store import Resource, Store

__all__ = ["REGISTRIES", "asset", "data_plane_id", "registry"]

PROVIDER = "Microsoft.MachineLearningServices"
REGISTRIES = f"{PROVIDER}/registries"
IN_REGISTRY = re.compile(
    r"azureml://registries/(?P<registry>[^/]+)/(?P<collection>[^/]+)/(?P<name>[^/]+)/versions/(?P<version>[^/]+)",
    re.IGNORECASE,
)
BELOW_REGISTRY = re.compile(rf".*/providers/{re.escape(REGISTRIES)}/(?P<rest>[^/]+/[^/]+/.+)", re.IGNORECASE)


def asset(store: Store, reference: Any, collection: str, where: str) -> Resource | None:
    """The version that a body names by its ARM id or as a registry's; None where it names none.

    Raises:
        ArmError: 400, there is no such version.
    """
    if reference is None:
        return None
    text = str(reference)
    if text.startswith("azureml://"):
        return _in_registry(store, text, collection, where)
    found = store.get(text.removeprefix("azureml:"))
    if found is None or not found.type.endswith(f"/{collection}/versions"):
        raise bad_request(
            f"The request is invalid: {where} '{reference}' was not found; give the ARM id of a version."
        )
    return found


def registry(store: Store, name: str) -> Resource | None:
    """The registry of that name, which is unique in all of Azure."""
    found = store.of_type(REGISTRIES)
    return next((each for each in found if each.name.lower() == name.lower()), None)


def data_plane_id(resource_id: str) -> str:
    """The id that a registry's own data plane shows for an asset; any other id as it is.

    >>> data_plane_id(f"/subscriptions/s/resourceGroups/g/providers/{REGISTRIES}/r/models/m/versions/1")
    'azureml://registries/r/models/m/versions/1'
    """
    found = BELOW_REGISTRY.fullmatch(resource_id)
    return f"azureml://registries/{found['rest']}" if found else resource_id


def _in_registry(store: Store, text: str, collection: str, where: str) -> Resource:
    parts = IN_REGISTRY.fullmatch(text)
    if parts is None or parts["collection"].lower() != collection:
        raise bad_request(
            f"The request is invalid: {where} '{text}' names no version: azureml://registries/REGISTRY/"
            f"{collection}/NAME/versions/VERSION."
        )
    holder = registry(store, parts["registry"])
    if holder is None:
        raise bad_request(
            f"The request is invalid: {where} '{text}': there is no registry '{parts['registry']}'."
        )
    found = store.get(f"{holder.id}/{collection}/{parts['name']}/versions/{parts['version']}")
    if found is None:
        raise bad_request(f"The request is invalid: {where} '{text}' isn't in the registry '{holder.name}'.")
    return found
