"""What is seen before a step is decided: the live endpoint and deployments, and the published tags."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from rollout.core import times
from rollout.core.approval import Approval
from rollout.core.intent import Intent, Paused
from rollout.core.traffic import Routing
from rollout.core.verdict import Verdict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from rollout.core.traffic import Traffic

__all__ = [
    "Approval",
    "Deployment",
    "Endpoint",
    "Intent",
    "Observed",
    "Paused",
    "Probe",
    "Provisioning",
    "Published",
]


class Provisioning(StrEnum):
    """A resource's `provisioningState`, as ARM spells it."""

    CREATING = "Creating"
    UPDATING = "Updating"
    SCALING = "Scaling"
    DELETING = "Deleting"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    CANCELED = "Canceled"

    @property
    def in_progress(self) -> bool:
        """Whether Azure is still working on it."""
        return self.at_work or self is self.DELETING

    @property
    def at_work(self) -> bool:
        """Whether Azure is still working on it, and it is there once that is over."""
        return self in (self.CREATING, self.UPDATING, self.SCALING)

    @property
    def broken(self) -> bool:
        """Whether Azure has given up on it."""
        return self in (self.FAILED, self.CANCELED)


@dataclass(frozen=True)
class Deployment:
    """A live deployment of the endpoint."""

    name: str
    release: str | None
    """The release id in its own ARM tags, written in the PUT that carried the model; None: not ours."""
    state: Provisioning
    instances: int = 1
    content: str | None = None
    """The digest of its model, environment and code: what an adopted one is known by."""

    def gets(self, routing: Routing) -> bool:
        """Return whether it gets requests, live or mirrored."""
        return routing.traffic.get(self.name, 0) > 0 or routing.mirror.get(self.name, 0) > 0

    def spent(self, routing: Routing) -> bool:
        """Return whether it failed to provision or goes, and gets no requests.

        One that failed to be created must not be declared: the engine would make it again in every `up`.
        """
        return not self.gets(routing) and (self.state.broken or self.state is Provisioning.DELETING)


@dataclass(frozen=True)
class Endpoint:
    """The live endpoint."""

    state: Provisioning
    traffic: Traffic
    tags: Mapping[str, str]
    mirror: Traffic = field(default_factory=lambda: MappingProxyType({}))
    modified: datetime | None = None
    """Its own `lastModifiedAt`."""

    @property
    def routing(self) -> Routing:
        """Where requests go, and copies of them."""
        return Routing(self.traffic, self.mirror)


@dataclass(frozen=True)
class Probe:
    """What came of the requests sent to a candidate at 0 %, as published."""

    verdict: Verdict
    release: str
    at: datetime

    def show(self) -> str:
        """Return the text of the stack tag `ROLLOUT_PROBE`."""
        return f"{self.verdict} {self.release} {times.show_instant(self.at)}"

    @classmethod
    def parse(cls, text: str) -> Probe | None:
        """Return the probe of that text, or None if it is none: a probe that can't be read never happened."""
        try:
            verdict, release, at = text.split(" ")
            return cls(Verdict.parse(verdict), release, times.parse_instant(at))
        except (KeyError, ValueError):
            return None


@dataclass(frozen=True)
class Published:
    """The stack's tags: the published copy of the record, and what was added at publishing."""

    record: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    """The tags that have the record's names."""
    phase: str | None = None
    probe: Probe | None = None
    repaired: datetime | None = None
    """When a lagging copy was last mended: the bake starts again there."""
    settled: datetime | None = None
    """When the traffic of the last step was read back, in Azure's time."""
    reason: str | None = None
    approved: Approval | None = None
    """What a person accepted; `rollout approve` writes it."""
    misread: str | None = None
    """The text of an approval that can't be read, so that it can be told and removed."""
    paused: Paused | None = None
    """Who stopped the rollout from going on; `rollout pause` writes it, `rollout resume` takes it away."""
    resumed: datetime | None = None
    """When a pause was last ended: deadlines count from there."""
    intent: Intent | None = None
    """What a person wants the next `up` to do."""
    unread_intent: str | None = None
    """The text of an intent that can't be read, likewise."""


@dataclass(frozen=True)
class Observed:
    """All that a decision rests on, read at one moment."""

    now: datetime
    """Azure's time: the `Date` of the answer that read the endpoint."""
    endpoint: Endpoint | None
    deployments: Mapping[str, Deployment] = field(default_factory=lambda: MappingProxyType({}))
    published: Published = field(default_factory=Published)
    differs: tuple[str, ...] = ()
    """Where config's release differs from what serves and no tag tells the release of: both values each."""
    uncompared: tuple[str, ...] = ()
    """What of the two couldn't be compared, each with why."""
