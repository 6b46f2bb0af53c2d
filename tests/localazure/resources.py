"""Resources that tests need around what they test."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.localazure.local import Arm

ML = "Microsoft.MachineLearningServices/workspaces"
ENDPOINT: dict[str, Any] = {
    "location": "eastus",
    "identity": {"type": "SystemAssigned"},
    "properties": {"authMode": "Key"},
}


@dataclass(frozen=True)
class Workspace:
    """A workspace of its own, with all that it needs."""

    arm: Arm
    group: str
    id: str
    account: str

    def endpoint(self, name: str, traffic: dict[str, int] | None = None, **extra: Any) -> dict[str, Any]:
        properties = {"authMode": "Key"} | ({} if traffic is None else {"traffic": traffic}) | extra
        return self.arm.done(
            "PUT", f"{self.id}/onlineEndpoints/{name}", ENDPOINT | {"properties": properties}
        )

    def deployment(self, endpoint: str, name: str, **extra: Any) -> dict[str, Any]:
        body = self.deployment_body(**extra)
        return self.arm.done("PUT", f"{self.id}/onlineEndpoints/{endpoint}/deployments/{name}", body)

    def deployment_body(self, capacity: int = 1, **extra: Any) -> dict[str, Any]:
        properties = {
            "endpointComputeType": "Managed",
            "environmentId": f"{self.id}/environments/e/versions/1",
            "instanceType": "Standard_DS3_v2",
        }
        return {
            "location": "eastus",
            "sku": {"name": "Default", "capacity": capacity},
            "properties": properties | extra,
        }


def unique(prefix: str) -> str:
    return f"{prefix}{uuid.uuid4().hex[:10]}"


def make_workspace(arm: Arm) -> Workspace:
    group = f"{arm.subscription}/resourceGroups/{unique('rg-')}"
    arm.ok("PUT", group, {"location": "eastus"})
    account = unique("st")
    storage = f"{group}/providers/Microsoft.Storage/storageAccounts/{account}"
    arm.ok("PUT", storage, {"location": "eastus", "sku": {"name": "Standard_LRS"}, "kind": "StorageV2"})
    vault = f"{group}/providers/Microsoft.KeyVault/vaults/{unique('kv-')}"
    properties = {"tenantId": arm.settings.tenant, "sku": {"family": "A", "name": "standard"}}
    arm.ok("PUT", vault, {"location": "eastus", "properties": properties})
    insights = f"{group}/providers/Microsoft.Insights/components/appi"
    arm.ok("PUT", insights, {"location": "eastus", "kind": "web", "properties": {"Application_Type": "web"}})
    workspace = f"{group}/providers/{ML}/{unique('mlw-')}"
    body = {
        "location": "eastus",
        "identity": {"type": "SystemAssigned"},
        "properties": {"storageAccount": storage, "keyVault": vault, "applicationInsights": insights},
    }
    arm.ok("PUT", workspace, body)
    environment = {"properties": {"image": "mcr.microsoft.com/azureml/inference", "condaFile": "name: x"}}
    arm.ok("PUT", f"{workspace}/environments/e/versions/1", environment)
    return Workspace(arm, group, workspace, account)
