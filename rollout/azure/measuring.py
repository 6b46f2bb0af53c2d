"""Measure: send each query to the service that answers it, all at once, and never raise."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from rollout.azure import ids, logs, metrics
from rollout.azure.credential import TokenCredentialFrom
from rollout.azure.errors import AzureFault, ReadError
from rollout.core.comparison.blocks import Baseline, Tier
from rollout.core.gates.evidence import Answer, LogQuery, Query, Table, Unreadable
from rollout.core.gates.history import AMPLE, LONG, SHORT, Thin, baseline_of, history_queries

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from azure.core.pipeline.transport import HttpTransport

    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import Tokens
    from rollout.core.gates.evidence import Evidence
    from rollout.core.judging import BaselineQuestion

TOTAL_SECONDS = 30.0

_Outcome = Answer | Table | Unreadable


@dataclass(frozen=True)
class Subject:
    """The endpoint that is measured."""

    id: str
    """Its ARM id."""
    location: str
    log: logs.LogWorkspace | ReadError | None = None
    """Where its traffic log goes, or why that can't be read: then what needs the log can't be either."""

    @property
    def name(self) -> str:
        """The endpoint's name."""
        return ids.name_of(self.id)

    def tier(self, source: Tier | None = None) -> Tier:
        """Return where evidence comes from: what config says, else logs where there may be any."""
        return source or (Tier.LOGS if self.log is not None else Tier.METRICS)


def measure(
    queries: Iterable[Query | LogQuery],
    subject: Subject,
    cloud: Cloud,
    tokens: Tokens,
    *,
    transport: HttpTransport[Any, Any] | None = None,
) -> Evidence:
    """Ask every query at once, and return what came of each within 30 seconds. Raises nothing.

    Tokens are fetched on the calling thread: where they come from may not work on another.
    """
    asked = list(dict.fromkeys(queries))
    if not asked:
        return {}
    credential = tokens if isinstance(tokens, TokenCredentialFrom) else TokenCredentialFrom(tokens)
    found: dict[Query | LogQuery, _Outcome] = {}
    work: dict[Query | LogQuery, Callable[[], _Outcome]] = {}
    of_metrics = [query for query in asked if isinstance(query, Query)]
    of_logs = [query for query in asked if isinstance(query, LogQuery)]
    try:
        if of_metrics:
            read = metrics.reader(subject.id, subject.location, cloud, credential, transport=transport)
            work |= {query: partial(read, query) for query in of_metrics}
    except AzureFault as fault:
        found |= dict.fromkeys(of_metrics, Unreadable(str(fault)))
    try:
        if of_logs:
            search = logs.reader(subject.log, subject.id, cloud, credential, transport=transport)
            work |= {query: partial(search, query) for query in of_logs}
    except AzureFault as fault:
        found |= dict.fromkeys(of_logs, Unreadable(str(fault)))
    return found | _at_once(work, subject.name)


def baseline(
    subject: Subject,
    due: BaselineQuestion,
    tier: Tier,
    cloud: Cloud,
    tokens: Tokens,
    *,
    stages: int,
    gates: int,
    transport: HttpTransport[Any, Any] | None = None,
) -> Baseline | Thin | Unreadable:
    """Return what is usual of prod: in the hour before, or in the day before where that was quiet.

    `stages` and `gates` are how many of the ladder compare.
    """
    found: Baseline | Thin | Unreadable = Thin(0)
    for over in (SHORT, LONG):
        asked = history_queries(due.prod, due.end, tier, over)
        evidence = measure(asked, subject, cloud, tokens, transport=transport)
        found = baseline_of(due.prod, asked, evidence, stages=stages, gates=gates)
        if isinstance(found, Unreadable) or (isinstance(found, Baseline) and found.requests >= AMPLE):
            break
    return found


def _at_once(
    work: dict[Query | LogQuery, Callable[[], _Outcome]], name: str
) -> dict[Query | LogQuery, _Outcome]:
    if not work:
        return {}
    pool = ThreadPoolExecutor(max_workers=min(8, len(work)), thread_name_prefix="measuring")
    futures = {query: pool.submit(each) for query, each in work.items()}
    wait(futures.values(), timeout=TOTAL_SECONDS)
    pool.shutdown(wait=False, cancel_futures=True)
    return {query: _outcome(future, query, name) for query, future in futures.items()}


def _outcome(future: Future[_Outcome], query: Query | LogQuery, name: str) -> _Outcome:
    if future.done() and not future.cancelled():
        return future.result()
    what = metrics.what_of(query, name) if isinstance(query, Query) else f"the traffic log of {name}"
    return Unreadable(f"{what} can't be read: no answer within {TOTAL_SECONDS:.0f} s. Run it again.")
