"""The metrics API as its clients use it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError
from azure.monitor.querymetrics import MetricAggregationType, MetricsClient

from localazure.arm.store import Resource

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localazure_serving.conftest import Local

NAMESPACE = "Microsoft.MachineLearningServices/workspaces/onlineEndpoints"
START = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


class Credential:
    def get_token(self, *_: str, **__: Any) -> AccessToken:
        return AccessToken("token", int(time.time()) + 3600)


@pytest.fixture(scope="module")
def rid(local: Local) -> str:
    at = local.endpoint_id("Watched")
    now = datetime.now(UTC)

    async def put() -> None:
        local.azure.store.put(Resource(id=at, type=NAMESPACE, body={}, created=now, modified=now))

    local.call(put())
    row = {"EndpointId": at, "EndpointName": "Watched", "DeploymentName": "green", "TotalDurationMs": 12}
    minutes = [{"TimeGenerated": (START + timedelta(minutes=n)).isoformat()} for n in range(3)]
    local.azure.rows.inject([row | minute | {"count": 20} for minute in minutes])
    local.azure.rows.inject([row | minutes[1] | {"ResponseCode": 424, "ModelStatusCode": 500}])
    return at


@pytest.fixture(scope="module")
def client(local: Local) -> Iterator[MetricsClient]:
    with MetricsClient(
        local.url, Credential(), audience=local.url, connection_verify=str(local.ca), retry_total=0
    ) as client:
        yield client


def test_the_batch_client(client: MetricsClient, rid: str):
    (result,) = client.query_resources(
        resource_ids=[rid],
        metric_namespace=NAMESPACE,
        metric_names=["RequestsPerMinute"],
        timespan=(START, START + timedelta(minutes=5)),
        granularity=timedelta(minutes=1),
        aggregations=[MetricAggregationType.AVERAGE, MetricAggregationType.TOTAL],
        filter="deployment eq 'green' and statusCodeClass ne '2xx'",
        max_results=50,
        order_by="average desc",
    )
    metric = result.metrics["RequestsPerMinute"]
    (series,) = metric.timeseries
    assert series.metadata_values == {"deployment": "green", "statusCodeClass": "4xx"}
    assert [point.average for point in series.data] == [None, 1.0, None, None, None]
    assert series.data[0].timestamp == START
    assert (metric.unit, result.granularity) == ("Count", timedelta(minutes=1))


def test_the_batch_client_without_a_filter(client: MetricsClient, rid: str):
    (result,) = client.query_resources(
        resource_ids=[rid],
        metric_namespace=NAMESPACE,
        metric_names=["RequestLatency_P90", "RequestsPerMinute"],
        timespan=(START, START + timedelta(minutes=3)),
    )
    latency, requests = result.metrics
    assert [point.average for point in latency.timeseries[0].data] == [12.0, 12.0, 12.0]
    assert [point.average for point in requests.timeseries[0].data] == [20.0, 10.5, 20.0]


def test_what_the_client_is_told_of_a_wrong_metric(client: MetricsClient, rid: str):
    with pytest.raises(HttpResponseError, match="Valid metrics: RequestsPerMinute") as caught:
        client.query_resources(resource_ids=[rid], metric_namespace=NAMESPACE, metric_names=["Latency"])
    assert caught.value.status_code == 400
    assert caught.value.error is not None
    assert caught.value.error.code == "BadRequest"


def get(local: Local, path: str, **query: str) -> tuple[int, Any]:
    async def got() -> tuple[int, Any]:
        given = {"api-version": "2024-02-01"} | query
        async with local.http.get(local.url + path, params=given) as answer:
            return answer.status, await answer.json()

    return local.call(got())


def test_the_management_form(local: Local, rid: str):
    status, body = get(
        local,
        rid.replace("resourceGroups", "resourcegroups") + "/providers/microsoft.insights/metrics",
        timespan=f"2026-03-01T12:00:00Z/{(START + timedelta(minutes=2)).isoformat()}",
        interval="PT1M",
        metricnames="RequestsPerMinute",
        aggregation="Average",
        **{"$filter": "deployment eq '*'"},
    )
    assert status == 200
    assert body["timespan"] == "2026-03-01T12:00:00Z/2026-03-01T12:02:00Z"
    (metric,) = body["value"]
    assert metric["name"] == {"value": "RequestsPerMinute", "localizedValue": "Requests Per Minute"}
    assert metric["timeseries"][0]["data"] == [
        {"timeStamp": "2026-03-01T12:00:00Z", "average": 20.0},
        {"timeStamp": "2026-03-01T12:01:00Z", "average": 10.5},  # of a sample of 20 and one of 1
    ]


def test_definitions(local: Local, rid: str):
    status, body = get(local, rid + "/providers/Microsoft.Insights/metricDefinitions")
    assert status == 200
    names = {each["name"]["value"]: [one["value"] for one in each["dimensions"]] for each in body["value"]}
    assert names["RequestsPerMinute"] == ["deployment", "statusCode", "statusCodeClass", "modelStatusCode"]
    assert names["RequestLatency_P99"] == ["deployment"]


def test_a_resource_that_is_not_there(local: Local, rid: str):
    status, body = get(local, rid + "x/providers/Microsoft.Insights/metrics")
    assert (status, body["error"]["code"]) == (404, "ResourceNotFound")


def test_the_version_is_required(local: Local, rid: str):
    status, body = get(local, rid + "/providers/Microsoft.Insights/metrics", **{"api-version": ""})
    assert (status, body["error"]["code"]) == (400, "MissingApiVersionParameter")


@pytest.mark.parametrize(
    ("body", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "needs 'resourceids'"),
        (b'{"resourceids": []}', "needs 'resourceids'"),
        (b'{"resourceids": ["/subscriptions/s"]}', "is not a resource of"),
        (b'{"resourceids": [' + b",".join([b'"/onlineEndpoints/x"'] * 51) + b"]}", "at most 50"),
    ],
)
def test_wrong_batches(local: Local, body: bytes, says: str):
    async def post() -> tuple[int, Any]:
        url = f"{local.url}/subscriptions/s/metrics:getBatch?api-version=2024-02-01"
        async with local.http.post(url, data=body) as answer:
            return answer.status, await answer.json()

    status, answer = local.call(post())
    assert status == 400
    assert says in answer["error"]["message"]
