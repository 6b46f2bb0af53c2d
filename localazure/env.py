"""What a shell needs so that every client in it talks to a local Azure."""

from __future__ import annotations

import os
import shlex
import sys
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

from localazure.durable import kept_secret
from localazure.identity import client_secret, federated_token_path
from localazure.metadata import ARRAY_VERSION, CLOUD_NAME
from localazure.provider.install import install
from localazure.tls import bundle_path

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localazure.settings import Settings

__all__ = ["environment", "exports", "prepare"]


def prepare(settings: Settings) -> None:
    """Make what the variables name: a Pulumi home with the provider, a state folder, a passphrase."""
    home = settings.home
    (home / "pulumi-state").mkdir(parents=True, exist_ok=True)
    kept_secret(home / "pulumi.passphrase")
    install(home / "pulumi-home")


def environment(settings: Settings, inherited: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables by name; `PATH` has our tools in front of the inherited one."""
    base, home = settings.base_url, settings.home
    bundle = str(bundle_path(home))
    direct = _no_proxy(inherited.get("NO_PROXY") or inherited.get("no_proxy") or "")
    return {
        "LOCALAZURE_HOME": str(home),
        "REQUESTS_CA_BUNDLE": bundle,
        "SSL_CERT_FILE": bundle,
        "CURL_CA_BUNDLE": bundle,
        "AZURE_AUTHORITY_HOST": base,
        "AZURE_TENANT_ID": settings.tenant,
        "AZURE_CLIENT_ID": settings.client,
        "AZURE_FEDERATED_TOKEN_FILE": str(federated_token_path(home)),
        "AZURE_SUBSCRIPTION_ID": settings.subscription,
        "AZURE_METRICS_ENDPOINT": base,
        "AZURE_LOGS_ENDPOINT": base,
        "ARM_CLOUD_METADATA_URL": f"{base}/metadata/endpoints?api-version={ARRAY_VERSION}",
        "AZUREML_CURRENT_CLOUD": CLOUD_NAME,
        "REGISTRY_DISCOVERY_ENDPOINT_URL": f"{base}/",
        "ARM_METADATA_HOSTNAME": f"{settings.host}:{settings.port}",
        "ARM_DISABLE_INSTANCE_DISCOVERY": "true",
        "ARM_TENANT_ID": settings.tenant,
        "ARM_CLIENT_ID": settings.client,
        "ARM_CLIENT_SECRET": client_secret(home),
        "ARM_SUBSCRIPTION_ID": settings.subscription,
        "PULUMI_HOME": str(home / "pulumi-home"),
        "PULUMI_BACKEND_URL": f"file://{home / 'pulumi-state'}",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(home / "pulumi.passphrase"),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "NO_PROXY": direct,
        "no_proxy": direct,
        "PATH": _path(inherited.get("PATH", os.defpath)),
    }


def exports(variables: Mapping[str, str]) -> str:
    """The variables as lines for `eval` in a POSIX shell."""
    return "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())


def _path(inherited: str) -> str:
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    ours = [str(cache / "azureml-rollout" / "tools" / version("pulumi")), str(Path(sys.executable).parent)]
    others = [part for part in inherited.split(os.pathsep) if part not in ours]
    return os.pathsep.join([*ours, *others])


def _no_proxy(inherited: str) -> str:
    """A proxy of the company has no business between a client and loopback."""
    names = [name for name in inherited.split(",") if name]
    return ",".join(dict.fromkeys([*names, "localhost", "127.0.0.1"]))
