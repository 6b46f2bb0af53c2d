"""ARM requests: authenticated, retried, and waited for."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urljoin, urlsplit

from localazure.provider.errors import ArmError, OperationError, UnreachableError
from localazure.provider.pace import POLL_SECONDS, asked_wait, back_off
from localazure.provider.values import as_list, as_object

if TYPE_CHECKING:
    from localazure.provider.credentials import Credentials
    from localazure.provider.pace import Deadline
    from localazure.provider.transport import Answer, Transport

USER_AGENT = "pulumi-azure-native/local"

_RETRIED = frozenset({408, 429, 500, 502, 503, 504})
_ATTEMPTS = 6
_UNREACHABLE_ATTEMPTS = 4
_BUSY_ATTEMPTS = 60
_UNAUTHORIZED, _NOT_FOUND, _CONFLICT, _ERROR = 401, 404, 409, 400
_ACCEPTED = 202
_DONE = frozenset({"succeeded"})
_FAILED = frozenset({"failed", "canceled", "cancelled"})


class Arm:
    """Talks to one ARM endpoint. Safe for threads."""

    def __init__(self, credentials: Credentials, transport: Transport) -> None:
        self._credentials = credentials
        self._transport = transport

    def get(self, resource_id: str, api_version: str, deadline: Deadline) -> dict[str, Any] | None:
        """Give the resource's body, or None if ARM has no such resource (or no such parent).

        Raises:
            ArmError: any other error.
        """
        answer = self._send("GET", self._url(resource_id, api_version), deadline)
        if answer.status == _NOT_FOUND:
            return None
        return _good(answer).json()

    def post(self, path: str, api_version: str, body: dict[str, Any], deadline: Deadline) -> dict[str, Any]:
        """Call an action and give its answer.

        Raises:
            ArmError: the action failed.
        """
        return _good(self._send("POST", self._url(path, api_version), deadline, body)).json()

    def put(self, resource_id: str, api_version: str, body: dict[str, Any], deadline: Deadline) -> Answer:
        """Write the whole resource. The answer is the acceptance; `finish` waits for the end.

        Raises:
            ArmError: ARM refused the write; nothing changed.
        """
        return _good(self._send("PUT", self._url(resource_id, api_version), deadline, body))

    def delete(self, resource_id: str, api_version: str, deadline: Deadline) -> None:
        """Delete the resource and wait until it is gone; one that is absent already is fine.

        Raises:
            ArmError: ARM refused, or the operation failed.
        """
        answer = self._send("DELETE", self._url(resource_id, api_version), deadline)
        if answer.status == _NOT_FOUND:
            return
        self.finish(_good(answer), resource_id, api_version, deadline)

    def finish(self, accepted: Answer, resource_id: str, api_version: str, deadline: Deadline) -> None:
        """Wait for the end of an operation that ARM accepted.

        Raises:
            OperationError: it ended as Failed or Canceled.
            ArmError: its status can't be read.
            CancelledError: the engine cancelled, or the time is over.
        """
        url = accepted.headers.get("azure-asyncoperation") or accepted.headers.get("operation-location")
        location = accepted.headers.get("location")
        what = f"waiting for {accepted.request}"
        answer = accepted
        if url is None and not (location and accepted.status == _ACCEPTED):
            while not accepted.request.startswith("DELETE") and _state(answer, resource_id) == "running":
                deadline.wait(_interval(answer), what)
                answer = _good(self._send("GET", self._url(resource_id, api_version), deadline))
            return
        target = self._absolute(url or cast("str", location), api_version)
        while True:
            deadline.wait(_interval(answer), what)
            answer = self._send("GET", target, deadline)
            if answer.status == _NOT_FOUND and accepted.request.startswith("DELETE"):
                return
            if url is None:
                if _good(answer).status != _ACCEPTED:
                    return
            elif _operation_ended(_good(answer), accepted.request):
                return

    def _url(self, path: str, api_version: str) -> str:
        return f"{self._credentials.cloud().resource_manager}{path}?{urlencode({'api-version': api_version})}"

    def _absolute(self, url: str, api_version: str) -> str:
        absolute = urljoin(self._credentials.cloud().resource_manager + "/", url)
        if "api-version=" in urlsplit(absolute).query:
            return absolute
        return f"{absolute}{'&' if '?' in absolute else '?'}{urlencode({'api-version': api_version})}"

    def _send(self, method: str, url: str, deadline: Deadline, body: dict[str, Any] | None = None) -> Answer:
        """Send until there is an answer that is final: 429, 5xx and a busy resource are tried again."""
        content = None if body is None else json.dumps(body).encode()
        request_id = str(uuid.uuid4())
        attempt, fresh_token = 0, False
        while True:
            deadline.check(f"sending {method} {urlsplit(url).path}")
            headers = {
                "Authorization": f"Bearer {self._credentials.token(fresh=fresh_token)}",
                "Accept": "application/json",
                "User-Agent": USER_AGENT,
                "x-ms-client-request-id": request_id,
                **({"Content-Type": "application/json; charset=utf-8"} if content is not None else {}),
            }
            try:
                answer = self._transport.send(method, url, headers, content)
            except UnreachableError:
                if attempt + 1 >= _UNREACHABLE_ATTEMPTS:
                    raise
                wait = back_off(attempt)
            else:
                if answer.status == _UNAUTHORIZED and not fresh_token:
                    fresh_token = True
                    continue
                busy = answer.status == _CONFLICT and _error_of(answer)[0] == "AnotherOperationInProgress"
                limit = _BUSY_ATTEMPTS if busy else _ATTEMPTS
                if not (busy or answer.status in _RETRIED) or attempt + 1 >= limit:
                    return answer
                asked = asked_wait(answer.headers)
                wait = back_off(attempt) if asked is None else asked
            deadline.wait(wait, f"retrying {method} {urlsplit(url).path}")
            attempt += 1


def _interval(answer: Answer) -> float:
    asked = asked_wait(answer.headers)
    return POLL_SECONDS if asked is None else asked


def _good(answer: Answer) -> Answer:
    if answer.status >= _ERROR:
        raise ArmError(answer.status, *_error_of(answer), answer.request)
    return answer


def _error_of(answer: Answer) -> tuple[str, str]:
    """Give code and message of an error, whose details may say more."""
    try:
        body = answer.json()
    except Exception:  # noqa: BLE001 - a proxy's HTML page, whatever it is, must not hide the status
        return f"Http{answer.status}", answer.content[:200].decode(errors="replace")
    return error_text(as_object(body.get("error")) or body, f"Http{answer.status}")


def error_text(error: dict[str, Any], code: str) -> tuple[str, str]:
    """Give code and message of ARM's error object, the messages of its details after its own."""
    details = [as_object(detail) or {} for detail in as_list(error.get("details")) or []]
    texts = [str(error.get("message") or ""), *(str(detail.get("message") or "") for detail in details)]
    return str(error.get("code") or code), "; ".join(dict.fromkeys(text for text in texts if text))


def _operation_ended(answer: Answer, request: str) -> bool:
    body = answer.json()
    status = str(body.get("status") or "").lower()
    if status in _FAILED:
        raise OperationError(*error_text(as_object(body.get("error")) or {}, body["status"]), request)
    return status in _DONE or (not status and answer.status != _ACCEPTED)


def _state(answer: Answer, resource_id: str) -> str:
    """Give `done` or `running` by the provisioning state, for services that give no operation."""
    properties = as_object(answer.json().get("properties")) or {}
    state = str(properties.get("provisioningState") or "Succeeded").lower()
    if state in _FAILED:
        raise OperationError("ProvisioningFailed", f"{resource_id} is {state}", answer.request)
    return "done" if state in _DONE else "running"
