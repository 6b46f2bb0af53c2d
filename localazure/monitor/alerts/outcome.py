"""What an evaluation of a rule comes to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from localazure.arm.body import part

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime, timedelta

    from localazure.arm.store import Resource

__all__ = ["Labels", "Outcome", "Watch"]

Labels = tuple[tuple[str, str], ...]
"""The dimensions of a series and their values; an alert is fired for each series by itself."""


@dataclass(frozen=True)
class Outcome:
    """One series at one moment.

    Attributes:
        met: Whether the condition is.
        conditions: The conditions with the values that were measured, as the common alert schema has them.
    """

    met: bool
    conditions: tuple[dict[str, Any], ...]


@dataclass(frozen=True)
class Watch:
    """What every rule has, whatever it watches.

    Attributes:
        resource: The rule as ARM has it.
        groups: The ids of its action groups.
        healthy: Evaluations in a row without the condition after which an alert is resolved.
        least: Of the newest `among` evaluations, how many must meet the condition.
    """

    resource: Resource
    severity: int
    scope: str
    every: timedelta
    window: timedelta
    groups: tuple[str, ...]
    healthy: int
    least: int = 1
    among: int = 1

    @property
    def enabled(self) -> bool:
        """Whether it is evaluated."""
        return bool(self.resource.properties.get("enabled", True))

    @property
    def resolves(self) -> bool:
        """Whether its alerts are resolved by themselves; else each evaluation fires a new one."""
        return self.resource.properties.get("autoMitigate") is not False

    @property
    def custom(self) -> Mapping[str, str]:
        """What the rule adds to each notification."""
        return part(part(self.resource.properties, "actions"), "customProperties")

    def due(self, at: datetime) -> bool:
        """Whether it is evaluated at that full minute."""
        return int(at.timestamp()) % int(self.every.total_seconds()) == 0
