"""One login: the tokens of the Pulumi provider's own credentials, for everything the program reads."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import _utilities


class ProviderTokens:
    """Tokens that the azure-native provider gets with whatever it is logged in with."""

    def token(self, audience: str) -> str:
        """Return a token for that audience."""
        return _ask("getClientToken", {"endpoint": audience})["token"]


def subscription() -> str:
    """Return the id of the subscription that the provider works in."""
    return _ask("getClientConfig", {})["subscriptionId"]


def tenant() -> str:
    """Return the id of the tenant that the provider is logged in to."""
    return _ask("getClientConfig", {})["tenantId"]


def _ask(function: str, arguments: dict[str, str]) -> dict[str, Any]:
    """Call a function of the provider by its name: the typed one costs the import of a hundred classes."""
    options = pulumi.InvokeOptions(version=_utilities.get_version())
    return pulumi.runtime.invoke(f"azure-native:authorization:{function}", arguments, options).value
