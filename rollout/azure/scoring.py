"""Plain HTTP to an endpoint's scoring address.

`MLClient.online_endpoints.invoke` can't be used to measure: it retries 429 and 5xx, and once it was given a
deployment's name it sends that name with every later call of the process.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

from rollout.azure import refusal
from rollout.core.probe import NoAnswer, Reply, ScoreAnswer

if TYPE_CHECKING:
    from requests import PreparedRequest, Session

    from rollout.azure.auth import Bearer

SCORE = "/score"
CONNECT_SECONDS = 5
LONGEST_SECONDS = 180
"""Azure ML's own limit of a request to a managed endpoint."""


class Scorer:
    """One endpoint's scoring address, over connections that are kept; for one thread at a time."""

    def __init__(self, uri: str, bearer: Bearer, *, session: Session | None = None) -> None:
        self._uri = uri
        self._bearer = bearer
        self._session = session

    def __repr__(self) -> str:
        return f"Scorer({self._uri})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the kept connections."""
        if self._session is not None:
            self._session.close()

    def score(
        self,
        body: bytes,
        deployment: str | None = None,
        *,
        path: str = SCORE,
        timeout: float = LONGEST_SECONDS,
    ) -> Reply:
        """Send one request, once, and return what came of it.

        Args:
            body: A JSON document.
            deployment: The deployment that has to answer, at any share; None lets the traffic decide.
            path: Below the endpoint's address; `/score` is wherever Azure says scoring is.
            timeout: Seconds that the answer may keep silent.
        """
        import requests  # noqa: PLC0415 - 150 ms

        if self._session is None:
            self._session = requests.Session()
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if deployment is not None:
            headers["azureml-model-deployment"] = deployment
        started = time.perf_counter()
        try:
            answer = self._session.post(
                self._at(path),
                data=body,
                headers=headers,
                auth=self._authorise,
                timeout=(CONNECT_SECONDS, timeout),
                allow_redirects=False,
            )
        except requests.ConnectTimeout as error:
            return self._no_answer(error, started)
        except requests.Timeout as error:
            return self._no_answer(error, started, timed_out=True)
        except requests.RequestException as error:
            return self._no_answer(error, started)
        seconds = time.perf_counter() - started
        lower = {name.lower(): value for name, value in answer.headers.items()}
        return ScoreAnswer(answer.status_code, answer.content, seconds, lower)

    def _at(self, path: str) -> str:
        return self._uri if path == SCORE else self._uri.removesuffix(SCORE).rstrip("/") + path

    def _authorise(self, request: PreparedRequest) -> PreparedRequest:
        """Set the header here: where no `auth` is given, requests replaces it by what ~/.netrc says."""
        request.headers["Authorization"] = self._bearer.header
        return request

    def _no_answer(self, error: Any, started: float, *, timed_out: bool = False) -> NoAnswer:
        why, remedy = refusal.no_answer(urlsplit(self._uri).netloc, str(error))
        return NoAnswer(f"{why}. {remedy}", time.perf_counter() - started, timed_out=timed_out)
