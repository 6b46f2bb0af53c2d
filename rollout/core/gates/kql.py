"""KQL on the traffic log of an online endpoint: text only.

Every query may use the names `endpoint` and `mlWorkspace`: whoever sends it puts `names` in front. A custom
query may also use `deployment` (the one that is judged), `prod` (the one beside it, or an empty text), and
`start` and `end` of the judging window, as instants:

    AmlOnlineEndpointTrafficLog
    | where EndpointName =~ endpoint and strcat(_ResourceId, "/") startswith mlWorkspace
    | where DeploymentName =~ deployment
    | where TimeGenerated between (start .. end)
    | summarize percentile(TotalDurationMs, 99)

An endpoint's name is its own in one region only, so rows are told apart by `_ResourceId` too: whose begins
with the ARM id of the endpoint's Azure ML workspace, `mlWorkspace`, with a slash at its end. Letters' case
differs.

(learn.microsoft.com, Azure Monitor reference, tables and queries, AmlOnlineEndpointTrafficLog, whose resource
type is the workspace; and queries, AmlOnlineEndpointEventLog, which finds the endpoint in `_ResourceId`.)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.core import times

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from rollout.core.window import Window

TABLE = "AmlOnlineEndpointTrafficLog"
SLOW = ("slow50", "slow95", "slow99")
"""The columns that count 2xx answers beyond prod's usual percentiles."""
QUANTILES = ("q50", "q95", "q99")

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"})
# An empty code, or one that is no number, is null as a number; the column is text in some workspaces and a
# number in others. The delays are null where nothing was throttled. A 100 is no answer yet: Microsoft's own
# query for failed requests leaves it out beside 200.
ROWS = """\
| extend code = toint(ResponseCode)
| where isnull(code) or code != 100
| extend ok = isnotnull(code) and code >= 200 and code < 300"""
"""Keeps the rows that are answers, and gives each `code`, its status as a number, and `ok`: it is a 2xx."""
OF_ENDPOINT = 'EndpointName =~ endpoint and strcat(_ResourceId, "/") startswith mlWorkspace'
"""What rows of the endpoint, and of no other, fulfil."""

_TIMED = """\
| extend ms = todouble(TotalDurationMs) - coalesce(todouble(RequestThrottlingDelayMs), 0.0)
    - coalesce(todouble(ResponseThrottlingDelayMs), 0.0)"""


def text(value: str) -> str:
    """Return a KQL string literal."""
    return f'"{value.translate(_ESCAPES)}"'


def instant(at: datetime) -> str:
    """Return a KQL datetime literal, to the second."""
    return f"datetime({times.show_instant(at)})"


def let(name: str, value: str) -> str:
    """Return a statement that gives a literal a name, on one line: errors count lines."""
    return f"let {name} = {value}; "


def names(endpoint_id: str) -> str:
    """Return the statements that name an endpoint and the ARM id of its workspace, on one line.

    Of an id that is in no workspace, that is the slash with which every id begins.
    """
    path = endpoint_id.rstrip("/").split("/")
    return let("endpoint", text(path[-1])) + let("mlWorkspace", text("/".join([*path[:-2], ""]) or "/"))


def blocks(  # noqa: PLR0917  # the parts of one text
    window: Window,
    candidate: str,
    prod: str,
    block: timedelta,
    slow_ms: tuple[float, float, float] | None,
    slack: float,
) -> str:
    """Return the query for what both deployments did in each block: a row a block and deployment with any.

    Its columns are `block`, `DeploymentName`, `requests` and `errors`; with `slow_ms` also `slow50`, `slow95`
    and `slow99`, the 2xx answers slower than those milliseconds (for the candidate, than so much more), and
    `untimed`, those without a duration.
    """
    counts = ["requests = count()", "errors = countif(not(ok))"]
    if slow_ms is not None:
        counts += [
            f"{name} = countif(ok and ms > iff(DeploymentName =~ {text(candidate)}, "
            f"{_real(limit * (1 + slack))}, {_real(limit)}))"
            for name, limit in zip(SLOW, slow_ms, strict=True)
        ]
        counts.append("untimed = countif(ok and isnull(ms))")
    parts = [
        _source(window, (candidate, prod)),
        ROWS,
        *([_TIMED] if slow_ms is not None else []),
        "| summarize " + ",\n    ".join(counts),
        f"    by block = bin(TimeGenerated, {_span(block)}), DeploymentName",
    ]
    return "\n".join(parts)


def history(window: Window, prod: str) -> str:
    """Return the query for what is usual of prod: one row of its 2xx answers, and one of all others.

    Its columns are `ok`, `requests`, and the percentiles `q50`, `q95` and `q99` of milliseconds.
    """
    quantiles = [f"{name} = percentile(ms, {name[1:]})" for name in QUANTILES]
    return "\n".join(
        (
            _source(window, (prod,)),
            ROWS,
            _TIMED,
            f"| summarize requests = count(), {', '.join(quantiles)} by ok",
        )
    )


def custom(own: str, window: Window, deployment: str, prod: str | None) -> str:
    """Return somebody's own query with the names in front that it may use."""
    own_names = {
        "deployment": text(deployment),
        "prod": text(prod or ""),
        "start": instant(window.start),
        "end": instant(window.end),
    }
    return "".join(let(name, value) for name, value in own_names.items()) + own.strip()


def _source(window: Window, deployments: tuple[str, ...]) -> str:
    listed = ", ".join(text(name) for name in deployments)
    return (
        f"{TABLE}\n"
        f"| where TimeGenerated >= {instant(window.start)} and TimeGenerated < {instant(window.end)}\n"
        f"| where {OF_ENDPOINT} and DeploymentName in~ ({listed})"
    )


def _real(number: float) -> str:
    return f"{number:.6f}"


def _span(length: timedelta) -> str:
    return f"{length.total_seconds():g}s"
