"""Publishing that is told: once the tags are written, everybody who wants to know of the step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pulumi

from rollout.azure.notify import tell
from rollout.core.events import Event
from rollout.stack.publish import Publisher

if TYPE_CHECKING:
    from rollout.core.notify import NotifySettings


@dataclass(frozen=True)
class Telling(Publisher):
    """A publisher that tells a step once it is published: a publish that dies half-way has told nobody."""

    settings: NotifySettings
    endpoint: str
    """The endpoint's ARM id."""

    def written(self) -> str:
        """Publish, then tell what was. Raises what publishing does; what can't be told is a warning."""
        reason = super().written()
        event = Event(self.stack.name, self.endpoint, self.now, self.step, reason)
        for failed in tell(event, self.settings, os.environ):
            pulumi.log.warn(failed)
        return reason
