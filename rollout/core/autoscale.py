"""How a deployment grows and shrinks with its load, as Azure Monitor takes it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

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


def profile(asked: Autoscale, deployment_id: str) -> dict[str, Any]:
    """Return the one profile of a deployment's autoscale setting, in ARM's spelling.

    With n instances at less than half the limit, n - 1 of them stay below it: no count is left and taken up
    again and again.
    """
    return {
        "name": "by processor load",
        "capacity": {"minimum": str(asked.min), "maximum": str(asked.max), "default": str(asked.min)},
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
