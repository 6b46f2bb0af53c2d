"""How a deployment grows and shrinks with its load, as Azure Monitor takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from rollout.core.record import Record

CPU = "CpuUtilizationPercentage"
"""The metric of a deployment that its count of instances follows."""


@dataclass(frozen=True)
class Autoscale:
    """Config's `autoscale`."""

    min: int
    max: int
    cpu: int
    """The mean load in percent above which an instance is added; below half of it one is taken away."""

    def starts_with(self, instances: int) -> int:
        """Return how many instances a new deployment gets where so many are wanted."""
        return max(self.min, instances)


def floors(record: Record, instances: Mapping[str, int]) -> dict[str, int]:
    """Return how many instances each deployment keeps that may get more traffic than it has now.

    These are a candidate; the prod beside it, to which an abort gives all traffic back; and old prod, to
    which an undo does. Idle, each would shrink to the least count, and refuse what it then gets. A candidate
    has no fewer than prod. No floor sinks while a rollout goes on: the one before lets no count sink.

    Args:
        record: What the step leaves.
        instances: How many each live deployment has, and one that the step creates gets.
    """
    found: dict[str, int] = {}
    prod = instances.get(record.prod or "", 0)
    if record.candidate is not None:
        found[record.candidate] = max(instances.get(record.candidate, 0), prod)
        if record.prod is not None:
            found[record.prod] = prod
    if record.old_prod is not None:
        found[record.old_prod] = instances.get(record.old_prod, 0)
    return found


def profile(asked: Autoscale, deployment_id: str, floor: int = 0) -> dict[str, Any]:
    """Return the one profile of a deployment's autoscale setting, in ARM's spelling.

    With n instances at less than half the limit, n - 1 of them stay below it: no count is left and taken up
    again and again. It never shrinks below `floor`, which may be more than config lets it grow to.
    """
    least = max(asked.min, floor)
    return {
        "name": "by processor load",
        "capacity": {"minimum": str(least), "maximum": str(max(asked.max, least)), "default": str(least)},
        "rules": [
            _rule(deployment_id, "GreaterThan", asked.cpu, "Increase", "PT5M"),
            _rule(deployment_id, "LessThan", asked.cpu // 2, "Decrease", "PT10M"),
        ],
    }


def _rule(deployment_id: str, operator: str, threshold: int, direction: str, window: str) -> dict[str, Any]:
    return {
        "metricTrigger": {
            "metricName": CPU,
            "metricResourceUri": deployment_id,
            "operator": operator,
            "statistic": "Average",
            "threshold": threshold,
            "timeAggregation": "Average",
            "timeGrain": "PT1M",
            "timeWindow": window,
        },
        "scaleAction": {"cooldown": window, "direction": direction, "type": "ChangeCount", "value": "1"},
    }
