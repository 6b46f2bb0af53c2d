"""The metrics API: of one resource, with its definitions, through ARM; of many, by the batch call."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, cast

from aiohttp import web

from localazure.arm.errors import ArmError, bad_request, not_found
from localazure.arm.versions import need_version
from localazure.faults import Faults
from localazure.logs.sources import CATEGORIES
from localazure.monitor.definitions import METRICS, NAMESPACE, definition_json
from localazure.monitor.metrics import answer, measure, visible_until
from localazure.monitor.query import read_query

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from localazure.azure import Azure
    from localazure.monitor.query import Query

__all__ = ["routes"]

MOST_RESOURCES = 50
ENDPOINT = (
    r"/{rid:subscriptions/[^/]+/(?i:resourceGroups)/[^/]+/(?i:providers/Microsoft\.MachineLearningServices)"
    r"/(?i:workspaces)/[^/]+/(?i:onlineEndpoints)/[^/]+}"
)
CATEGORY = "/{categories:(?i:diagnosticSettingsCategories)}"
INSIGHTS = r"/{providers:(?i:providers)}/{insights:(?i:microsoft\.insights)}"


def routes(azure: Azure, faults: Faults | None = None) -> list[web.RouteDef]:
    """Metrics and their definitions; they go before ARM's own routes."""
    monitor = _Monitor(azure, faults or Faults())
    return [
        web.post("/subscriptions/{subscription}/{batch:(?i:metrics:getBatch)}", _refusing(monitor.batch)),
        web.get(ENDPOINT + INSIGHTS + "/{metrics:(?i:metrics)}", _refusing(monitor.metrics)),
        web.get(
            ENDPOINT + INSIGHTS + "/{definitions:(?i:metricDefinitions)}", _refusing(monitor.definitions)
        ),
        web.get(ENDPOINT + INSIGHTS + "/{namespaces:(?i:metricNamespaces)}", _refusing(monitor.namespaces)),
        web.get(ENDPOINT + INSIGHTS + CATEGORY, _refusing(monitor.categories)),
        web.get(ENDPOINT + INSIGHTS + CATEGORY + "/{category}", _refusing(monitor.category)),
    ]


class _Monitor:
    def __init__(self, azure: Azure, faults: Faults) -> None:
        self._azure = azure
        self._faults = faults

    async def metrics(self, request: web.Request) -> web.Response:
        resource_id = self._existing(request)
        query = read_query(request.query, self._azure.clock.now())
        return web.json_response(
            {
                "cost": 0,
                "timespan": f"{_text(query.start)}/{_text(query.end)}",
                "interval": query.interval,
                "namespace": NAMESPACE,
                "resourceregion": self._azure.settings.location,
                "value": await self._measured(query, resource_id),
            }
        )

    async def batch(self, request: web.Request) -> web.Response:
        resource_ids = await _resource_ids(request)
        query = read_query(request.query, self._azure.clock.now())
        values = [
            {
                "starttime": _text(query.start),
                "endtime": _text(query.end),
                "interval": query.interval,
                "cost": 0,
                "namespace": NAMESPACE,
                "resourceregion": self._azure.settings.location,
                "resourceid": resource_id,
                "value": await self._measured(query, resource_id),
            }
            for resource_id in resource_ids
        ]
        return web.json_response({"values": values})

    async def definitions(self, request: web.Request) -> web.Response:
        resource_id = self._existing(request)
        return web.json_response({"value": [definition_json(metric, resource_id) for metric in METRICS]})

    async def namespaces(self, request: web.Request) -> web.Response:
        kind = "Microsoft.Insights/metricNamespaces"
        shown = {
            "id": f"{self._existing(request)}/providers/{kind}/{NAMESPACE}",
            "name": NAMESPACE,
            "type": kind,
            "classification": "Platform",
            "properties": {"metricNamespaceName": NAMESPACE},
        }
        return web.json_response({"value": [shown]})

    async def categories(self, request: web.Request) -> web.Response:
        return web.json_response({"value": self._categories(self._existing(request))})

    async def category(self, request: web.Request) -> web.Response:
        resource_id, wanted = self._existing(request), request.match_info["category"]
        for each in self._categories(resource_id):
            if each["name"].lower() == wanted.lower():
                return web.json_response(each)
        raise not_found(f"{resource_id}/providers/Microsoft.Insights/diagnosticSettingsCategories/{wanted}")

    def _categories(self, resource_id: str) -> list[dict[str, Any]]:
        kind = "Microsoft.Insights/diagnosticSettingsCategories"
        named = {**dict.fromkeys(CATEGORIES, "Logs"), "AllMetrics": "Metrics"}
        return [
            {
                "id": f"{resource_id}/providers/{kind}/{name}",
                "name": name,
                "type": kind,
                "properties": {"categoryType": what}
                | ({"categoryGroups": ["allLogs"]} if what == "Logs" else {}),
            }
            for name, what in named.items()
        ]

    async def _measured(self, query: Query, resource_id: str) -> list[dict[str, Any]]:
        more, gaps = self._faults.of_data("metrics")
        visible = visible_until(self._azure.clock.now(), self._azure.settings.metric_delay + more)
        summed = self._azure.settings.requests_per_minute == "sum"
        found = await self._azure.rows.run(
            lambda database: measure(database, query, resource_id, visible, summed=summed, gaps=gaps)
        )
        return answer(query, found, resource_id)

    def _existing(self, request: web.Request) -> str:
        resource_id = f"/{request.match_info['rid']}"
        if self._azure.store.get(resource_id) is None:
            raise not_found(resource_id)
        return resource_id


async def _resource_ids(request: web.Request) -> list[str]:
    try:
        body: Any = json.loads(await request.read())
    except ValueError:
        raise bad_request("The body is not JSON.") from None
    ids = cast("dict[str, Any]", body).get("resourceids") if isinstance(body, dict) else None
    if not isinstance(ids, list) or not ids:
        raise bad_request("The body needs 'resourceids', a list of resource ids.")
    known = [str(each) for each in cast("list[object]", ids)]
    if len(known) > MOST_RESOURCES:
        raise bad_request(f"resourceids has {len(known)} ids; at most {MOST_RESOURCES} are allowed.")
    for each in known:
        if "/onlineendpoints/" not in each.lower():
            raise bad_request(f"'{each}' is not a resource of {NAMESPACE}.")
    return known


def _refusing(
    handler: Callable[[web.Request], Awaitable[web.Response]],
) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(request: web.Request) -> web.Response:
        try:
            need_version(request.query)
            return await handler(request)
        except ArmError as error:
            return web.json_response(error.body(), status=error.status)

    return handle


def _text(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")
