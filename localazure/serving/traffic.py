"""Which deployment a request goes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["mirror_of", "pick"]


def pick(traffic: Mapping[str, int], draw: Callable[[], float]) -> str | None:
    """A deployment at random by weight, anew for each request; None where none has a positive weight.

    Args:
        traffic: Integer weights; they need not sum to 100.
        draw: A random number in [0, 1).

    >>> pick({"blue": 90, "green": 10}, lambda: 0.899), pick({"blue": 90, "green": 10}, lambda: 0.9)
    ('blue', 'green')
    """
    total = sum(weight for weight in traffic.values() if weight > 0)
    point = int(draw() * total)
    for name, weight in traffic.items():
        if weight > 0:
            if point < weight:
                return name
            point -= weight
    return None


def mirror_of(mirror: Mapping[str, int], draw: Callable[[], float]) -> str | None:
    """The deployment that gets a copy of a live request, if one does.

    >>> mirror_of({"green": 20}, lambda: 0.19), mirror_of({"green": 20}, lambda: 0.2)
    ('green', None)
    """
    return next((name for name, percent in mirror.items() if percent > 0 and draw() * 100 < percent), None)
