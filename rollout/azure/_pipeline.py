"""HTTP to Azure on azure-core: bounded retries, and every failure a sentence.

Imported only where a request is sent: azure-core costs 150 ms.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from azure.core import PipelineClient
from azure.core.exceptions import AzureError, ServiceResponseTimeoutError
from azure.core.pipeline import policies
from azure.core.rest import HttpRequest, HttpResponse

from rollout.azure import refusal
from rollout.azure.errors import AzureFault, Unintelligible, Unreachable

if TYPE_CHECKING:
    from azure.core.pipeline.transport import HttpTransport

    from rollout.azure.credential import TokenCredentialFrom

CONNECT_SECONDS = 5
READ_SECONDS = 30
"""How long an answer may keep silent: that Azure ML is slow is no reason to end an `up`, or an abort."""
WAIT_SECONDS = 15.0
"""How long all waits between tries of one request may take together."""


class BoundedRetry(policies.RetryPolicy[Any, Any]):
    """azure-core's retries, Retry-After included, as long as all waits together stay bounded.

    azure-core alone sleeps for whatever Retry-After says: an hour, if the service says so.
    """

    def __init__(self, budget: float = WAIT_SECONDS) -> None:
        super().__init__(retry_total=4, retry_connect=2, retry_read=1, retry_status=4, retry_backoff_max=8)
        self._budget = budget

    def increment(
        self, settings: dict[str, Any], response: Any = None, error: Exception | None = None
    ) -> bool:
        """Say whether to try again."""
        if not super().increment(settings, response=response, error=error):
            return False
        asked = self.get_retry_after(response) if error is None else None
        settings["waited"] = settings.get("waited", 0.0) + (asked or self.get_backoff_time(settings))
        return settings["waited"] <= self._budget


class Pipeline:
    """Sends requests about one thing; `what` names it in errors."""

    def __init__(
        self,
        what: str = "Azure",
        *,
        credential: TokenCredentialFrom | None = None,
        audience: str | None = None,
        transport: HttpTransport[Any, Any] | None = None,
    ) -> None:
        self._what = what
        steps: list[Any] = [
            policies.RequestIdPolicy(),
            policies.UserAgentPolicy("azureml-rollout"),
            BoundedRetry(),
        ]
        if credential:
            steps.append(policies.BearerTokenCredentialPolicy(credential, f"{audience}/.default"))
        options: dict[str, Any] = {"transport": transport} if transport else {}
        self._client: PipelineClient[HttpRequest, HttpResponse] = PipelineClient(
            "", policies=steps, **options
        )

    def send(self, method: str, url: str, *, what: str | None = None, body: Any = None) -> HttpResponse:
        """Return the answer, whatever its status. Raises `Unreachable` where there is none."""
        what = what or self._what
        request = HttpRequest(method, url, json=body, headers={"Accept": "application/json"})
        try:
            return self._client.send_request(
                request, connection_timeout=CONNECT_SECONDS, read_timeout=READ_SECONDS
            )
        except AzureFault:
            raise
        except ServiceResponseTimeoutError:
            raise Unreachable(
                what, f"{urlsplit(url).netloc} didn't answer within {READ_SECONDS} s", "Run it again."
            ) from None
        except AzureError as error:
            raise unreachable(what, url, error) from error

    def get_json(self, url: str) -> Any:
        """Return the JSON of a 200. Raises `ReadError` for any other answer."""
        response = self.send("GET", url)
        if response.status_code != 200:  # noqa: PLR2004
            raise refusal.read(self._what, response.status_code, *said(response))
        return parsed(self._what, response)


def parsed(what: str, response: HttpResponse) -> Any:
    """Return an answer's JSON. Raises `Unintelligible` if it is none."""
    try:
        return json.loads(response.text())
    except ValueError:
        host, start = urlsplit(response.request.url).netloc, response.text()[:80].strip()
        raise Unintelligible(
            what,
            f"{host} answered {response.status_code} with {start!r}, not JSON",
            "A proxy may have answered instead of Azure: look at HTTPS_PROXY.",
            status=response.status_code,
        ) from None


def said(response: HttpResponse) -> tuple[str | None, str]:
    """Return the code and message of an answer that is an error, as far as it has them."""
    return refusal.code_and_message(response.text())


def unreachable(what: str, url: str, error: Exception) -> Unreachable:
    """Return the fault for a request that got no answer."""
    return Unreachable(what, *refusal.no_answer(urlsplit(url).netloc, str(error)))
