"""Alert rules on a candidate that has live traffic, made from the gates that judge it.

A gate decides in `pulumi up`; a rule only tells people, and Azure Monitor evaluates it whether or not anybody
runs anything. A rule looks at less than its gate does, and so may tell of what the gate doesn't fail.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from rollout.core.comparison.blocks import Tier
from rollout.core.gates import kql
from rollout.core.gates.comparative import ComparativeGate, Measure
from rollout.core.gates.queries import AVERAGE, REQUESTS, SUMMED

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rollout.core.gates.comparative import ComparisonSettings
    from rollout.core.gates.fixed import FixedGate
    from rollout.core.record import Record

_MINUTE, _HOUR = timedelta(minutes=1), timedelta(hours=1)
WINDOWS = (_MINUTE, 5 * _MINUTE, 15 * _MINUTE, 30 * _MINUTE, _HOUR, 6 * _HOUR, 12 * _HOUR, 24 * _HOUR)
"""Lengths of time that a metric alert may look at (learn.microsoft.com, Metric Alerts - Create Or Update)."""
LOG_WINDOW, LOG_EVERY = 15 * _MINUTE, 5 * _MINUTE
MOST_DIMENSIONS = 5
_SPLIT = ("statusCode", "modelStatusCode")
_CONDITION = re.compile(r"(\w+)\s+(eq|ne|sw)\s+'((?:[^']|'')*)'", re.IGNORECASE)
_OPERATORS = {"eq": "Include", "ne": "Exclude", "sw": "StartsWith"}
_QUOTED = re.compile(
    r"""//[^\n]*|```.*?```|@"[^"]*"|@'[^']*'|"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'""", re.DOTALL
)


@dataclass(frozen=True)
class AlertSettings:
    """Whom alert rules tell; nobody unless an action group is named or somebody to put into one."""

    action_group: str | None = None
    """The ARM id of an action group that is there."""
    emails: tuple[str, ...] = ()
    webhooks: tuple[str, ...] = ()
    severity: int = 2
    """From 0, critical, to 4, verbose."""
    enabled: bool = True

    @property
    def on(self) -> bool:
        """Whether rules are declared at all."""
        return self.enabled and bool(self.action_group or self.emails or self.webhooks)


@dataclass(frozen=True)
class Dimension:
    """What a rule on a metric looks at: values of one dimension."""

    name: str
    operator: str
    """`Include`, `Exclude` or `StartsWith`."""
    values: tuple[str, ...]


@dataclass(frozen=True)
class MetricRule:
    """A static threshold on a metric of the endpoint."""

    name: str
    description: str
    metric: str
    aggregation: str
    operator: str
    threshold: float
    window: timedelta
    dimensions: tuple[Dimension, ...]

    @property
    def every(self) -> timedelta:
        """How often it is evaluated."""
        return 5 * _MINUTE if self.window > 5 * _MINUTE else _MINUTE


@dataclass(frozen=True)
class QueryRule:
    """A query on the traffic log that has a row where something is wrong."""

    name: str
    description: str
    query: str


@dataclass(frozen=True)
class Unwatched:
    """A gate that no rule can be made from, and why."""

    gate: str
    why: str


Rule = MetricRule | QueryRule


def watched(record: Record | None) -> bool:
    """Return whether there is a candidate with live traffic beside prod."""
    return record is not None and record.candidate is not None and (record.stage or 0) > 0


def rules(
    gates: Iterable[FixedGate | ComparativeGate],
    settings: ComparisonSettings,
    record: Record,
    endpoint_id: str,
    *,
    logs: bool,
) -> tuple[Rule | Unwatched, ...]:
    """Return the rules for the candidate at its stage; they are the same until the next step.

    Args:
        gates: The stack's; one that doesn't count has no rule.
        settings: What gates that compare have in common.
        record: Says who is candidate and prod, at which stage, and what is usual of prod.
        endpoint_id: Its ARM id.
        logs: Whether the endpoint's traffic log goes to Log Analytics.
    """
    found: list[Rule | Unwatched] = []
    for gate in gates:
        if gate.dry_run:
            continue
        if isinstance(gate, ComparativeGate):
            found.append(_compared(gate, settings, record, endpoint_id, logs=logs))
        elif gate.kql is not None:
            found += _of_query(gate, record, endpoint_id, logs=logs)
        else:
            found += _of_metric(gate, record)
    return tuple(found)


def dimensions_of(text: str) -> tuple[Dimension, ...] | None:
    """Return what a metric filter says as dimensions of an alert rule, or None where they can't say it."""
    conditions = list(_CONDITION.finditer(text))
    between = [
        text[before.end() : after.start()].strip(" ()").lower() for before, after in pairwise(conditions)
    ]
    rest = _CONDITION.sub("", text)
    if not conditions or re.sub(r"[\s()]|\band\b|\bor\b", "", rest, flags=re.IGNORECASE):
        return None
    groups: list[list[re.Match[str]]] = [[conditions[0]]]
    for joint, condition in zip(between, conditions[1:], strict=True):
        if joint == "or":
            groups[-1].append(condition)
        else:
            groups.append([condition])
    found: dict[str, Dimension] = {}
    for group in groups:
        names, operators = {each[1] for each in group}, {each[2].lower() for each in group}
        if len(names) > 1 or len(operators) > 1 or (operators == {"ne"} and len(group) > 1):
            return None
        name = names.pop()
        values = tuple(each[3].replace("''", "'") for each in group)
        one = Dimension(name, _OPERATORS[operators.pop()], values)
        other = found.get(name)
        if other is not None:
            if {one.operator, other.operator} != {"Exclude"}:
                return None
            one = Dimension(name, "Exclude", (*other.values, *one.values))
        found[name] = one
    return tuple(found.values())


def _of_metric(gate: FixedGate, record: Record) -> list[Rule | Unwatched]:
    own = dimensions_of(gate.filter) if gate.filter else ()
    if own is None:
        return [Unwatched(gate.name, f"an alert rule can't say its filter, {gate.filter}")]
    dimensions = (Dimension("deployment", "Include", (record.candidate or "",)), *own)
    if gate.metric.casefold() == REQUESTS.casefold() and gate.aggregation in SUMMED:
        # Azure's Average of merged series is the mean of their samples: each is looked at by itself.
        named = {each.name.casefold() for each in dimensions}
        others = [name for name in _SPLIT if name.casefold() not in named]
        dimensions += tuple(Dimension(name, "Include", ("*",)) for name in others)
    # Only of an average does a longer window forgive some of its points, with the same threshold.
    points = gate.failure_limit + 1 if gate.aggregation == AVERAGE else 1
    window = next((each for each in WINDOWS if each >= points * gate.interval), None)
    if window is None or len(dimensions) > MOST_DIMENSIONS:
        return [Unwatched(gate.name, "an alert rule takes no more than a day and five dimensions")]
    stage = record.stage or 0
    made: list[Rule | Unwatched] = []
    for limit, operator, suffix in (
        (gate.max.at(stage), "GreaterThan", ""),
        (gate.min.at(stage), "LessThan", "-min"),
    ):
        if limit is not None:
            beyond = "above" if operator == "GreaterThan" else "below"
            made.append(
                MetricRule(
                    name=gate.name + suffix,
                    description=_about(gate.name, record, f"{gate.metric} {beyond} {limit:g}"),
                    metric=gate.metric,
                    aggregation=gate.aggregation,
                    operator=operator,
                    threshold=limit,
                    window=window,
                    dimensions=dimensions,
                )
            )
    return made


def _of_query(gate: FixedGate, record: Record, endpoint_id: str, *, logs: bool) -> list[Rule | Unwatched]:
    if not logs:
        return [Unwatched(gate.name, "the endpoint's logs go to no Log Analytics workspace")]
    stage = record.stage or 0
    conditions = [
        *([f"Value > {high:g}"] if (high := gate.max.at(stage)) is not None else []),
        *([f"Value < {low:g}"] if (low := gate.min.at(stage)) is not None else []),
    ]
    if not conditions:
        return []
    before, last = _statements(gate.kql or "")
    minutes = int(LOG_WINDOW / _MINUTE)
    names = _names(record, endpoint_id) + f"let start = ago({minutes}m); let end = now(); "
    wrong = " or ".join(conditions)
    query = f"{names}{before}\nprint Value = todouble(toscalar(\n{last}\n))\n| where {wrong}"
    said = wrong.replace("Value", "its query").replace(">", "above").replace("<", "below")
    return [QueryRule(gate.name, _about(gate.name, record, said), query)]


def _compared(
    gate: ComparativeGate, settings: ComparisonSettings, record: Record, endpoint_id: str, *, logs: bool
) -> Rule | Unwatched:
    if gate.measure is not Measure.ERRORS:
        return Unwatched(gate.name, "only shares of errors have an alert rule")
    if not logs or settings.source is Tier.METRICS:
        return Unwatched(gate.name, "its alert rule needs the traffic log in Log Analytics")
    usual = record.baseline.error_share if record.baseline is not None else 0.0
    query = f"""\
{_names(record, endpoint_id)}
{kql.TABLE}
| where {kql.OF_ENDPOINT} and DeploymentName in~ (deployment, prod)
{kql.ROWS}
| summarize Requests = countif(DeploymentName =~ deployment),
    Errors = countif(DeploymentName =~ deployment and not(ok)),
    ProdRequests = countif(DeploymentName =~ prod),
    ProdErrors = countif(DeploymentName =~ prod and not(ok))
| where Requests >= {settings.min_requests}
| extend Usual = iff(ProdRequests > 0, 1.0 * ProdErrors / ProdRequests, {usual:.6f})
| extend Worse = 1.0 * Errors / Requests - Usual
| where Worse > {gate.margin:.6f}"""
    said = f"its share of errors more than {100 * gate.margin:g} pp above prod's"
    return QueryRule(gate.name, _about(gate.name, record, said), query)


def _names(record: Record, endpoint_id: str) -> str:
    own = {"deployment": record.candidate or "", "prod": record.prod or ""}
    return kql.names(endpoint_id) + "".join(kql.let(name, kql.text(value)) for name, value in own.items())


def _about(gate: str, record: Record, what: str) -> str:
    return f"{record.candidate} ({record.release}) at {record.stage} %: {what} (gate {gate})"


def _statements(text: str) -> tuple[str, str]:
    """Return a query's statements before the last, and the last: what stands in quotes ends none."""
    masked = _QUOTED.sub(lambda found: "_" * len(found[0]), text.strip().rstrip(";"))
    at = masked.rfind(";") + 1
    whole = text.strip().rstrip(";")
    return whole[:at], whole[at:].strip()
