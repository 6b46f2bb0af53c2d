"""How a deployment serves: request limits, health probes and what its container is given."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(frozen=True)
class RequestSettings:
    """Limits on scoring requests. The defaults are Azure's."""

    request_timeout: timedelta = timedelta(seconds=5)
    """Azure ends a scoring request after this; it allows at most 180 s."""
    max_concurrent_requests_per_instance: int = 1
    """Above this many in flight, an instance answers 429."""
    max_queue_wait: timedelta = timedelta(milliseconds=500)
    """Deprecated by Azure for managed endpoints; kept for those who set it."""


@dataclass(frozen=True)
class HealthProbe:
    """How Azure asks a container whether it lives or is ready. The defaults are Azure's."""

    initial_delay: timedelta = timedelta(seconds=10)
    period: timedelta = timedelta(seconds=10)
    timeout: timedelta = timedelta(seconds=2)
    failure_threshold: int = 30
    success_threshold: int = 1


class RollingRate(StrEnum):
    """After how long collected data goes to another folder."""

    YEAR = "Year"
    MONTH = "Month"
    DAY = "Day"
    HOUR = "Hour"
    MINUTE = "Minute"


@dataclass(frozen=True)
class Collection:
    """What is collected under one name.

    Azure collects `request` and `response` itself; any other name is what the scoring script collects, which
    that of an MLflow model without code does for `model_inputs` and `model_outputs`.
    """

    name: str
    sampling_rate: float = 1.0
    """The share of the requests that is kept."""
    data: str | None = None
    """The data asset that it goes to, `azureml:NAME:VERSION`; None is the workspace's own storage."""
    client_id: str | None = None
    """The user-assigned identity that writes; None is one of the endpoint's."""


@dataclass(frozen=True)
class DataCollector:
    """What Azure keeps of requests and answers in blob storage."""

    collections: tuple[Collection, ...]
    rolling_rate: RollingRate = RollingRate.HOUR
    capture_headers: tuple[str, ...] = ()
    """The request headers that are kept with payloads."""

    def canonical(self) -> dict[str, object]:
        """Return all of it as JSON has it; the order of collections and headers is no part of it."""
        return {
            "collections": {
                each.name: [each.sampling_rate, each.data, each.client_id] for each in self.collections
            },
            "rollingRate": self.rolling_rate.value,
            "captureHeaders": sorted(self.capture_headers),
        }


@dataclass(frozen=True)
class ServingSettings:
    """All that config's `settings` says, complete with defaults, so that none is left to the service."""

    requests: RequestSettings = field(default_factory=RequestSettings)
    liveness: HealthProbe = field(default_factory=HealthProbe)
    readiness: HealthProbe = field(default_factory=HealthProbe)
    environment_variables: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    model_mount_path: str | None = None
    egress: str = "Enabled"
    """Whether the container reaches the public network: Enabled or Disabled."""
    data_collector: DataCollector | None = None

    def canonical(self) -> dict[str, object]:
        """Return all of it as JSON has it, durations in milliseconds: what a digest is made over.

        What came later is in it only where it is set: the digest of what serves already stays what it was.
        """
        collector = self.data_collector
        plain: dict[str, object] = {
            "requests": _plain(self.requests),
            "liveness": _plain(self.liveness),
            "readiness": _plain(self.readiness),
            "environmentVariables": dict(self.environment_variables),
            "modelMountPath": self.model_mount_path,
            "egress": self.egress,
        }
        return plain if collector is None else plain | {"dataCollector": collector.canonical()}


def _plain(settings: RequestSettings | HealthProbe) -> dict[str, int]:
    values: dict[str, int | timedelta] = asdict(settings)
    return {
        name: value // timedelta(milliseconds=1) if isinstance(value, timedelta) else value
        for name, value in values.items()
    }
