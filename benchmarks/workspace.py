"""The ML workspace of every benchmark in a local Azure, with what it needs beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["IDENTITY", "LOCATION", "Bench"]

LOCATION = "eastus"
IDENTITY = {"type": "SystemAssigned"}
TENANT = "00000000-0000-0000-0000-000000000000"


@dataclass(frozen=True)
class Bench:
    """Where everything is in a subscription."""

    subscription: str

    @property
    def group(self) -> str:
        """The resource group of everything."""
        return f"/subscriptions/{self.subscription}/resourceGroups/rg-bench"

    @property
    def workspace(self) -> str:
        """The ML workspace."""
        return f"{self.group}/providers/Microsoft.MachineLearningServices/workspaces/mlw-bench"

    @property
    def logs(self) -> str:
        """The Log Analytics workspace."""
        return f"{self.group}/providers/Microsoft.OperationalInsights/workspaces/log-bench"

    def bodies(self) -> dict[str, dict[str, Any]]:
        """What is to be PUT, by its id, each behind what it needs."""
        provider = f"{self.group}/providers"
        storage = f"{provider}/Microsoft.Storage/storageAccounts/stbench"
        vault = f"{provider}/Microsoft.KeyVault/vaults/kv-bench"
        insights = f"{provider}/Microsoft.Insights/components/appi-bench"
        tenant = {"tenantId": TENANT, "sku": {"family": "A", "name": "standard"}}
        own = {"storageAccount": storage, "keyVault": vault, "applicationInsights": insights}
        bodies: dict[str, dict[str, Any]] = {
            self.group: {},
            storage: {"sku": {"name": "Standard_LRS"}, "kind": "StorageV2"},
            vault: {"properties": tenant},
            insights: {"kind": "web", "properties": {"Application_Type": "web"}},
            self.workspace: {"identity": IDENTITY, "properties": own},
            self.logs: {"properties": {}},
        }
        return {resource: {"location": LOCATION, **body} for resource, body in bodies.items()}
