"""Microsoft's management clients, unmodified, against a local Azure.

As `Any`: their types are those of every version of the API together.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from azure.mgmt.machinelearningservices import MachineLearningServicesMgmtClient
from azure.mgmt.monitor import MonitorManagementClient

from localazure.tls import bundle_path
from tests.localazure.logged import Credential

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tests.localazure.local import Arm


def machine_learning(arm: Arm) -> Any:
    return MachineLearningServicesMgmtClient(Credential(arm), arm.settings.subscription, **_there(arm))


def monitor(arm: Arm, **more: Any) -> Any:
    return MonitorManagementClient(Credential(arm), arm.settings.subscription, **_there(arm), **more)


def _there(arm: Arm) -> Mapping[str, Any]:
    base = arm.settings.base_url
    return {
        "base_url": base,
        "credential_scopes": [f"{base}/.default"],
        "connection_verify": str(bundle_path(arm.settings.home)),
        "retry_total": 0,
    }
