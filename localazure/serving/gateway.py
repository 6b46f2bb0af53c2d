"""The data plane: `/endpoints/{endpoint}.{location}/...`, as an online endpoint's own host answers."""

from __future__ import annotations

import asyncio
import time
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from localazure.monitor.rows import Row
from localazure.serving.answers import HOP_BY_HOP, Answer, model_answer, model_error, platform
from localazure.serving.keys import TokenCheck, refusal
from localazure.serving.replicas import Busy
from localazure.serving.traffic import mirror_of, pick

if TYPE_CHECKING:
    from localazure.azure import Azure
    from localazure.serving.instance import Instance
    from localazure.serving.replicas import Replicas
    from localazure.serving.spec import EndpointRoute

__all__ = ["routes"]

PIN = "azureml-model-deployment"
LARGEST_BODY = 10 * 2**20
RETRY_AFTER = "1"
"""Seconds, with a 429. No document tells whether Azure's gateway sends it."""
# What we set anew, the caller's credentials, and the encoding of a body that has been decoded on its way in.
NOT_PASSED_ON = HOP_BY_HOP | {
    "authorization",
    "content-encoding",
    "content-length",
    "expect",
    "host",
    "proxy-authenticate",
    "proxy-authorization",
    "x-request-id",
}


def routes(azure: Azure) -> list[web.RouteDef]:
    """The scoring paths; they check keys and tokens themselves."""
    gateway = _Gateway(azure)
    return [web.route("*", "/endpoints/{endpoint}.{location}/{path:.*}", gateway.handle)]


@dataclass(frozen=True)
class _Call:
    """One request, on its way to one deployment."""

    route: EndpointRoute
    method: str
    path: str
    headers: CIMultiDict[str]
    body: bytes
    user_agent: str
    request_id: str
    client_request_id: str
    started: float
    received: float


class _Gateway:
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        self._check = TokenCheck(azure.tokens.check)

    async def handle(self, request: web.Request) -> web.Response:
        """Answer one request to an endpoint."""
        started = time.perf_counter()
        serving = self._azure.serving
        route = serving.endpoint(request.match_info["endpoint"])
        if route is None or request.match_info["location"] != self._azure.settings.location:
            return platform(404, "endpoint_not_found", "There is no such endpoint.").response("", "")
        body = await _body(request)
        call = _call(route, request, body or b"", started)
        deployment = ""
        if body is None:
            answer = platform(413, "payload_too_large", f"The request has more than {LARGEST_BODY} bytes.")
        elif reason := refusal(route, request.headers.get("Authorization", ""), self._check):
            answer = platform(401, reason, "The key or token is missing, wrong or expired.")
        else:
            deployment, answer = await self._routed(call, request.headers.get(PIN))
        self._record(call, deployment, answer)
        return answer.response(call.request_id, deployment, call.client_request_id)

    async def _routed(self, call: _Call, pinned: str | None) -> tuple[str, Answer]:
        serving, route = self._azure.serving, call.route
        deployment = pinned or pick(route.traffic, serving.random.random)
        if deployment is None:
            return "", platform(
                404, "no_deployment", "There is no valid deployment with positive weight to route to."
            )
        replicas = serving.deployment(route.endpoint_id, deployment)
        if replicas is None:
            if pinned:
                return "", platform(404, "no_deployment", f"There is no deployment '{deployment}'.")
            return deployment, platform(
                503, "no_healthy_upstream", f"Deployment '{deployment}' doesn't serve."
            )
        deployment = replicas.program.spec.name
        if not pinned and (copied_to := mirror_of(route.mirror, serving.random.random)):
            task = asyncio.create_task(self._mirrored(call, copied_to))
            serving.mirrors.add(task)
            task.add_done_callback(serving.mirrors.discard)
        return deployment, await self._sent(call, replicas)

    async def _mirrored(self, call: _Call, deployment: str) -> None:
        replicas = self._azure.serving.deployment(call.route.endpoint_id, deployment)
        if replicas is not None:
            self._record(call, deployment, await self._sent(call, replicas))

    async def _sent(self, call: _Call, replicas: Replicas) -> Answer:
        limit = replicas.program.spec.request_timeout
        try:
            async with asyncio.timeout(limit), replicas.instance() as instance:
                return await self._answered(call, instance)
        except TimeoutError:
            if not any(each.ready for each in replicas.instances):
                return platform(503, "no_healthy_upstream", "No instance of the deployment is ready.")
            return platform(408, "request_timeout", f"The model took longer than {limit:g} s.")
        except Busy:
            text = f"{replicas.limit} requests are pending already."
            answer = platform(429, "too_many_pending_requests", text)
            answer.headers["Retry-After"] = RETRY_AFTER
            return answer

    async def _answered(self, call: _Call, instance: Instance) -> Answer:
        sent = time.perf_counter()
        try:
            async with self._azure.serving.http.request(
                call.method,
                URL(instance.url + call.path, encoded=True),
                data=call.body,
                headers=call.headers,
                allow_redirects=False,
            ) as answer:
                began = time.perf_counter()
                body = await answer.read()
                return model_answer(answer, body, time.perf_counter() - sent, began)
        except aiohttp.ClientConnectorError:
            return platform(503, "no_healthy_upstream", "The instance doesn't take connections.")
        except aiohttp.ClientError:
            return model_error(502, "Bad Gateway", b"", time.perf_counter() - sent)

    def _record(self, call: _Call, deployment: str, answer: Answer) -> None:
        now = time.perf_counter()
        self._azure.rows.add(
            Row(
                TimeGenerated=self._azure.clock.now(),
                EndpointId=call.route.endpoint_id,
                EndpointName=call.route.endpoint_name,
                DeploymentName=deployment,
                AuthType=call.route.auth_mode,
                Method=call.method,
                Path=call.path,
                ResponseCode=answer.status,
                ResponseCodeReason=answer.reason,
                ModelStatusCode=answer.model_status,
                ModelStatusReason=answer.model_reason,
                RequestPayloadSize=len(call.body),
                ResponsePayloadSize=len(answer.body),
                UserAgent=call.user_agent,
                XRequestId=call.request_id,
                XMSClientRequestId=call.client_request_id,
                TotalDurationMs=(now - call.started) * 1000,
                RequestDurationMs=(call.received - call.started) * 1000,
                ResponseDurationMs=((answer.model_began or call.started) - call.started) * 1000,
            )
        )


def _call(route: EndpointRoute, request: web.Request, body: bytes, started: float) -> _Call:
    request_id = str(uuid.uuid4())
    headers = CIMultiDict((k, v) for k, v in request.headers.items() if k.lower() not in NOT_PASSED_ON)
    headers["x-request-id"] = request_id
    return _Call(
        route=route,
        method=request.method,
        path="/" + request.rel_url.raw_path_qs.split("/", 3)[3],
        headers=headers,
        body=body,
        user_agent=request.headers.get("User-Agent", ""),
        request_id=request_id,
        client_request_id=request.headers.get("x-ms-client-request-id", ""),
        started=started,
        received=time.perf_counter(),
    )


async def _body(request: web.Request) -> bytes | None:
    """The request's body; None where it is larger than the gateway takes."""
    if (request.content_length or 0) > LARGEST_BODY:
        return None
    chunks = bytearray()
    async for chunk in request.content.iter_any():
        chunks += chunk
        if len(chunks) > LARGEST_BODY:
            return None
    return bytes(chunks)
