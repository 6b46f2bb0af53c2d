"""Which Azure: the addresses and audiences of one cloud."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from rollout.azure.errors import Unintelligible

if TYPE_CHECKING:
    from collections.abc import Mapping

    from azure.core.pipeline.transport import HttpTransport


@dataclass(frozen=True)
class Cloud:
    """One Azure cloud: public, sovereign or private."""

    name: str
    resource_manager: str
    """The address of ARM, without a slash at its end."""
    arm_audience: str
    """Whom a token for ARM is for."""
    login: str
    """The authority that issues tokens."""
    storage_suffix: str
    portal: str
    metrics_override: str | None = None
    """What `AZURE_METRICS_ENDPOINT` says."""
    logs_override: str | None = None
    """What `AZURE_LOGS_ENDPOINT` says."""

    @property
    def suffix(self) -> str:
        """The portal's domain after `portal.azure`: `com`, `us`, `cn`; azure-ai-ml does the same."""
        return ".".join(self.portal.split(".")[2:]).replace("/", "")

    @property
    def ml_audience(self) -> str:
        """Whom a token for scoring is for, where the endpoint's auth mode is AADToken."""
        return f"https://ml.azure.{self.suffix}"

    @property
    def metrics_audience(self) -> str:
        """Whom a token for the metrics data plane is for."""
        return f"https://metrics.monitor.azure.{self.suffix}"

    def metrics_endpoint(self, location: str) -> str:
        """Return the regional address of the metrics data plane."""
        region = location.replace(" ", "").lower()
        return self.metrics_override or f"https://{region}.metrics.monitor.azure.{self.suffix}"

    @property
    def logs_audience(self) -> str:
        """Whom a token for Log Analytics queries is for."""
        domain = {"com": "io", "us": "us"}.get(self.suffix, f"azure.{self.suffix}")
        return f"https://api.loganalytics.{domain}"

    @property
    def logs_endpoint(self) -> str:
        """The address of Log Analytics queries."""
        return self.logs_override or self.logs_audience


_PUBLIC = Cloud(
    "AzureCloud",
    resource_manager="https://management.azure.com",
    arm_audience="https://management.azure.com",
    login="https://login.microsoftonline.com",
    storage_suffix="core.windows.net",
    portal="https://portal.azure.com",
)
_US_GOVERNMENT = Cloud(
    "AzureUSGovernment",
    resource_manager="https://management.usgovcloudapi.net",
    arm_audience="https://management.usgovcloudapi.net",
    login="https://login.microsoftonline.us",
    storage_suffix="core.usgovcloudapi.net",
    portal="https://portal.azure.us",
)
_CHINA = Cloud(
    "AzureChinaCloud",
    resource_manager="https://management.chinacloudapi.cn",
    arm_audience="https://management.chinacloudapi.cn",
    login="https://login.chinacloudapi.cn",
    storage_suffix="core.chinacloudapi.cn",
    portal="https://portal.azure.cn",
)
_BY_ENVIRONMENT = {
    "public": _PUBLIC,
    "azurecloud": _PUBLIC,
    "usgovernment": _US_GOVERNMENT,
    "azureusgovernment": _US_GOVERNMENT,
    "china": _CHINA,
    "azurechinacloud": _CHINA,
}


_CONFIGURED = {
    "azure-native:environment": "ARM_ENVIRONMENT",
    "azure-native:metadataHost": "ARM_METADATA_HOSTNAME",
}


def chosen(config: Mapping[str, str], env: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for `resolve`: what config says of the provider's cloud goes before it.

    `config` is by whole keys. The provider, too, lets its config go before the environment.
    """
    said = {name: config[key] for key, name in _CONFIGURED.items() if config.get(key, "").strip()}
    return {**env, **said}


def resolve(env: Mapping[str, str], *, transport: HttpTransport[Any, Any] | None = None) -> Cloud:
    """Return the cloud that the environment chooses, by the same variables as the Pulumi provider.

    `ARM_METADATA_HOSTNAME` names a host that describes its cloud; else `ARM_ENVIRONMENT` is one of public,
    usgovernment and china. Raises `ReadError` if the host doesn't answer, `Unintelligible` for another name.
    """
    host = env.get("ARM_METADATA_HOSTNAME", "").strip()
    if host:
        cloud = _described_by(host, transport)
    else:
        name = env.get("ARM_ENVIRONMENT", "").strip().lower() or "public"
        if name not in _BY_ENVIRONMENT:
            raise Unintelligible(
                "the Azure cloud",
                f"ARM_ENVIRONMENT, or azure-native:environment, is {name!r}, and not public, usgovernment or "
                "china",
                "For any other cloud set ARM_METADATA_HOSTNAME or azure-native:metadataHost.",
            )
        cloud = _BY_ENVIRONMENT[name]
    return replace(
        cloud,
        metrics_override=_address(env, "AZURE_METRICS_ENDPOINT"),
        logs_override=_address(env, "AZURE_LOGS_ENDPOINT"),
    )


def _address(env: Mapping[str, str], name: str) -> str | None:
    address = env.get(name, "").strip().rstrip("/")
    if address and (urlsplit(address).scheme != "https" or not urlsplit(address).hostname):
        raise Unintelligible(
            "the Azure cloud", f"{name} is {address!r}, and not an address such as https://host"
        )
    return address or None


def _described_by(host: str, transport: HttpTransport[Any, Any] | None) -> Cloud:
    from rollout.azure._pipeline import Pipeline  # noqa: PLC0415 - azure.core costs 150 ms

    base = host.rstrip("/") if "://" in host else f"https://{host}"
    what = f"the cloud that {base} describes (ARM_METADATA_HOSTNAME)"
    said = Pipeline(what, transport=transport).get_json(f"{base}/metadata/endpoints?api-version=2022-09-01")
    try:
        document = cast("dict[str, Any]", said)
        return Cloud(
            name=str(document["name"]),
            resource_manager=str(document["resourceManager"]).rstrip("/"),
            arm_audience=str(document["authentication"]["audiences"][0]),
            login=str(document["authentication"]["loginEndpoint"]).rstrip("/"),
            storage_suffix=str(document["suffixes"]["storage"]),
            portal=str(document["portal"]),
        )
    except (KeyError, IndexError, TypeError) as error:
        raise Unintelligible(what, f"its description lacks {error}") from None
