"""One configured provider: its settings and everything that works with them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localazure.provider.arm import Arm
from localazure.provider.credentials import Credentials
from localazure.provider.invokes import Invokes
from localazure.provider.lifecycle import Lifecycle
from localazure.provider.pace import DEFAULT_SECONDS, Deadline
from localazure.provider.transport import Transport
from localazure.provider.values import UNKNOWN, Unknown, has_unknown, plain

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from localazure.provider.settings import ProviderSettings
    from localazure.provider.values import Value


class Configured:
    """What `Configure` makes and every later call uses."""

    def __init__(self, settings: ProviderSettings, cancelled: threading.Event) -> None:
        transport = Transport()
        credentials = Credentials(settings, transport)
        arm = Arm(credentials, transport)
        self.settings = settings
        self.lifecycle = Lifecycle(arm, settings.subscription)
        self.invokes = Invokes(settings, credentials, arm)
        self._cancelled = cancelled
        self._regions: dict[str, str] = {}

    def deadline(self, seconds: float = 0.0) -> Deadline:
        """Start the clock for one request; 0 means that the program didn't say how long it may take."""
        return Deadline(seconds or DEFAULT_SECONDS, self._cancelled)

    def location(self, inputs: Mapping[str, Value]) -> str | Unknown | None:
        """Give the location of a resource that names none: the provider's own, else its resource group's."""
        if self.settings.location is not None:
            return self.settings.location
        group = plain(inputs.get("resourceGroupName"))
        if group is None or has_unknown(group):
            return UNKNOWN if has_unknown(group) else None
        if group not in self._regions:
            region = self.lifecycle.region_of_group(group, self.deadline())
            if region is None:
                return None
            self._regions[group] = region
        return self._regions[group]
