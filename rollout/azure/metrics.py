"""What Azure Monitor measured, through `azure.monitor.querymetrics`; whatever goes wrong is `Unreadable`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from rollout.azure import ids, refusal
from rollout.azure.credential import principal_of
from rollout.azure.errors import AzureFault, Unintelligible
from rollout.core.gates.evidence import Answer, Point, Query, Series, Unreadable
from rollout.core.times import show_duration

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.pipeline.transport import HttpTransport
    from azure.monitor.querymetrics import Metric, MetricsClient, MetricsQueryResult

    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import TokenCredentialFrom

TOP = 1000
"""Series a metric. Azure's default is 10, and it leaves the rest out without a word: so many is too many."""
CONNECT_SECONDS = 5
READ_SECONDS = 8
WAIT_SECONDS = 8.0


def reader(
    resource_id: str,
    location: str,
    cloud: Cloud,
    credential: TokenCredentialFrom,
    *,
    transport: HttpTransport[Any, Any] | None = None,
) -> Callable[[Query], Answer | Unreadable]:
    """Return what answers one query on the endpoint's metrics.

    The token is fetched here and now: where it comes from may not work on another thread. Raises
    `AzureFault` where there is none.
    """
    principal = principal_of(credential, cloud.metrics_audience)
    endpoint = cloud.metrics_endpoint(location)
    monitor = _Monitor(
        client=_client(endpoint, cloud.metrics_audience, credential, transport),
        endpoint=endpoint,
        resource_id=resource_id,
        need=refusal.Need("Monitoring Reader", "/".join(resource_id.split("/")[:3]), principal),
    )
    return lambda query: _ask(monitor, query)


@dataclass(frozen=True)
class _Monitor:
    """Whom to ask, about what."""

    client: MetricsClient
    endpoint: str
    resource_id: str
    need: refusal.Need


def what_of(query: Query, name: str) -> str:
    """Return what a query reads, as people call it."""
    return f"{', '.join(query.metrics)} of {name}"


def _client(
    endpoint: str, audience: str, credential: TokenCredentialFrom, transport: HttpTransport[Any, Any] | None
) -> MetricsClient:
    from azure.monitor.querymetrics import MetricsClient  # noqa: PLC0415 - 170 ms

    from rollout.azure._pipeline import BoundedRetry  # noqa: PLC0415

    return MetricsClient(
        endpoint,
        credential,
        audience=audience,
        retry_policy=BoundedRetry(WAIT_SECONDS),
        **({"transport": transport} if transport else {}),
    )


def _ask(monitor: _Monitor, query: Query) -> Answer | Unreadable:
    if query.window.end <= query.window.start:
        return Answer(())  # the client would swap the two without a word
    what = what_of(query, ids.name_of(monitor.resource_id))
    try:
        return _read(monitor, query, what)
    except AzureFault as fault:
        return Unreadable(str(fault))
    except Exception as error:  # noqa: BLE001 - can't be read, whatever the client raises
        return Unreadable(_sentence(monitor, what, error))


def _read(monitor: _Monitor, query: Query, what: str) -> Answer:
    raw: list[Any] = []

    def keep(response: Any) -> None:
        if response.http_response.status_code == 200:  # noqa: PLR2004
            raw.append(response.http_response.json())

    results = monitor.client.query_resources(
        resource_ids=[monitor.resource_id],
        metric_namespace=ids.type_of(monitor.resource_id),
        metric_names=list(query.metrics),
        timespan=(query.window.start, query.window.end),
        granularity=query.interval,
        aggregations=[query.aggregation],
        max_results=TOP if query.filter else None,
        filter=query.filter or None,
        raw_response_hook=keep,
        connection_timeout=CONNECT_SECONDS,
        read_timeout=READ_SECONDS,
        # A POST, but one that reads.
        retry_on_methods=frozenset({"POST"}),
    )
    _all_succeeded(raw[-1], what)
    if len(results) != 1:
        raise Unintelligible(what, f"Azure Monitor answered for {len(results)} resources, not for 1")
    return _answer(results[0], query, what)


def _all_succeeded(body: Any, what: str) -> None:
    """Raise where a metric has an error of its own: the typed client drops it and shows an empty series."""
    for result in body["values"]:
        for metric in result["value"]:
            code = metric.get("errorCode")
            if code not in (None, "Success"):
                message = str(metric.get("errorMessage") or "no reason given").rstrip(".")
                name = metric["name"]["value"]
                raise Unintelligible(what, f"Azure Monitor measured {name} with {code}: {message}")


def _answer(result: MetricsQueryResult, query: Query, what: str) -> Answer:
    if result.granularity not in (None, query.interval):
        asked, got = show_duration(query.interval), show_duration(result.granularity)
        raise Unintelligible(what, f"Azure Monitor answered in intervals of {got}, not of {asked}")
    by_name = {metric.name.lower(): metric for metric in result.metrics}
    absent = [name for name in query.metrics if name.lower() not in by_name]
    if absent:
        raise Unintelligible(what, f"Azure Monitor's answer lacks {', '.join(absent)}")
    spelling = {name.lower(): name for name in re.findall(r"(\w+)\s+(?:eq|ne|sw)\s", query.filter)}
    found: list[Series] = []
    for name in query.metrics:
        found += _series(by_name[name.lower()], name, query, spelling, what)
    return Answer(tuple(found))


def _series(metric: Metric, name: str, query: Query, spelling: dict[str, str], what: str) -> list[Series]:
    if len(metric.timeseries) >= TOP:
        raise Unintelligible(what, f"{name} has {TOP} series or more, and Azure leaves out the rest")
    return [
        Series(
            metric=name,
            unit=metric.unit,
            dimensions=tuple(
                # Azure answers in lower case whatever the filter's spelling was.
                sorted(
                    (spelling.get(key.lower(), key), str(value))
                    for key, value in element.metadata_values.items()
                )
            ),
            points=tuple(
                Point(at, None if value is None else float(value))
                for point in element.data
                for at, value in [(_utc(point.timestamp), getattr(point, query.aggregation.lower()))]
                # Azure begins the timespan at a whole interval, so the first one may reach out of the window.
                if query.window.start <= at and at + query.interval <= query.window.end
            ),
        )
        for element in metric.timeseries
    ]


def _utc(at: datetime) -> datetime:
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def _sentence(monitor: _Monitor, what: str, error: Exception) -> str:
    from azure.core.exceptions import (  # noqa: PLC0415
        ClientAuthenticationError,
        DecodeError,
        HttpResponseError,
        ServiceRequestError,
        ServiceResponseError,
    )

    from rollout.azure._pipeline import unreachable  # noqa: PLC0415

    match error:
        case DecodeError() | KeyError() | TypeError() | ValueError() | AttributeError():
            fault = Unintelligible(
                what,
                f"{monitor.endpoint} doesn't answer as Azure Monitor does ({type(error).__name__})",
            )
        case ClientAuthenticationError() | HttpResponseError() if error.response is not None:
            response = cast("Any", error.response)
            code, message = refusal.code_and_message(response.text())
            fault = refusal.read(what, response.status_code, code, message, monitor.need)
        case ServiceRequestError() | ServiceResponseError():
            fault = unreachable(what, monitor.endpoint, error)
        case _:
            fault = Unintelligible(what, f"{type(error).__name__}: {refusal.first_line(str(error))}")
    return str(fault)
