"""What a check that stands alone is asked, from its arguments."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from rollout.azure import ids
from rollout.cli.inputs import KEPT
from rollout.cli.usage import UsageError
from rollout.core.gates.fixed import Empty, FixedGate, Limit
from rollout.core.gates.queries import MINUTE
from rollout.core.window import Window

if TYPE_CHECKING:
    import argparse

ENDPOINT = "microsoft.machinelearningservices/workspaces/onlineendpoints"
_DEPLOYMENT = re.compile(r"\bdeployment\s+(?:eq|ne)\b", re.IGNORECASE)
NEWEST = 5
"""How many intervals are judged where nobody says."""
LAG_OF_METRICS, LAG_OF_LOGS = timedelta(minutes=3), timedelta(minutes=5)


@dataclass(frozen=True)
class Asked:
    """What to judge, where and when."""

    gate: FixedGate
    resource_id: str | None
    """The ARM id of what is measured; a query on logs may do without."""
    deployment: str | None
    workspace_id: str | None
    """The customer id of a Log Analytics workspace, for a gate with a query."""
    location: str | None
    span: Window | None
    """None: the newest intervals."""
    lag: timedelta

    @property
    def name(self) -> str:
        """What is measured, as people call it."""
        return ids.name_of(self.resource_id or f"/{self.workspace_id}")

    @property
    def on_endpoint(self) -> bool:
        """Whether an online endpoint is measured, which counts its requests."""
        return self.resource_id is not None and ids.type_of(self.resource_id).lower() == ENDPOINT


def read(args: argparse.Namespace) -> Asked:
    """Return what the arguments ask. Raises `UsageError` where they don't go together."""
    asked = Asked(
        gate=_gate(args),
        resource_id=_resource_id(args.resource_id) if args.resource_id else None,
        deployment=args.deployment,
        workspace_id=args.workspace_id,
        location=args.location,
        span=_span(args),
        lag=args.lag if args.lag is not None else LAG_OF_LOGS if args.query else LAG_OF_METRICS,
    )
    if not asked.on_endpoint and asked.deployment:
        raise UsageError("--deployment goes with the --resource-id of an online endpoint")
    if not asked.on_endpoint and asked.gate.empty is Empty.ZERO:
        raise UsageError("--empty zero needs requests to be proved, which only an online endpoint counts")
    if asked.gate.empty is Empty.ZERO and _DEPLOYMENT.search(asked.gate.filter or ""):
        raise UsageError(
            "--empty zero: name the deployment with --deployment, so that its requests are counted"
        )
    return asked


def _gate(args: argparse.Namespace) -> FixedGate:
    if args.max is None and args.min is None:
        raise UsageError("a limit is missing: --max, --min or both")
    if args.query:
        if args.metric:
            raise UsageError("--metric and --query are two gates: leave one out")
        if not args.workspace_id:
            raise UsageError("--query needs --workspace-id: the Log Analytics workspace's customer id")
    elif args.workspace_id:
        raise UsageError("--workspace-id needs --query: the KQL to send there")
    elif not args.resource_id:
        raise UsageError("--metric needs --resource-id: the ARM id of what is measured")
    elif not args.metric:
        raise UsageError("--metric is missing: the name of an Azure Monitor metric, or a --query")
    return FixedGate(
        name=args.name or args.metric or "query",
        metric=args.metric or "",
        aggregation=args.aggregation or "Average",
        interval=args.interval or MINUTE,
        points=args.points or NEWEST,
        filter=args.filter,
        max=Limit(args.max),
        min=Limit(args.min),
        empty=Empty(args.empty) if args.empty else Empty.HOLD,
        failure_limit=args.failure_limit or 0,
        kql=args.query,
    )


def _resource_id(text: str) -> str:
    try:
        ids.path_of(text.rstrip("/"))
    except ValueError as error:
        raise UsageError(f"--resource-id: {error}") from None
    if not ids.type_of(text):
        raise UsageError(
            f"--resource-id: {text!r} names no resource: /subscriptions/.../providers/<type>/<name>"
        )
    return text.rstrip("/")


def _span(args: argparse.Namespace) -> Window | None:
    if args.points and (args.start or args.end):
        raise UsageError("--points and --start are two ways to name the time: leave one out")
    if bool(args.start) != bool(args.end):
        raise UsageError("--start and --end go together")
    if not args.start:
        return None
    if args.start >= args.end:
        raise UsageError("--start must be before --end")
    intervals = (args.end - args.start) // (args.interval or MINUTE)
    if intervals > KEPT and not args.query:
        raise UsageError(
            f"between --start and --end are {intervals} intervals: at most {KEPT}, or longer --interval"
        )
    return Window(args.start, args.end)
