"""What `rollout check --json` prints: plain data, and all that a report is drawn from.

Instants are ISO 8601 in UTC, shares go from 0 to 1, margins are in percentage points. None is no measurement,
or nothing to say: never zero.
"""

from __future__ import annotations

from typing import TypedDict

Points = list[tuple[str, float | None]]
"""Instants with what was measured then; None is no measurement."""


class Line(TypedDict):
    """One quantity over time."""

    name: str
    """`candidate`, `prod`, or what else it is."""
    points: Points


class Bounds(TypedDict):
    """The limits of a fixed gate at the present stage."""

    min: float | None
    max: float | None


class Margin(TypedDict):
    """How much worse than prod the candidate may be, and is shown not to be, in percentage points."""

    allowed: float
    certified: float | None
    """None where nothing is proved yet."""


class Evidence(TypedDict):
    """How strongly the measurements speak against the candidate, as powers of ten."""

    log10: float | None
    """Now."""
    bound: float
    """At and above it the candidate has failed."""
    points: Points


class Arms(TypedDict):
    """A count for each deployment."""

    candidate: int
    prod: int


class Worst(TypedDict):
    """A block of time with much evidence against the candidate."""

    at: str
    log10: float


class Gate(TypedDict):
    """What one gate came to."""

    name: str
    kind: str
    """`fixed` or `comparison`."""
    verdict: str
    dryRun: bool
    """Reported, and doesn't count."""
    noData: bool
    reason: str
    value: float | None
    """The worst point, or how much worse than prod the candidate is; in `unit`."""
    limit: str
    unit: str
    lineUnit: str
    """The unit of `lines` and `bounds`; `share` is a share from 0 to 1."""
    bounds: Bounds | None
    margin: Margin | None
    evidence: Evidence | None
    eta: str | None
    """From the stage's begin, how long it takes to tell a candidate that is worse by the margin."""
    requests: Arms | None
    events: Arms | None
    """How many of the requests were errors, or slow."""
    lines: list[Line]
    worst: list[Worst]
    warnings: list[str]


class Stage(TypedDict):
    """A rung of the ladder, while it lasts or when it is over."""

    traffic: int
    mirror: int
    since: str
    until: str | None
    """None for the present one."""


class Span(TypedDict):
    """The judged stretch of time."""

    start: str
    end: str


class Next(TypedDict):
    """What the next `pulumi up` will do."""

    step: str
    reason: str


class Report(TypedDict):
    """What a check came to."""

    stack: str | None
    """None for a check that stands alone."""
    endpoint: str
    deployment: str | None
    prod: str | None
    at: str | None
    """Azure's time; None where Azure couldn't be asked."""
    verdict: str
    reason: str
    stage: Stage | None
    past: list[Stage]
    window: Span | None
    tier: str | None
    """`logs` or `metrics`: where a comparison's evidence comes from."""
    requests: float | None
    """To the deployment in the window; None where nobody could tell."""
    gates: list[Gate]
    next: Next | None
