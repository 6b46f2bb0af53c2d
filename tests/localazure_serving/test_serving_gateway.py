"""The gateway in front of real model servers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import time
import uuid
from typing import TYPE_CHECKING, Any

import pytest
from aiohttp import web
from yarl import URL

if TYPE_CHECKING:
    from tests.localazure_serving.conftest import Local

PINNED = "azureml-model-deployment"


@pytest.fixture(scope="session")
def pair(local: Local) -> str:
    """An endpoint with two deployments."""

    async def both() -> None:
        serving = local.azure.serving
        await asyncio.gather(*(serving.deploy(local.spec("pair", name)) for name in ("blue", "green")))

    local.call(both())
    return "pair"


@pytest.fixture
def endpoint(local: Local, pair: str) -> str:
    local.route(pair, {"blue": 100, "green": 0})
    return pair


def reason(answer: tuple[int, Any, str]) -> tuple[int, str]:
    return answer[0], json.loads(answer[2])["error"]["code"]


def test_the_model_answers_with_its_own_files(local: Local, endpoint: str):
    status, headers, text = local.send(endpoint)
    assert status == 200
    assert json.loads(text)["model"] == "pair/blue"
    assert json.loads(text)["who"] == "blue"
    assert headers[PINNED] == "blue"
    assert uuid.UUID(headers["x-request-id"])
    assert headers["x-ms-server-version"].startswith("azmlinfsrv/")
    assert int(headers["ms-azureml-model-time"]) >= 0


def test_pinned_reaches_a_deployment_without_traffic(local: Local, endpoint: str):
    status, headers, text = local.send(endpoint, azureml_model_deployment="green")
    assert (status, headers[PINNED], json.loads(text)["model"]) == (200, "green", "pair/green")


def test_a_route_takes_effect_with_the_next_request(local: Local, endpoint: str):
    local.route(endpoint, {"blue": 0, "green": 100})
    assert {local.send(endpoint)[1][PINNED] for _ in range(5)} == {"green"}


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("Bearer wrong", "key_auth_access_denied"),
        ("Bearer", "key_auth_bad_header_forbidden"),
        ("", "key_auth_bad_header_forbidden"),
        ("Basic first", "key_auth_bad_header_forbidden"),
    ],
)
def test_a_wrong_key_is_401(local: Local, endpoint: str, authorization: str, code: str):
    assert reason(local.send(endpoint, Authorization=authorization)) == (401, code)


def test_both_keys_are_good(local: Local, endpoint: str):
    assert local.send(endpoint, key="second")[0] == 200


@pytest.mark.parametrize("auth", ["AMLToken", "AADToken"])
def test_tokens(local: Local, endpoint: str, auth: str):
    local.route(endpoint, {"blue": 100}, auth=auth)
    issue = local.azure.tokens.issue
    own, ml = issue(local.endpoint_id(endpoint).lower()), issue("https://ml.azure.com")
    good, foreign = (own, ml) if auth == "AMLToken" else (ml, issue("https://management.azure.com"))
    assert local.send(endpoint, key=good)[0] == 200
    assert local.send(endpoint, key=good)[0] == 200
    for bad in (foreign, issue("https://ml.azure.com", lifetime=-60), "garbage", "first"):
        assert local.send(endpoint, key=bad)[0] == 401


def test_nothing_with_weight_is_404(local: Local, endpoint: str):
    local.route(endpoint, {"blue": 0, "green": 0})
    assert reason(local.send(endpoint)) == (404, "no_deployment")
    assert "no valid deployment with positive weight" in local.send(endpoint)[2]


def test_unknown_names_are_404(local: Local, endpoint: str):
    assert reason(local.send("nowhere")) == (404, "endpoint_not_found")
    assert reason(local.send(endpoint, azureml_model_deployment="red")) == (404, "no_deployment")


def test_a_model_that_raises_is_424(local: Local, endpoint: str):
    status, headers, _ = local.send(endpoint, '{"raise": true}')
    assert status == 424
    assert headers["ms-azureml-model-error-statuscode"] == "500"
    assert headers["ms-azureml-model-error-reason"] == "model_error"
    assert headers[PINNED] == "blue"


def test_a_body_too_large_is_413(local: Local, endpoint: str):
    assert local.send(endpoint, "x" * (10 * 2**20 + 1))[0] == 413


def test_paths_below_the_endpoint(local: Local, endpoint: str):
    async def get() -> dict[str, Any]:
        url = f"{local.url}/endpoints/{endpoint}.eastus/swagger.json?version=3"
        async with local.http.get(url, headers={"Authorization": "Bearer first"}) as answer:
            assert answer.status == 200
            return await answer.json()

    assert local.call(get())["openapi"].startswith("3")


def test_requests_and_answers_pass_unchanged(local: Local, endpoint: str):
    """Headers, path and body as they were sent; only what belongs to the connection or to us differs."""
    seen: list[tuple[str, str, list[tuple[str, str]], bytes]] = []

    async def scenario() -> tuple[int, bytes, str]:
        async def model(request: web.Request) -> web.Response:
            seen.append(
                (request.method, request.raw_path, list(request.headers.items()), await request.read())
            )
            return web.Response(body=b"\x00\xff", headers={"X-Mine": "1", "Content-Type": "image/png"})

        app = web.Application()
        app.router.add_route("*", "/{path:.*}", model)
        runner = web.AppRunner(app)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        replicas = local.azure.serving.deployment(local.endpoint_id(endpoint), "blue")
        assert replicas is not None
        (instance,) = replicas.instances
        port, instance.port = instance.port, runner.addresses[0][1]
        try:
            url = URL(f"{local.url}/endpoints/{endpoint}.eastus/a%20b/c%2Fd?x=%2F&y=1", encoded=True)
            headers = {"Authorization": "Bearer first", "X-Custom": "v", "Content-Type": "text/csv"}
            skip = ("User-Agent", "Accept", "Accept-Encoding")
            async with local.http.put(url, data=b"1,2", headers=headers, skip_auto_headers=skip) as answer:
                return answer.status, await answer.read(), answer.headers["X-Mine"] + answer.content_type
        finally:
            instance.port = port
            await runner.cleanup()

    assert local.call(scenario()) == (200, b"\x00\xff", "1image/png")
    ((method, path, headers, body),) = seen
    assert (method, path, body) == ("PUT", "/a%20b/c%2Fd?x=%2F&y=1", b"1,2")
    names = {name.lower(): value for name, value in headers}
    assert uuid.UUID(names.pop("x-request-id"))
    assert names.pop("host").startswith("127.0.0.1:")
    assert names == {"x-custom": "v", "content-type": "text/csv", "content-length": "3"}


def test_each_request_leaves_a_row(local: Local):
    local.route("rows", {"blue": 100})
    local.deploy("rows")
    local.send("rows", '{"a": 1}', User_Agent="probe/1", x_ms_client_request_id="mine")
    local.send("rows", '{"raise": true}')
    local.send("rows", key="wrong")
    good, failed, denied = local.rows("rows")
    assert (good.DeploymentName, good.ResponseCode, good.ModelStatusCode) == ("blue", 200, 200)
    assert (good.Method, good.Path, good.AuthType) == ("POST", "/score", "Key")
    assert (good.RequestPayloadSize, good.UserAgent, good.XMSClientRequestId) == (8, "probe/1", "mine")
    assert good.EndpointId == local.endpoint_id("rows").lower()
    assert 0 < good.ResponseDurationMs <= good.TotalDurationMs < 5000
    assert (failed.ResponseCode, failed.ModelStatusCode) == (424, 500)
    assert failed.ResponseCodeReason == "model_error"
    assert (denied.DeploymentName, denied.ResponseCode, denied.ModelStatusCode) == ("", 401, None)
    local.call(local.azure.serving.remove(local.endpoint_id("rows"), "blue"))


def test_mirrored_copies_are_counted_and_their_answers_dropped(local: Local, pair: str):
    local.route(pair, {"blue": 100}, mirror={"green": 50})
    before = len(local.rows(pair))

    async def load() -> list[tuple[int, Any, str]]:
        return [await local.asend(pair, '{"raise": false}') for _ in range(60)]

    answers = local.call(load())
    assert {(status, headers[PINNED]) for status, headers, _ in answers} == {(200, "blue")}
    for _ in range(100):
        if not local.azure.serving.mirrors:
            break
        time.sleep(0.02)
    seen = [row.DeploymentName for row in local.rows(pair)[before:]]
    assert seen.count("blue") == 60
    assert 10 < seen.count("green") < 50


def test_pinned_requests_are_not_mirrored(local: Local, pair: str):
    local.route(pair, {"blue": 100}, mirror={"green": 100})
    before = len(local.rows(pair))
    local.send(pair, azureml_model_deployment="blue")
    assert not local.azure.serving.mirrors
    assert [row.DeploymentName for row in local.rows(pair)[before:]] == ["blue"]


def test_slow_too_many_and_drained(local: Local):
    """408, the queue and 429, and a delete that waits for what is in flight."""
    local.deploy("slow", request_timeout=1.0, max_concurrent=1)
    local.route("slow", {"blue": 100})

    async def several(count: int, seconds: float) -> list[tuple[int, str | None]]:
        body = json.dumps({"sleep": seconds})
        answers = await asyncio.gather(*(local.asend("slow", body) for _ in range(count)))
        return sorted((one[0], one[1].get("Retry-After")) for one in answers)

    assert local.call(several(4, 0.2)) == [(200, None), (200, None), (429, "1"), (429, "1")]
    assert local.call(several(1, 1.5)) == [(408, None)]
    time.sleep(0.7)  # the server is still at the request that was given up

    async def removed() -> tuple[int, float]:
        started = time.monotonic()
        waiting = asyncio.create_task(local.asend("slow", '{"sleep": 0.5}'))
        await asyncio.sleep(0.1)
        await local.azure.serving.remove(local.endpoint_id("slow"), "blue")
        took = time.monotonic() - started
        return (await waiting)[0], took

    status, took = local.call(removed())
    assert status == 200
    assert took >= 0.4
    assert reason(local.send("slow")) == (503, "no_healthy_upstream")


def test_a_swap_loses_no_request(local: Local):
    local.deploy("swap", environment_variables={"WHO": "first"}, max_concurrent=20)
    local.route("swap", {"blue": 100})

    async def scenario() -> list[tuple[int, str]]:
        answers: list[tuple[int, str]] = []
        done = asyncio.Event()

        async def load() -> None:
            while not done.is_set():
                status, _, text = await local.asend("swap", '{"sleep": 0.01}')
                answers.append((status, json.loads(text).get("who")))

        clients = [asyncio.create_task(load()) for _ in range(4)]
        await asyncio.sleep(0.2)
        spec = local.spec("swap", environment_variables={"WHO": "second"}, max_concurrent=20)
        await local.azure.serving.deploy(spec)
        await local.azure.serving.scale(spec.endpoint_id, "blue", 2)
        await local.azure.serving.scale(spec.endpoint_id, "blue", 1)
        await asyncio.sleep(0.2)
        done.set()
        await asyncio.gather(*clients)
        return answers

    answers = local.call(scenario())
    assert {status for status, _ in answers} == {200}
    assert [who for who, _ in _runs(answers)] == ["first", "second"]
    assert len(local.call(_instances(local, "swap"))) == 1


def test_a_failed_deploy_leaves_the_old_one_serving(local: Local):
    local.deploy("keeps")
    local.route("keeps", {"blue": 100})
    with pytest.raises(Exception, match="User container has crashed") as caught:
        local.deploy("keeps", environment_variables={"CRASH": "1"})
    assert caught.value.code == "ResourceNotReady"  # type: ignore[attr-defined]
    assert str(caught.value).endswith("\nRuntimeError: the model file is broken")
    assert len(str(caught.value).splitlines()) < 10
    assert local.send("keeps")[0] == 200
    assert "the model file is broken" in local.azure.serving.logs(local.endpoint_id("keeps"), "blue", 100)
    local.call(local.azure.serving.remove(local.endpoint_id("keeps"), "blue"))
    assert local.azure.serving.logs(local.endpoint_id("keeps"), "blue", 100) == ""


def test_a_crashed_instance_comes_back(local: Local):
    local.deploy("crash")
    local.route("crash", {"blue": 100})
    (instance,) = local.call(_instances(local, "crash"))
    os.killpg(instance["pid"], signal.SIGKILL)
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        (now,) = local.call(_instances(local, "crash"))
        if now["ready"] and now["pid"] != instance["pid"]:
            break
        time.sleep(0.05)
    assert local.send("crash")[0] == 200
    assert "starting the instance again" in local.azure.serving.logs(local.endpoint_id("crash"), "blue", 200)
    status, headers, _ = local.send("crash", '{"die": true}')
    assert (status, headers["ms-azureml-model-error-statuscode"]) == (424, "502")
    local.call(local.azure.serving.remove(local.endpoint_id("crash"), "blue"))


@pytest.mark.parametrize(
    ("changed", "code", "says"),
    [
        (
            {"scoring_script": "other.py"},
            "ResourceNotReady",
            "'other.py' isn't in the code asset, which holds: score.py",
        ),
        ({"scoring_script": "../../etc/passwd"}, "ResourceNotReady", "isn't in the code asset"),
        (
            {"code_dir": None, "scoring_script": None},
            "ImageBuildFailure",
            "image minimal-inference:1 is to serve by itself; that needs a container engine",
        ),
        ({"conda_file": None}, "ImageBuildFailure", "needs a container engine"),
    ],
)
def test_what_cannot_be_served(local: Local, changed: dict[str, Any], code: str, says: str):
    with pytest.raises(Exception, match=says) as caught:
        local.deploy("never", **changed)
    assert caught.value.code == code  # type: ignore[attr-defined]


def test_servers_listen_on_loopback_only(local: Local, pair: str):
    (instance,) = local.call(_instances(local, pair))[:1]
    listening = [
        line.split()[1]
        for name in ("tcp", "tcp6")
        for line in open(f"/proc/net/{name}").read().splitlines()[1:]  # noqa: SIM115, PTH123
        if int(line.split()[1].split(":")[1], 16) == instance["port"] and line.split()[3] == "0A"
    ]
    assert [each.split(":")[0] for each in listening] == ["0100007F"]


async def _instances(local: Local, endpoint: str) -> list[Any]:
    return [
        instance
        for each in local.azure.serving.status()
        if each["endpoint"] == endpoint
        for instance in each["instances"]  # type: ignore[attr-defined]
    ]


def _runs(answers: list[tuple[int, str]]) -> list[tuple[str, int]]:
    """Who answered, with how often in a row, ignoring answers that overtook each other at the change."""
    first = [who for _, who in answers].index("second")
    last = len(answers) - 1 - [who for _, who in answers][::-1].index("first")
    assert last - first < 30
    return [("first", first), ("second", len(answers) - first)]
