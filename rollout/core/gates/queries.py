"""What to ask Azure Monitor so that the gates can be judged, in as few calls as its filters allow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rollout.core.gates.evidence import Query
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.core.gates.fixed import FixedGate
    from rollout.core.plan import Stage

REQUESTS = "RequestsPerMinute"
"""Azure's count of requests. Its only aggregation is Average; over one minute that is the count."""

MINUTE = timedelta(minutes=1)
_AVERAGE = "Average"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def queries(gates: Iterable[FixedGate], deployment: str, stage: Stage, window: Window) -> tuple[Query, ...]:
    """Return one query per distinct filter, aggregation and interval, and one that counts all requests.

    The count of all requests joins a call that is made anyway where one has no filter of its own. A
    gate isn't asked for where the window is too short for its points or where it has no limit at this stage;
    where that is so of all gates, nothing is asked at all.
    """
    asked = [gate for gate in gates if limited(gate, stage) and fits(gate, window)]
    if not asked:
        return ()
    calls: dict[tuple[str, str, timedelta], dict[str, None]] = {}
    for gate in asked:
        call = (filter_for(deployment, gate.filter), gate.aggregation, gate.interval)
        calls.setdefault(call, {})[gate.metric] = None
    calls.setdefault((filter_for(deployment), _AVERAGE, MINUTE), {})[REQUESTS] = None
    return tuple(
        Query(tuple(metrics), text, aggregation, interval, aligned(window, interval))
        for (text, aggregation, interval), metrics in calls.items()
    )


def query_of(gate: FixedGate, deployment: str, window: Window, asked: Iterable[Query]) -> Query | None:
    """Return that one of the queries which asks for this gate's metric."""
    call = (
        filter_for(deployment, gate.filter),
        gate.aggregation,
        gate.interval,
        aligned(window, gate.interval),
    )
    return next(
        (
            query
            for query in asked
            if (query.filter, query.aggregation, query.interval, query.window) == call
            and gate.metric in query.metrics
        ),
        None,
    )


def query_of_requests(deployment: str, window: Window, asked: Iterable[Query]) -> Query | None:
    """Return that one of the queries which counts all requests to the deployment."""
    call = (filter_for(deployment), _AVERAGE, MINUTE, aligned(window, MINUTE))
    return next(
        (
            query
            for query in asked
            if (query.filter, query.aggregation, query.interval, query.window) == call
            and REQUESTS in query.metrics
        ),
        None,
    )


def filter_for(deployment: str, own: str | None = None) -> str:
    """Return the filter of a call: the deployment, and what the gate adds."""
    name = deployment.replace("'", "''")
    return f"deployment eq '{name}'" + (f" and {own}" if own else "")


def aligned(window: Window, interval: timedelta) -> Window:
    """Return the whole intervals in the window, counted as Azure does from the full hour or day."""
    start = window.start + (_EPOCH - window.start) % interval
    return Window(start, window.end - (window.end - _EPOCH) % interval)


def fits(gate: FixedGate, window: Window) -> bool:
    """Return whether the window holds as many whole intervals as the gate needs points."""
    return aligned(window, gate.interval).holds(gate.points * gate.interval)


def limited(gate: FixedGate, stage: Stage) -> bool:
    """Return whether the gate has a limit at that stage."""
    return gate.max.at(stage.traffic) is not None or gate.min.at(stage.traffic) is not None
