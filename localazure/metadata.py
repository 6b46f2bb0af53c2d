"""The cloud metadata document: how clients learn where everything of this cloud is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

if TYPE_CHECKING:
    from localazure.azure import Azure
    from localazure.settings import Settings

__all__ = ["CLOUD_NAME", "routes"]

CLOUD_NAME = "LocalAzure"
ARRAY_VERSION = "2019-05-01"


def routes(azure: Azure) -> list[web.RouteDef]:
    """The metadata route; it needs no token."""

    async def endpoints(request: web.Request) -> web.Response:
        cloud = document(azure.settings)
        # Up to 2019-05-01 Azure answers a list of clouds, later versions one cloud.
        older = request.query.get("api-version", "") <= ARRAY_VERSION
        return web.json_response([cloud] if older else cloud)

    return [web.get("/metadata/endpoints", endpoints)]


def document(settings: Settings) -> dict[str, Any]:
    """This cloud, as both azure-ai-ml and the Pulumi provider read it."""
    base = settings.base_url + "/"
    return {
        "name": CLOUD_NAME,
        "portal": "https://portal.localazure.test/",
        "resourceManager": base,
        "authentication": {
            "loginEndpoint": base,
            "audiences": [settings.base_url, base],
            "tenant": "common",
            "identityProvider": "AAD",
        },
        "suffixes": {
            "storage": f"core.localhost:{settings.port}",
            "keyVaultDns": "vault.localhost",
            "acrLoginServer": "azurecr.localhost",
            "sqlServerHostname": "",
        },
        "media": "",
        "graph": base,
        "graphAudience": base,
        "microsoftGraphResourceId": base,
        "batch": "",
        "gallery": "",
        "sqlManagement": "",
        "vmImageAliasDoc": "",
        "activeDirectoryDataLake": "",
    }
