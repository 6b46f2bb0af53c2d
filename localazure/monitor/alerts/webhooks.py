"""Action groups: their webhooks are called for real, on this machine; nobody gets a mail."""

from __future__ import annotations

import ipaddress
import logging
import os
import ssl
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import aiohttp

from localazure.tls import bundle_path

if TYPE_CHECKING:
    from localazure.arm.body import JSON
    from localazure.azure import Azure

__all__ = ["ANYWHERE", "Webhooks"]

log = logging.getLogger(__name__)

ANYWHERE = "LOCALAZURE_WEBHOOKS"
"""The environment variable that, set to `anywhere`, lets webhooks leave this machine."""
PATIENCE = 10.0
"""Real seconds that a receiver may take."""
AGAIN = (5.0, 20.0)
"""Local seconds before each further try."""
WORTH_ANOTHER = {408, 429, 503, 504}
"""(learn.microsoft.com, Action groups, webhook retries.)"""


class Webhooks:
    """Calls the receivers of action groups."""

    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._anywhere = os.environ.get(ANYWHERE, "").strip().lower() == "anywhere"

    async def call(self, groups: tuple[str, ...], body: JSON) -> list[dict[str, str]]:
        """Tell every receiver of some action groups; what became of each."""
        told: list[dict[str, str]] = []
        for group_id in groups:
            group = self._azure.store.get(group_id)
            if group is None:
                told.append({"name": group_id, "type": "ActionGroup", "status": "it isn't there"})
                continue
            if group.properties.get("enabled") is False:
                told.append({"name": group.name, "type": "ActionGroup", "status": "disabled"})
                continue
            for each in _receivers(group.properties, "webhookReceivers"):
                status = await self._post(str(each.get("serviceUri") or ""), body)
                told.append({"name": str(each.get("name")), "type": "Webhook", "status": status})
            told += [
                {
                    "name": str(each.get("name")),
                    "type": "Email",
                    "status": "local Azure sends no mail",
                }
                for each in _receivers(group.properties, "emailReceivers")
            ]
        return told

    async def _post(self, uri: str, body: JSON) -> str:
        host = urlsplit(uri).hostname or ""
        if not self._anywhere and not is_loopback(host):
            log.warning("webhook to %s refused: not on this machine", host)
            return f"refused: {host} isn't loopback, and {ANYWHERE} isn't 'anywhere'"
        status = await self._once(uri, body)
        for wait in AGAIN:
            if status.isdecimal() and int(status) not in WORTH_ANOTHER:
                break
            await self._azure.clock.sleep(wait)
            status = await self._once(uri, body)
        return status

    async def _once(self, uri: str, body: JSON) -> str:
        tls = ssl.create_default_context(cafile=str(bundle_path(self._azure.settings.home)))
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=PATIENCE)) as http,
                http.post(uri, json=body, ssl=tls, allow_redirects=False) as answer,
            ):
                return str(answer.status)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            return f"failed: {type(error).__name__}"


def is_loopback(host: str) -> bool:
    """Whether a host is this machine; a name that has to be looked up isn't, but `localhost`."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _receivers(properties: JSON, name: str) -> list[dict[str, Any]]:
    return properties.get(name) or []
