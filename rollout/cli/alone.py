"""A check that stands alone: one fixed gate on whatever Azure Monitor measures, with no stack."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rollout.azure import cloud
from rollout.azure.credential import TokenCredentialFrom, default_tokens
from rollout.azure.errors import AzureFault
from rollout.azure.logs import LogWorkspace
from rollout.azure.measuring import Subject, measure
from rollout.cli import threshold
from rollout.cli.target import Target, find
from rollout.cli.usage import UsageError
from rollout.core import times
from rollout.core.gates.evidence import Query, answer_to
from rollout.core.gates.fixed import Empty
from rollout.core.gates.judgement import Finding
from rollout.core.gates.measured import Requests
from rollout.core.gates.queries import (
    AVERAGE,
    EVERY,
    MINUTE,
    REQUESTS,
    SUMMED,
    aligned,
    filter_for,
    log_query_of,
    split,
)
from rollout.core.judging import Question
from rollout.core.verdict import Verdict
from rollout.core.window import Window

if TYPE_CHECKING:
    from datetime import datetime

    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import Tokens
    from rollout.cli.asked import Asked
    from rollout.core.gates.judgement import Finding


@dataclass(frozen=True)
class Result:
    """What came of it."""

    asked: Asked
    now: datetime | None
    """Azure's time; None where Azure couldn't be asked."""
    window: Window | None
    finding: Finding
    requests: float | None = None
    """Where they were asked for."""


@dataclass(frozen=True)
class _Azure:
    cloud: Cloud
    tokens: Tokens
    target: Target


def run(asked: Asked) -> Result:
    """Return what the gate came to; what can't be read is its Error.

    Raises `UsageError` where the time that is asked for holds no interval.
    """
    try:
        where = cloud.resolve(os.environ)
        tokens = TokenCredentialFrom(default_tokens(where))
        azure = _Azure(where, tokens, find(asked, where, tokens))
    except AzureFault as fault:
        return Result(asked, None, None, threshold.told(asked.gate, Verdict.ERROR, str(fault)))
    now = azure.target.now
    window = _window(asked, now)
    if window.end > now:
        later = f"{times.show_instant(window.end)} is later than Azure's {times.show_instant(now)}"
        return Result(
            asked,
            now,
            window,
            threshold.told(asked.gate, Verdict.INCONCLUSIVE, f"its window isn't over: {later}"),
        )
    return _logs(asked, window, azure) if asked.gate.kql else _metrics(asked, window, azure)


def _window(asked: Asked, now: datetime) -> Window:
    """Return the judged time, in whole intervals."""
    gate = asked.gate
    if asked.span is None:
        end = aligned(Window(now, now - asked.lag), gate.interval).end
        return Window(end - gate.points * gate.interval, end)
    if gate.kql:
        return asked.span
    window = aligned(asked.span, gate.interval)
    if not window.holds(gate.interval):
        length = times.show_duration(gate.interval)
        raise UsageError(f"between --start and --end is no whole interval of {length}")
    return window


def _metrics(asked: Asked, window: Window, azure: _Azure) -> Result:
    gate = replace(asked.gate, points=(window.end - window.start) // asked.gate.interval)
    query = Query((gate.metric,), _filter(asked), gate.aggregation, gate.interval, window)
    everything = split(filter_for(asked.deployment) if asked.deployment else EVERY)
    counting = Query((REQUESTS,), everything, AVERAGE, MINUTE, aligned(window, MINUTE))
    proving = gate.empty is Empty.ZERO
    subject = Subject(asked.resource_id or "", azure.target.location)
    evidence = measure([query, counting] if proving else [query], subject, azure.cloud, azure.tokens)
    requests = threshold.proved(answer_to(counting, evidence), counting) if proving else None
    measured = threshold.Measured(query, answer_to(query, evidence), requests)
    total = requests.total if isinstance(requests, Requests) else None
    return Result(asked, azure.target.now, window, threshold.judge(gate, measured, _where(asked)), total)


def _filter(asked: Asked) -> str:
    """Return the filter: one under which requests are counted right however Azure merges them."""
    gate = asked.gate
    text = filter_for(asked.deployment, gate.filter) if asked.deployment else gate.filter or ""
    counted = gate.metric.casefold() == REQUESTS.casefold() and gate.aggregation in SUMMED
    return split(text or EVERY) if counted and asked.on_endpoint else text


def _logs(asked: Asked, window: Window, azure: _Azure) -> Result:
    question = Question(asked.deployment or "", threshold.ANYWHERE, window)
    subject = Subject(
        asked.resource_id or f"/{asked.workspace_id}", "", LogWorkspace(asked.workspace_id or "")
    )
    evidence = measure([log_query_of(asked.gate, question)], subject, azure.cloud, azure.tokens)
    finding = threshold.judge_query(asked.gate, question, evidence, _where(asked))
    return Result(asked, azure.target.now, window, finding)


def _where(asked: Asked) -> str:
    return f"{asked.deployment} of {asked.name}" if asked.deployment else asked.name
