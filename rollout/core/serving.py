"""How a deployment serves: request limits, health probes and what its container is given."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from datetime import timedelta
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

    def canonical(self) -> dict[str, object]:
        """Return all of it as JSON has it, durations in milliseconds: what a digest is made over."""
        return {
            "requests": _plain(self.requests),
            "liveness": _plain(self.liveness),
            "readiness": _plain(self.readiness),
            "environmentVariables": dict(self.environment_variables),
            "modelMountPath": self.model_mount_path,
            "egress": self.egress,
        }


def _plain(settings: RequestSettings | HealthProbe) -> dict[str, int]:
    values: dict[str, int | timedelta] = asdict(settings)
    return {
        name: value // timedelta(milliseconds=1) if isinstance(value, timedelta) else value
        for name, value in values.items()
    }
