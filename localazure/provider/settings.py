"""Which Azure, as whom: the stack's `azure-native:` config, then `ARM_*`, as the real provider reads them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.provider.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class ProviderSettings:
    """What one configured provider works with: the secret or the token file is there."""

    metadata_host: str
    tenant: str
    client_id: str
    subscription: str
    client_secret: str | None
    federated_token_file: Path | None
    location: str | None


def provider_settings(config: Mapping[str, str], environment: Mapping[str, str]) -> ProviderSettings:
    """Read the settings; what is missing is named all at once.

    Raises:
        ConfigurationError: the endpoint, the subscription or a credential is missing. There is no fallback to
            public Azure: this provider is for the endpoint that is named.
    """
    missing: list[str] = []

    def value(name: str, *variables: str) -> str | None:
        found = config.get(name) or next((environment[v] for v in variables if environment.get(v)), None)
        return found or None

    def required(name: str, *variables: str) -> str:
        found = value(name, *variables)
        if found is None:
            missing.append(f"{variables[0]} (or azure-native:{name})")
        return found or ""

    secret = value("clientSecret", "ARM_CLIENT_SECRET")
    token_file = value("oidcTokenFilePath", "ARM_OIDC_TOKEN_FILE_PATH", "AZURE_FEDERATED_TOKEN_FILE")
    settings = ProviderSettings(
        metadata_host=required("metadataHost", "ARM_METADATA_HOSTNAME"),
        tenant=required("tenantId", "ARM_TENANT_ID"),
        client_id=required("clientId", "ARM_CLIENT_ID"),
        subscription=required("subscriptionId", "ARM_SUBSCRIPTION_ID"),
        client_secret=secret,
        federated_token_file=Path(token_file) if token_file else None,
        location=value("location", "ARM_LOCATION"),
    )
    if secret is None and token_file is None:
        missing.append("ARM_CLIENT_SECRET (or azure-native:clientSecret)")
    if missing:
        raise ConfigurationError(
            f"the local azure-native provider needs {', '.join(missing)}; "
            '`eval "$(localazure env)"` sets them for the local Azure'
        )
    return settings
