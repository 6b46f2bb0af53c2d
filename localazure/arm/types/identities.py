from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

from localazure.arm.body import part

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.arm.store import Resource
    from localazure.settings import Settings

__all__ = ["identity_state", "identity_view"]


def identity_state() -> JSON:
    """What the server keeps of a resource's identity: its principal."""
    return {"principalId": str(uuid.uuid4())}


def identity_view(resource: Resource, settings: Settings) -> dict[str, Any] | None:
    """The identity as ARM shows it, with the ids that Entra gave it."""
    identity = part(resource.body, "identity")
    if not identity:
        return None
    shown = dict(identity)
    kind = str(identity.get("type", ""))
    if "systemassigned" in kind.lower():
        shown |= {"principalId": resource.state["principalId"], "tenantId": settings.tenant}
    users = part(identity, "userAssignedIdentities")
    if users:
        shown["userAssignedIdentities"] = {name: _user(name) for name in users}
    return shown


def _user(name: str) -> dict[str, str]:
    lower = name.lower()
    principal = uuid.uuid5(uuid.NAMESPACE_URL, lower)
    return {"principalId": str(principal), "clientId": str(uuid.uuid5(principal, lower))}
