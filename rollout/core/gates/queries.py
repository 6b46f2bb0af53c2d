"""What to ask Azure Monitor so that the gates can be judged, in as few calls as its filters allow."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from rollout.core.comparison.blocks import Tier
from rollout.core.gates import kql
from rollout.core.gates.comparative import ComparativeGate, Measure
from rollout.core.gates.evidence import LogQuery, Query
from rollout.core.gates.fixed import FixedGate
from rollout.core.window import Window

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from rollout.core.comparison.blocks import Baseline
    from rollout.core.gates.comparative import ComparisonSettings
    from rollout.core.judging import Question
    from rollout.core.plan import Stage

REQUESTS = "RequestsPerMinute"
"""Azure's count of requests. Its only aggregation is Average; over one minute that is the count."""
PERCENTILES = ("RequestLatency_P50", "RequestLatency_P95")
AVERAGE = "Average"
SUMMED = ("Average", "Total", "Count")
"""Aggregations under which the series of a count are added up."""
MINUTE = timedelta(minutes=1)

EVERY = "deployment eq '*'"
_DIMENSIONS = ("statusCode", "modelStatusCode")
_NAMED = re.compile(r"(\w+)\s+(?:eq|ne|sw)\s", re.IGNORECASE)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def queries(
    gates: Iterable[FixedGate | ComparativeGate],
    question: Question,
    settings: ComparisonSettings,
    tier: Tier | None,
) -> tuple[Query | LogQuery, ...]:
    """Return all that the gates need to be judged, each call once.

    Of metrics it is one call per distinct filter, aggregation and interval; comparing takes two of metrics,
    or one of logs; each custom query is one more. The count of all requests is what the comparison reads,
    where there is one. A gate isn't asked for where the window is too short for it, or where it has no limit
    at this stage.
    """
    gates = tuple(gates)
    compared = comparison(gates, question, settings, tier)
    fixed = [gate for gate in gates if isinstance(gate, FixedGate)]
    of_metrics = fixed_queries(
        fixed, question.deployment, question.stage, question.window, counted=bool(compared)
    )
    custom = [
        log_query_of(gate, question) for gate in fixed if gate.kql is not None and can_judge(gate, question)
    ]
    return tuple(dict.fromkeys((*compared, *of_metrics, *custom)))


def comparison(
    gates: Iterable[FixedGate | ComparativeGate],
    question: Question,
    settings: ComparisonSettings,
    tier: Tier | None,
) -> tuple[Query | LogQuery, ...]:
    """Return what the comparison with prod needs, for all its stages at once; nothing where none can be made.

    Of metrics, the first counts requests and the second, where latency is compared, has its percentiles.
    """
    compared = [gate for gate in gates if isinstance(gate, ComparativeGate)]
    tier = tier_of(question, tier)
    if not compared or question.prod is None or question.baseline is None or tier is None:
        return ()
    latency = [gate for gate in compared if gate.measure is Measure.LATENCY]
    if tier is Tier.LOGS:
        window = aligned(span(question), settings.block)
        return _some(window, (_blocks_query(window, question.baseline, question, settings, latency),))
    window = aligned(span(question), MINUTE)
    counted = Query((REQUESTS,), split(EVERY), AVERAGE, MINUTE, window)
    return _some(window, (counted, Query(PERCENTILES, EVERY, AVERAGE, MINUTE, window))[: 2 if latency else 1])


def tier_of(question: Question, tier: Tier | None) -> Tier | None:
    """Return where the evidence comes from: in a whole rollout, from where its baseline came."""
    return question.baseline.tier if question.baseline is not None else tier


def span(question: Question) -> Window:
    """Return the time from the begin of the first compared stage to the end of what is judged now."""
    start = min([*(stage.window.start for stage in question.past), question.window.start])
    return Window(start, question.window.end)


def fixed_queries(
    gates: Sequence[FixedGate], deployment: str, stage: Stage, window: Window, *, counted: bool = False
) -> tuple[Query, ...]:
    """Return what the gates with a fixed threshold need of metrics: one query per filter and kind of point.

    One of them counts all requests to the deployment, unless something else has `counted` them.
    """
    asked = [gate for gate in gates if limited(gate, stage) and fits(gate, window)]
    if not asked:
        return ()
    calls: dict[tuple[str, str, timedelta], dict[str, None]] = {}
    for gate in asked:
        if gate.kql is None:
            call = (_filter_of(gate, deployment), gate.aggregation, gate.interval)
            calls.setdefault(call, {})[gate.metric] = None
    if not counted:
        calls.setdefault((split(filter_for(deployment)), AVERAGE, MINUTE), {})[REQUESTS] = None
    return tuple(
        Query(tuple(metrics), text, aggregation, interval, aligned(window, interval))
        for (text, aggregation, interval), metrics in calls.items()
    )


def query_of(
    gate: FixedGate, deployment: str, window: Window, asked: Iterable[Query | LogQuery]
) -> Query | None:
    """Return that one of the queries which asks for this gate's metric."""
    call = (_filter_of(gate, deployment), gate.aggregation, gate.interval, aligned(window, gate.interval))
    return _found(call, gate.metric, asked)


def query_of_requests(deployment: str, window: Window, asked: Iterable[Query | LogQuery]) -> Query | None:
    """Return that one of the queries which counts all requests to the deployment, and to it alone."""
    call = (split(filter_for(deployment)), AVERAGE, MINUTE, aligned(window, MINUTE))
    return _found(call, REQUESTS, asked)


def log_query_of(gate: FixedGate, question: Question) -> LogQuery:
    """Return the query of a gate that asks Log Analytics by itself."""
    own = kql.custom(gate.kql or "", question.window, question.deployment, question.prod)
    return LogQuery(own, question.window)


def filter_for(deployment: str, own: str | None = None) -> str:
    """Return the filter of a call: the deployment, and what the gate adds."""
    name = deployment.replace("'", "''")
    return f"deployment eq '{name}'" + (f" and {own}" if own else "")


def split(text: str) -> str:
    """Return a filter under which every series of `RequestsPerMinute` is one combination of dimensions.

    Whether Azure adds up or averages what it merges within a minute, the sum of such series is the count.
    """
    named = {name.casefold() for name in _NAMED.findall(text)}
    return " and ".join([text, *(f"{name} eq '*'" for name in _DIMENSIONS if name.casefold() not in named)])


def aligned(window: Window, interval: timedelta) -> Window:
    """Return the whole intervals in the window, counted as Azure does from the full hour or day."""
    start = window.start + (_EPOCH - window.start) % interval
    return Window(start, window.end - (window.end - _EPOCH) % interval)


def is_begin(at: datetime, interval: timedelta) -> bool:
    """Return whether an interval begins there."""
    return (at - _EPOCH) % interval == timedelta(0)


def can_judge(gate: FixedGate, question: Question) -> bool:
    """Return whether the gate has a limit at the stage, and the window is long enough for it."""
    return limited(gate, question.stage) and fits(gate, question.window)


def fits(gate: FixedGate, window: Window) -> bool:
    """Return whether the window holds as many whole intervals as the gate needs points."""
    if gate.kql is not None:
        return window.end > window.start
    return aligned(window, gate.interval).holds(gate.points * gate.interval)


def limited(gate: FixedGate, stage: Stage) -> bool:
    """Return whether the gate has a limit at that stage."""
    return gate.max.at(stage.traffic) is not None or gate.min.at(stage.traffic) is not None


def _blocks_query(
    window: Window,
    baseline: Baseline,
    question: Question,
    settings: ComparisonSettings,
    latency: Sequence[ComparativeGate],
) -> LogQuery:
    text = kql.blocks(
        window,
        question.deployment,
        question.prod or "",
        settings.block,
        baseline.slow_ms if latency else None,
        latency[0].slack if latency else 0.0,
    )
    return LogQuery(text, window)


def _some(window: Window, asked: tuple[Query | LogQuery, ...]) -> tuple[Query | LogQuery, ...]:
    return asked if window.end > window.start else ()


def _filter_of(gate: FixedGate, deployment: str) -> str:
    own = filter_for(deployment, gate.filter)
    counted = gate.metric.casefold() == REQUESTS.casefold() and gate.aggregation in SUMMED
    return split(own) if counted else own


def _found(
    call: tuple[str, str, timedelta, Window], metric: str, asked: Iterable[Query | LogQuery]
) -> Query | None:
    for query in asked:
        if (
            isinstance(query, Query)
            and (query.filter, query.aggregation, query.interval, query.window) == call
            and metric in query.metrics
        ):
            return query
    return None
