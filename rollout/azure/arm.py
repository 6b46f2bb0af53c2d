"""Azure Resource Manager: GET, list, POST and DELETE, where can't-read is never taken for absent."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlencode, urlsplit

from rollout.azure import ids, refusal
from rollout.azure.credential import TokenCredentialFrom, principal_of
from rollout.azure.errors import AzureFault, Unintelligible, WriteRefused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from azure.core.pipeline.transport import HttpTransport
    from azure.core.rest import HttpResponse

    from rollout.azure._pipeline import Pipeline
    from rollout.azure.cloud import Cloud
    from rollout.azure.credential import Tokens

ML_API = "2025-12-01"
"""The version of Microsoft.MachineLearningServices that pulumi-azure-native 3.29 writes with."""

OK, CREATED, ACCEPTED, NO_CONTENT = 200, 201, 202, 204
FAILED = frozenset({"Failed", "Canceled"})
"""How an operation ends that did not succeed."""

_ABSENT = re.compile("NotFound$|^UserError$")
"""Codes of a 404 for something that isn't there. Azure ML says UserError; others are InvalidResourceType and
NoRegisteredProviderFound, which tell nothing of the resource."""


@dataclass(frozen=True)
class Answer:
    """What ARM answered."""

    body: dict[str, Any] | None
    """The resource; None where it isn't there."""
    date: datetime
    """The answer's `Date`: Azure's time."""
    code: str | None = None
    """Where there is no body: whether it (`ResourceNotFound`) or what it is in is missing."""


class Arm:
    """ARM of one cloud and subscription, for one identity. Each method names what it reads in its errors."""

    def __init__(
        self,
        cloud: Cloud,
        tokens: Tokens,
        subscription: str,
        *,
        transport: HttpTransport[Any, Any] | None = None,
    ) -> None:
        self.cloud = cloud
        self.subscription = subscription
        self.tokens = tokens if isinstance(tokens, TokenCredentialFrom) else TokenCredentialFrom(tokens)
        self._transport = transport
        self._pipeline: Pipeline | None = None

    def __repr__(self) -> str:
        return f"Arm({self.cloud.name}, {self.subscription})"

    def get(
        self, resource_id: str, api_version: str = ML_API, *, what: str = "", role: str = "Reader"
    ) -> Answer:
        """Return the resource, or the answer without a body where ARM says that it isn't there.

        Raises `ReadError` for everything else: no answer, a 404 that isn't ARM's, an answer without a `Date`.
        """
        what = what or ids.name_of(resource_id)
        response = self._send("GET", self._url(resource_id, api_version), what)
        if response.status_code == refusal.NOT_FOUND:
            return Answer(None, _date(what, response), self._absence(response, what, resource_id, role))
        return Answer(self._read(response, what, resource_id, role), _date(what, response))

    def post(
        self,
        resource_id: str,
        action: str,
        api_version: str = ML_API,
        *,
        body: dict[str, Any] | None = None,
        what: str = "",
        role: str = "AzureML Data Scientist",
    ) -> dict[str, Any]:
        """Return what an action that reads, such as `listKeys`, answers. Raises `ReadError`."""
        what = what or f"{action} of {ids.name_of(resource_id)}"
        response = self._send("POST", self._url(f"{resource_id}/{action}", api_version), what, body)
        return self._read(response, what, resource_id, role)

    def delete(
        self,
        resource_id: str,
        api_version: str = ML_API,
        *,
        what: str = "",
        timeout: float = 1800,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Delete the resource and wait, at most `timeout` seconds, until it is gone; it may be gone already.

        Raises `WriteRefused` if ARM refuses or the operation fails, and `ReadError` if it can't be followed.
        """
        what = what or f"the deletion of {ids.name_of(resource_id)}"
        response = self._send("DELETE", self._url(resource_id, api_version), what)
        if response.status_code == refusal.NOT_FOUND:
            self._absence(response, what, resource_id, "AzureML Data Scientist")
            return
        following = operation_of(response)
        started = clock()
        while following and response.status_code in (OK, ACCEPTED):
            if clock() - started > timeout:
                raise WriteRefused(what, f"it still runs after {timeout:.0f} s", "Look at it in the portal.")
            sleep(pause(response))
            response = self._send("GET", self._mine(following, what), what)
            state = state_of(response)
            if state in FAILED:
                code, message = refusal.code_and_message(response.text())
                raise WriteRefused(what, f"its operation {state}, {code}: {message}", code=code)
            done = state == "Succeeded" or (response.status_code == OK and state is None)
            following = None if done else operation_of(response) or following
        if response.status_code == refusal.NOT_FOUND:
            # The operation is forgotten, which tells nothing of what it was to delete.
            if self.get(resource_id, api_version, what=what).body is not None:
                raise WriteRefused(what, "its operation is gone, and it is still there", "Run it again.")
            return
        if response.status_code not in (OK, ACCEPTED, NO_CONTENT):
            code, message = refusal.code_and_message(response.text())
            need = self._need(resource_id, "AzureML Data Scientist")
            raise refusal.write(what, response.status_code, code, message, need)

    def list(
        self,
        collection_id: str,
        api_version: str = ML_API,
        *,
        what: str = "",
        role: str = "Reader",
        **query: str,
    ) -> Iterator[dict[str, Any]]:
        """Yield what is in a collection, page by page. Raises `ReadError`, also where there is none.

        `query` has further parameters, such as `listViewType`; one that begins with `$` goes in by `**{...}`.
        """
        what = what or f"the {ids.name_of(collection_id)} of {ids.name_of(collection_id.rpartition('/')[0])}"
        url: str | None = self._url(collection_id, api_version, query)
        while url:
            page = self._read(self._send("GET", url, what), what, collection_id, role)
            value = page.get("value")
            if not isinstance(value, list):
                raise Unintelligible(what, "the answer is no list: it has no `value`")
            yield from cast("list[dict[str, Any]]", value)
            following = page.get("nextLink")
            url = self._mine(str(following), what) if following else None

    def _send(self, method: str, url: str, what: str, body: dict[str, Any] | None = None) -> HttpResponse:
        if self._pipeline is None:
            from rollout.azure._pipeline import Pipeline  # noqa: PLC0415 - azure.core costs 150 ms

            self._pipeline = Pipeline(
                credential=self.tokens, audience=self.cloud.arm_audience, transport=self._transport
            )
        return self._pipeline.send(method, url, what=what, body=body)

    def _url(self, resource_id: str, api_version: str, query: dict[str, str] | None = None) -> str:
        parameters = urlencode({"api-version": api_version, **(query or {})}, safe="$")
        return f"{self.cloud.resource_manager}{ids.path_of(resource_id)}?{parameters}"

    def _mine(self, url: str, what: str) -> str:
        """Return a link that ARM gave, if it leads to ARM: the token goes nowhere else."""
        home, there = urlsplit(self.cloud.resource_manager).hostname or "", urlsplit(url)
        host = there.hostname or ""
        if there.scheme != "https" or not (host == home or host.endswith(f".{home}")):
            raise Unintelligible(what, f"ARM's answer leads to {there.netloc or url}, which isn't ARM")
        return url

    def _read(self, response: HttpResponse, what: str, resource_id: str, role: str) -> dict[str, Any]:
        from rollout.azure._pipeline import parsed, said  # noqa: PLC0415

        if response.status_code != OK:
            raise refusal.read(what, response.status_code, *said(response), self._need(resource_id, role))
        body = parsed(what, response)
        if not isinstance(body, dict):
            raise Unintelligible(what, f"ARM answered with a {type(body).__name__}, not with an object")
        return cast("dict[str, Any]", body)

    def _absence(self, response: HttpResponse, what: str, resource_id: str, role: str) -> str:
        from rollout.azure._pipeline import parsed, said  # noqa: PLC0415

        code, message = said(response)
        if code is None:
            parsed(what, response)
            raise Unintelligible(
                what, "a 404 without an error code is not ARM's", status=response.status_code
            )
        if not _ABSENT.search(code) or code == "SubscriptionNotFound":
            raise refusal.read(what, response.status_code, code, message, self._need(resource_id, role))
        return code

    def _need(self, resource_id: str, role: str) -> refusal.Need:
        try:
            principal = principal_of(self.tokens, self.cloud.arm_audience)
        except AzureFault:
            principal = refusal.Need.principal
        return refusal.Need(role, resource_id, principal)


def _date(what: str, response: HttpResponse) -> datetime:
    said = response.headers.get("Date")
    try:
        date = parsedate_to_datetime(said or "")
    except (TypeError, ValueError):
        date = None
    if date is None or date.tzinfo is None:
        raise Unintelligible(
            what,
            f"ARM's answer has no usable Date ({said!r}), and time here is Azure's, never this machine's",
            "A proxy may have dropped it: look at HTTPS_PROXY.",
        )
    return date


def operation_of(response: HttpResponse) -> str | None:
    """Return the link that an answer gives to what it has started, or None."""
    return response.headers.get("Azure-AsyncOperation") or response.headers.get("Location")


def state_of(response: HttpResponse) -> str | None:
    """Return how an operation stands by what its link answers; None where that says nothing of it."""
    try:
        return cast("dict[str, Any]", response.json()).get("status")
    except (ValueError, AttributeError):
        return None


def pause(response: HttpResponse) -> float:
    """Return how many seconds to wait before the next look: what ARM says, between 0.05 and 30, else 5."""
    for header, unit in (("Retry-After", 1.0), ("retry-after-ms", 0.001)):
        said = response.headers.get(header, "")
        if said.isdecimal():
            return min(max(int(said) * unit, 0.05), 30.0)
    return 5.0
