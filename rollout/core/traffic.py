"""Traffic maps: which deployment gets which share of an endpoint's requests."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

WHOLE = 100
"""A traffic map that serves anybody sums to this many percent."""

Traffic = Mapping[str, int]
"""Deployment name to percent. Azure: integers that sum to 100, or no entry at all."""

NO_TRAFFIC: Traffic = MappingProxyType({})


def live(traffic: Traffic) -> dict[str, int]:
    """Return the entries that get requests: what two maps are compared by."""
    return {name: share for name, share in traffic.items() if share}


def same(one: Traffic, other: Traffic) -> bool:
    """Return whether two maps send requests to the same places; explicit zeros don't count."""
    return live(one) == live(other)


def show(traffic: Traffic) -> str:
    """Return the map as people write it: `blue 90, green 10`, or `no traffic`."""
    return ", ".join(f"{name} {share}" for name, share in sorted(traffic.items())) or "no traffic"


def rung(traffic: int, mirror: int) -> str:
    """Return the short name of a rung, as tags have it: `10`, or `0m20` for 20 % mirrored."""
    return f"{traffic}m{mirror}" if mirror else str(traffic)


@dataclass(frozen=True)
class Routing:
    """Where an endpoint's requests go, and where copies of them go."""

    traffic: Traffic = field(default_factory=lambda: NO_TRAFFIC)
    mirror: Traffic = field(default_factory=lambda: NO_TRAFFIC)
    """Who gets copies of live requests, in percent of them. Azure: one deployment, at most 50, not live."""

    def same(self, other: Routing) -> bool:
        """Return whether both send requests and copies to the same places; explicit zeros don't count."""
        return same(self.traffic, other.traffic) and same(self.mirror, other.mirror)

    def show(self) -> str:
        """Return it as people write it: `blue 100`, or `blue 100, mirrored to green 20`."""
        copies = live(self.mirror)
        return show(self.traffic) + (f", mirrored to {show(copies)}" if copies else "")
