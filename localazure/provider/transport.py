"""HTTP with kept-alive connections, for many threads."""

from __future__ import annotations

import http.client
import json
import ssl
import threading
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

from localazure.provider.errors import ProviderError, UnreachableError

if TYPE_CHECKING:
    from collections.abc import Mapping

SOCKET_SECONDS = 120.0
"""How long one answer may take."""


@dataclass(frozen=True)
class Answer:
    """A response, read to its end. Header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    request: str

    def json(self) -> dict[str, Any]:
        """Give the body as an object; an empty one if there is none.

        Raises:
            ProviderError: the body isn't a JSON object.
        """
        if not self.content.strip():
            return {}
        try:
            body: object = json.loads(self.content)
        except ValueError:
            start = self.content[:200].decode(errors="replace")
            raise ProviderError(f"{self.request} answered {self.status} with no JSON: {start!r}") from None
        if not isinstance(body, dict):
            raise ProviderError(f"{self.request} answered {self.status} with JSON that is no object")
        return cast("dict[str, Any]", body)


class Transport:
    """Sends requests; one per provider process."""

    def __init__(self) -> None:
        self._idle: defaultdict[tuple[str, str], list[http.client.HTTPConnection]] = defaultdict(list)
        self._lock = threading.Lock()
        self._tls: ssl.SSLContext | None = None

    def send(self, method: str, url: str, headers: Mapping[str, str], content: bytes | None = None) -> Answer:
        """Send one request and read its answer, whatever its status.

        Raises:
            UnreachableError: no connection, or it broke before the answer was whole.
            ProviderError: the server's certificate isn't trusted.
        """
        parts = urlsplit(url)
        place = (parts.scheme, parts.netloc)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        while True:
            connection, fresh = self._take(place)
            try:
                connection.request(method, target, body=content, headers=dict(headers))
                response = connection.getresponse()
                body = response.read()
            except ssl.SSLCertVerificationError as error:
                connection.close()
                raise ProviderError(
                    f"{parts.netloc}'s certificate isn't trusted ({error.verify_message}); "
                    'SSL_CERT_FILE must name a bundle with its authority (`eval "$(localazure env)"` sets it)'
                ) from None
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                if not fresh:
                    continue  # the server had closed the kept connection
                raise UnreachableError(
                    f"nothing answers at {parts.scheme}://{parts.netloc} ({error or type(error).__name__}); "
                    "is it up? (`localazure status`, `localazure up`)"
                ) from None
            if response.will_close:
                connection.close()
            else:
                with self._lock:
                    self._idle[place].append(connection)
            return Answer(
                response.status,
                {name.lower(): value for name, value in response.getheaders()},
                body,
                f"{method} {parts.path}",
            )

    def _take(self, place: tuple[str, str]) -> tuple[http.client.HTTPConnection, bool]:
        scheme, netloc = place
        with self._lock:
            if self._idle[place]:
                return self._idle[place].pop(), False
            if scheme == "https" and self._tls is None:
                self._tls = ssl.create_default_context()
        if scheme == "https":
            return http.client.HTTPSConnection(netloc, timeout=SOCKET_SECONDS, context=self._tls), True
        raise ProviderError(f"{scheme}://{netloc} isn't https; credentials are sent over https only")
