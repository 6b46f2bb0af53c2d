"""The key `settings`: how a deployment serves."""

from __future__ import annotations

import re
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from rollout.core.config import values
from rollout.core.config.collecting import collector
from rollout.core.config.credentials import HIDDEN, looks_secret
from rollout.core.serving import HealthProbe, RequestSettings, ServingSettings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.config.keys import Keys

LONGEST_REQUEST = timedelta(seconds=180)
"""Azure's limit on the scoring time-out of managed online endpoints."""

_SECOND = timedelta(seconds=1)
_HOUR = timedelta(hours=1)
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_SECRETS = (
    "no secrets in config: write a reference that Azure resolves in the container, "
    "${{azureml://connections/NAME/credentials/KEY}} or ${{keyvault:https://VAULT.vault.azure.net/secrets/NAME}}"
)


class Egress(StrEnum):
    """Azure's `egressPublicNetworkAccess`."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


def serving(keys: Keys) -> ServingSettings:
    """Read the keys of `settings`; Azure's defaults stand for what isn't there."""
    read = ServingSettings(
        requests=_requests(keys.object("requestSettings")),
        liveness=_health(keys.object("livenessProbe")),
        readiness=_health(keys.object("readinessProbe")),
        environment_variables=_variables(keys.object("environmentVariables")),
        model_mount_path=keys.take("modelMountPath", values.mount_path, None),
        egress=keys.take("egress", values.choice(Egress), Egress.ENABLED).value,
        data_collector=collector(keys.object("dataCollector")) if keys.has("dataCollector") else None,
    )
    keys.know("dataCollector")
    keys.finish()
    return read


def _requests(keys: Keys) -> RequestSettings:
    default = RequestSettings()
    read = RequestSettings(
        request_timeout=keys.take(
            "requestTimeout", values.duration(_SECOND, LONGEST_REQUEST), default.request_timeout
        ),
        max_concurrent_requests_per_instance=keys.take(
            "maxConcurrentRequestsPerInstance",
            values.whole(1, 1000),
            default.max_concurrent_requests_per_instance,
        ),
        max_queue_wait=keys.take(
            "maxQueueWait", values.duration(timedelta(0), LONGEST_REQUEST), default.max_queue_wait
        ),
    )
    keys.finish()
    return read


def _health(keys: Keys) -> HealthProbe:
    default = HealthProbe()
    read = HealthProbe(
        initial_delay=keys.take("initialDelay", values.duration(timedelta(0), _HOUR), default.initial_delay),
        period=keys.take("period", values.duration(_SECOND, _HOUR), default.period),
        timeout=keys.take("timeout", values.duration(_SECOND, _HOUR), default.timeout),
        failure_threshold=keys.take("failureThreshold", values.whole(1, 1000), default.failure_threshold),
        success_threshold=keys.take("successThreshold", values.whole(1, 1000), default.success_threshold),
    )
    keys.finish()
    return read


def _variables(keys: Keys) -> Mapping[str, str]:
    read: dict[str, str] = {}
    for name, value in keys.items():
        if not _VARIABLE.fullmatch(name):
            keys.report.refuse(keys.at(name), value, "names of letters, digits and _, no digit first")
        elif not isinstance(value, str):
            keys.report.refuse(keys.at(name), value, "text; put numbers and true or false in quotes")
        elif looks_secret(name, value):
            keys.report.refuse(keys.at(name), HIDDEN, _NO_SECRETS)
        else:
            read[name] = value
    return MappingProxyType(read)
