"""One login: the tokens of the Pulumi provider's own credentials, for everything the program reads."""

from __future__ import annotations

from typing import Any

import pulumi
from pulumi_azure_native import _utilities

from rollout.azure.errors import Unauthorised

LOG_IN = "Log in again: `az login`, or give the run its own identity's token, then run `pulumi up` again."


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
    """Call a function of the provider by its name: the typed one costs the import of a hundred classes.

    Raises `Unauthorised` where the provider can't answer: its login is missing or has expired.
    """
    options = pulumi.InvokeOptions(version=_utilities.get_version())
    try:
        return pulumi.runtime.invoke(f"azure-native:authorization:{function}", arguments, options).value
    except Exception as error:  # the SDK raises nothing more special
        said = " ".join(str(error).rpartition("returned an error: ")[2].split())
        raise Unauthorised("the provider's login", said, LOG_IN) from error
