from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from localazure.arm.kind import JSON
    from localazure.arm.store import Resource
    from localazure.settings import Settings

__all__ = ["identity_state", "identity_view"]


def identity_state(resource_id: str, body: JSON) -> JSON:
    """What the server keeps of a resource's identity: its principal."""
    del body
    return {"principalId": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{resource_id.lower()}/{uuid.uuid4()}"))}


def identity_view(resource: Resource, settings: Settings) -> dict[str, Any] | None:
    """The identity as ARM shows it, with the ids that Entra gave it."""
    identity: JSON | None = resource.body.get("identity")
    if not identity:
        return None
    shown = dict(identity)
    kind = str(identity.get("type", ""))
    if "systemassigned" in kind.lower():
        shown |= {"principalId": resource.state["principalId"], "tenantId": settings.tenant}
    users = identity.get("userAssignedIdentities")
    if isinstance(users, dict):
        names: list[str] = list(users)  # pyright: ignore[reportUnknownArgumentType]
        shown["userAssignedIdentities"] = {name: _user(name) for name in names}
    return shown


def _user(name: str) -> dict[str, str]:
    lower = name.lower()
    principal = uuid.uuid5(uuid.NAMESPACE_URL, lower)
    return {"principalId": str(principal), "clientId": str(uuid.uuid5(principal, lower))}
