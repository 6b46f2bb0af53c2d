"""Config as the rest of the program sees it: typed, checked and complete with defaults."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from rollout.core.alerts import AlertSettings
from rollout.core.gates.comparative import ComparativeGate, ComparisonSettings
from rollout.core.gates.fixed import FixedGate
from rollout.core.notify import NotifySettings
from rollout.core.place import Place
from rollout.core.plan import OnInconclusive, OnNoData, Plan, Stage
from rollout.core.release import Release
from rollout.core.serving import ServingSettings

if TYPE_CHECKING:
    from rollout.core.agreement import Agree
    from rollout.core.assets import AssetRef
    from rollout.core.autoscale import Autoscale
    from rollout.core.config.promoting import Promotes
    from rollout.core.expected import Range

Gate = FixedGate | ComparativeGate


class Auth(StrEnum):
    """How callers of the endpoint prove who they are; Azure's `authMode`."""

    KEY = "Key"
    AML_TOKEN = "AMLToken"  # noqa: S105 - the name of a mode
    AAD_TOKEN = "AADToken"  # noqa: S105 - likewise


class PublicAccess(StrEnum):
    """Whether a new endpoint is reached from the public network; Azure's `publicNetworkAccess`."""

    ENABLED = "Enabled"
    DISABLED = "Disabled"


@dataclass(frozen=True)
class WorkspaceSettings:
    """Where the endpoint lives."""

    resource_group: str
    name: str
    create: bool = False
    """Whether the stack declares the resource group, the workspace and what that needs."""
    log_analytics: str | None = None
    """The ARM id of the Log Analytics workspace for the endpoint's logs, beside an existing workspace."""


@dataclass(frozen=True)
class EndpointSettings:
    """The managed online endpoint."""

    name: str
    auth: Auth = Auth.KEY
    public_access: PublicAccess = PublicAccess.ENABLED


@dataclass(frozen=True)
class DeploymentSettings:
    """What config asks to be deployed; `Settings.release` makes a release of it."""

    model: AssetRef
    """May be `@latest` (`version` is None)."""
    environment: AssetRef | None = None
    code: str | None = None
    """The folder of the scoring code, relative to the project."""
    scoring_script: str | None = None
    """Relative to `code`."""
    instance_type: str = "Standard_DS3_v2"
    instances: int = 1
    serving: ServingSettings = field(default_factory=ServingSettings)


@dataclass(frozen=True)
class ProbeSettings:
    """The requests that a candidate must answer at 0 %, before it gets any traffic."""

    file: str
    """The request body, or in a file `.jsonl` one a line, relative to the project."""
    path: str = "/score"
    expect: object = None
    """What the JSON answer must look like: an object's keys, a list's items, the kinds of the values."""
    max_latency: timedelta = timedelta(seconds=5)
    requests: int = 3
    """How many are judged at least; a file with more of them is sent whole."""
    ranges: tuple[Range, ...] = ()
    slow: float = 0.0
    """The share of requests that may take longer than `max_latency`."""
    budget: timedelta = timedelta(minutes=10)
    """All the time that a probe may take."""
    agree: Agree | None = None
    """How far answers may be from prod's; None: they aren't compared."""


@dataclass(frozen=True)
class LadderSettings:
    """The ladder and what goes with it."""

    stages: tuple[Stage, ...]
    slots: tuple[str, ...] = ("blue", "green")
    retire_after: timedelta = timedelta(hours=24)
    keep_failed: bool = True
    settle: timedelta = timedelta(minutes=2)
    lag: timedelta = timedelta(minutes=3)
    """The default is 5 minutes where a gate reads logs, which arrive later than metrics."""
    max_wait: timedelta = timedelta(minutes=60)
    on_inconclusive: OnInconclusive = OnInconclusive.HOLD
    on_no_data: OnNoData = OnNoData.HOLD


@dataclass(frozen=True)
class Settings:
    """All of a stack's config.

    `release` and then `plan` complete it with what config can't know: the versions that references resolve
    to, and the digest of the scoring code.
    """

    workspace: WorkspaceSettings
    endpoint: EndpointSettings
    deployment: DeploymentSettings
    probe: ProbeSettings
    ladder: LadderSettings
    gates: tuple[Gate, ...]
    comparison: ComparisonSettings = field(default_factory=ComparisonSettings)
    alerts: AlertSettings = field(default_factory=AlertSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    shared_through: str | None = None
    """The registry through which models get from one workspace to another."""
    autoscale: Autoscale | None = None
    """None: deployments keep the instances they were made with."""
    promotes: Promotes | None = None
    """Where a release must have been Healthy before it starts here; None: nowhere."""

    @property
    def compared(self) -> tuple[ComparativeGate, ...]:
        """The gates that compare the candidate with prod."""
        return tuple(gate for gate in self.gates if isinstance(gate, ComparativeGate))

    def needs(self, gate: Gate) -> timedelta:
        """Return the least length of a judging window in which that gate can tell."""
        if isinstance(gate, ComparativeGate):
            return self.comparison.min_blocks * self.comparison.block
        return gate.points * gate.interval if gate.kql is None else timedelta(minutes=1)

    def place(self, subscription: str) -> Place:
        """Return where in ARM the endpoint is."""
        return Place(subscription, self.workspace.resource_group, self.workspace.name, self.endpoint.name)

    def release(self, model: AssetRef, environment: AssetRef | None, code: str | None) -> Release:
        """Return the release that config names.

        Args:
            model: `deployment.model`, at a version.
            environment: `deployment.environment`, at a version.
            code: `tree_digest` of the folder `deployment.code`.
        """
        wanted = self.deployment
        return Release(
            model=model,
            instance_type=wanted.instance_type,
            code=code,
            scoring_script=wanted.scoring_script,
            environment=environment,
            settings=wanted.serving,
        )

    def plan(self, release_id: str) -> Plan:
        """Return what `decide` takes: the ladder with the id of the release that climbs it."""
        ladder = self.ladder
        return Plan(
            release=release_id,
            stages=ladder.stages,
            slots=ladder.slots,
            retire_after=ladder.retire_after,
            keep_failed=ladder.keep_failed,
            settle=ladder.settle,
            lag=ladder.lag,
            compared_gates=sum(not gate.dry_run for gate in self.compared) or len(self.compared),
            max_wait=ladder.max_wait,
            on_inconclusive=ladder.on_inconclusive,
            on_no_data=ladder.on_no_data,
        )
