"""What a workspace needs beside it, and what watches it."""

from __future__ import annotations

import base64
import re
import secrets
import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from localazure.arm.body import JSON, part
from localazure.arm.errors import bad_request, conflict
from localazure.arm.kind import Answer, Call, Kind
from localazure.logs.sources import CATEGORIES, is_endpoint, started, stopped

if TYPE_CHECKING:
    from localazure.arm.store import Resource

__all__ = [
    "AutoscaleSettings",
    "Components",
    "ContainerRegistries",
    "DiagnosticSettings",
    "KeyVaults",
    "LogWorkspaces",
]


class KeyVaults(Kind):
    """Key vaults: the resource alone; nothing here needs its secrets."""

    type = "Microsoft.KeyVault/vaults"
    tracked = True
    name_rule = re.compile(r"[a-zA-Z](?!.*--)[a-zA-Z0-9-]{1,22}[a-zA-Z0-9]")
    name_help = "3 to 24 letters, digits and single dashes, beginning with a letter, not ending in a dash"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Azure wants to know the tenant and the sku."""
        del call, old
        properties = part(body, "properties")
        for name in ("tenantId", "sku"):
            if not properties.get(name):
                raise bad_request(f"The parameter properties.{name} is not specified.")

    def view(self, resource: Resource) -> JSON:
        """With the vault's address."""
        added = {"vaultUri": f"https://{resource.name}.vault.localhost/", "provisioningState": "Succeeded"}
        return super().view(resource) | {"properties": resource.properties | added}


class LogWorkspaces(Kind):
    """Log Analytics workspaces: `customerId` is what queries name."""

    type = "Microsoft.OperationalInsights/workspaces"
    tracked = True
    name_rule = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9-]{2,61}[a-zA-Z0-9]")
    name_help = "4 to 63 letters, digits and dashes, beginning and ending with a letter or digit"

    def new_state(self) -> JSON:
        """The customer id and two keys."""
        keys = [base64.b64encode(secrets.token_bytes(64)).decode() for _ in range(2)]
        return {"customerId": str(uuid.uuid4()), "keys": keys}

    def view(self, resource: Resource) -> JSON:
        """With the customer id and Azure's defaults."""
        defaults: JSON = {"sku": {"name": "pergb2018"}, "retentionInDays": 30}
        added = {"customerId": resource.state["customerId"], "provisioningState": "Succeeded"}
        return super().view(resource) | {"properties": defaults | resource.properties | added}

    async def act(self, call: Call, action: str) -> Answer:
        """`sharedKeys`."""
        resource = self.need(call.path)
        if action.lower() != "sharedkeys":
            return await super().act(call, action)
        primary, secondary = resource.state["keys"]
        return Answer(200, {"primarySharedKey": primary, "secondarySharedKey": secondary})


class Components(Kind):
    """Application Insights components."""

    type = "Microsoft.Insights/components"
    tracked = True
    name_rule = re.compile(r"[^/\\%&?+]{1,255}")
    name_help = "1 to 255 characters without / \\ % & ? +"

    def new_state(self) -> JSON:
        """The instrumentation key and the application id."""
        return {"key": str(uuid.uuid4()), "app": str(uuid.uuid4())}

    def view(self, resource: Resource) -> JSON:
        """With keys and the connection string."""
        key = resource.state["key"]
        base = self.azure.settings.base_url
        connection = (
            f"InstrumentationKey={key};IngestionEndpoint={base}/;ApplicationId={resource.state['app']}"
        )
        added: JSON = {
            "AppId": resource.state["app"],
            "ApplicationId": resource.name,
            "InstrumentationKey": key,
            "ConnectionString": connection,
            "provisioningState": "Succeeded",
        }
        defaults = {
            "IngestionMode": "LogAnalytics"
            if "WorkspaceResourceId" in resource.properties
            else "ApplicationInsights"
        }
        return super().view(resource) | {"properties": defaults | resource.properties | added}


class ContainerRegistries(Kind):
    """Container registries: the resource alone."""

    type = "Microsoft.ContainerRegistry/registries"
    tracked = True
    name_rule = re.compile(r"[a-zA-Z0-9]{5,50}")
    name_help = "5 to 50 letters and digits"

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """Azure wants a sku."""
        del call, old
        if not part(body, "sku").get("name"):
            raise bad_request("The required property sku.name is missing.", "InvalidRequestContent")

    def view(self, resource: Resource) -> JSON:
        """With the login server."""
        added = {
            "loginServer": f"{resource.name.lower()}.azurecr.localhost",
            "provisioningState": "Succeeded",
        }
        sku = resource.body["sku"]
        return super().view(resource) | {
            "sku": {"tier": sku["name"]} | sku,
            "properties": resource.properties | added,
        }


class AutoscaleSettings(Kind):
    """Autoscale settings: kept, and nothing is scaled."""

    type = "Microsoft.Insights/autoscalesettings"
    tracked = True

    def view(self, resource: Resource) -> JSON:
        """With its id as Azure answers it, in another case than it is asked for."""
        shown = super().view(resource)
        return shown | {"id": shown["id"].replace("/Microsoft.Insights/", "/microsoft.insights/")}


class DiagnosticSettings(Kind):
    """Diagnostic settings, on any resource."""

    type = "Microsoft.Insights/diagnosticSettings"

    def view(self, resource: Resource) -> JSON:
        """With its id as Azure answers it, in another case than it is asked for."""
        scope = resource.id.rsplit("/providers/", 1)[0].lower()
        own = f"{scope}/providers/microsoft.insights/diagnosticSettings/{resource.name}"
        return super().view(resource) | {"id": own}

    def check(self, call: Call, body: JSON, old: Resource | None) -> None:
        """A setting says where to and what."""
        del old
        properties = part(body, "properties")
        if not any(properties.get(name) for name in ("workspaceId", "storageAccountId", "eventHubName")):
            raise bad_request("At least one data sink needs to be specified.")
        workspace = properties.get("workspaceId")
        if workspace and self.store.get(workspace) is None:
            raise bad_request(f"The Log Analytics workspace '{workspace}' was not found.", "ResourceNotFound")
        if not properties.get("logs") and not properties.get("metrics"):
            raise bad_request("At least one log or metric category needs to be specified.")
        resource = call.path.id.rsplit("/providers/", 1)[0]
        if is_endpoint(resource):
            self._check_categories(call.path.id.lower(), resource.lower(), properties)

    async def put(self, call: Call) -> Answer:
        """Logs go where the setting says, from now on; the specification has no 201 here."""
        answer = await super().put(call)
        started(self.store, self.need(call.path), self.azure.clock.now())
        return replace(answer, status=200)

    async def patch(self, call: Call) -> Answer:
        """Logs go where the setting says, from now on."""
        answer = await super().patch(call)
        started(self.store, self.need(call.path), self.azure.clock.now())
        return answer

    async def dispose(self, resource: Resource) -> None:
        """What was sent stays; nothing more is."""
        stopped(self.store, resource, self.azure.clock.now())

    def _check_categories(self, own: str, resource: str, properties: JSON) -> None:
        for category in _sent(properties):
            if category not in CATEGORIES:
                raise bad_request(f"Category '{category}' is not supported.")
        target = (properties.get("workspaceId") or "").lower()
        for other in self.store.of_type(self.type, resource):
            taken = _sent(other.properties) & _sent(properties)
            same = target and (other.properties.get("workspaceId") or "").lower() == target
            if other.key != own and same and taken:
                raise conflict(
                    f"Data sink '{properties['workspaceId']}' is already used in diagnostic setting "
                    f"'{other.name}' for category '{min(taken)}'. Data sinks can't be reused in different "
                    "settings on the same category for the same resource."
                )


def _sent(properties: JSON) -> set[str]:
    """The log categories that a setting names and sends."""
    logs: list[JSON] = properties.get("logs") or []
    return {str(log["category"]) for log in logs if log.get("enabled") and log.get("category")}
