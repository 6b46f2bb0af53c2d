"""What a gateway answers: the model's own answer, the model's failure, or its own refusal."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING

from aiohttp import web
from multidict import CIMultiDict

if TYPE_CHECKING:
    import aiohttp

__all__ = ["HOP_BY_HOP", "Answer", "model_answer", "model_error", "platform"]

HOP_BY_HOP = {"connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"}  # RFC 9110 7.6.1
NOT_PASSED_BACK = HOP_BY_HOP | {"content-length", "date", "server"}


@dataclass(frozen=True)
class Answer:
    """An answer before it is sent.

    Attributes:
        reason: Why this status, as the traffic log names it.
        model_status: The model server's status; None where it wasn't asked or did not answer.
        model_began: When the first byte of the model server's answer came, by `time.perf_counter()`; None
            where none came.
    """

    status: int
    reason: str
    body: bytes
    headers: CIMultiDict[str] = field(default_factory=CIMultiDict[str])
    model_status: int | None = None
    model_reason: str = ""
    model_began: float | None = None

    def response(self, request_id: str, deployment: str, client_request_id: str = "") -> web.Response:
        """The HTTP response, which names the request and the deployment that served it."""
        headers = CIMultiDict(self.headers)
        if request_id:
            headers["x-request-id"] = request_id
        if client_request_id:
            headers["x-ms-client-request-id"] = client_request_id
        if deployment:
            headers["azureml-model-deployment"] = deployment
        return web.Response(status=self.status, body=self.body, headers=headers)


def platform(status: int, reason: str, message: str) -> Answer:
    """An answer of the gateway's own: the model wasn't asked, or not waited for."""
    body = json.dumps({"error": {"code": reason, "message": message}}).encode()
    return Answer(status, reason, body, CIMultiDict({"Content-Type": "application/json"}))


def model_answer(answer: aiohttp.ClientResponse, body: bytes, seconds: float, began: float) -> Answer:
    """What the model server answered: passed on if it is a success, else 424.

    Args:
        answer: Its status and headers.
        body: Its body.
        seconds: How long the model server took, its body included.
        began: When its first byte came, by `time.perf_counter()`.
    """
    headers = CIMultiDict((k, v) for k, v in answer.headers.items() if k.lower() not in NOT_PASSED_BACK)
    if not HTTPStatus.OK <= answer.status < HTTPStatus.MULTIPLE_CHOICES:
        failed = model_error(answer.status, answer.reason or "", body, seconds, headers)
        return replace(failed, model_began=began)
    headers["ms-azureml-model-time"] = f"{seconds * 1000:.0f}"
    return Answer(answer.status, "OK", body, headers, answer.status, answer.reason or "", began)


def model_error(
    status: int, reason: str, body: bytes, seconds: float, headers: CIMultiDict[str] | None = None
) -> Answer:
    """A model that answered no success: 424, with its status in the headers Azure documents.

    (learn.microsoft.com, "Troubleshooting online endpoints", HTTP status codes.) A server that closes the
    connection counts as 502, which is what the proxy in Azure's images answers for it.
    """
    headers = CIMultiDict(headers or {})
    headers["ms-azureml-model-error-statuscode"] = str(status)
    headers["ms-azureml-model-error-reason"] = "model_error"
    headers["ms-azureml-model-time"] = f"{seconds * 1000:.0f}"
    return Answer(424, "model_error", body, headers, status, reason)
