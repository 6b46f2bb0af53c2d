"""One login: the tokens of the Pulumi provider's own credentials, for everything the program reads."""

from __future__ import annotations

from pulumi_azure_native import authorization


class ProviderTokens:
    """Tokens that the azure-native provider gets with whatever it is logged in with."""

    def token(self, audience: str) -> str:
        """Return a token for that audience."""
        return authorization.get_client_token(endpoint=audience).token


def subscription() -> str:
    """Return the id of the subscription that the provider works in."""
    return authorization.get_client_config().subscription_id
