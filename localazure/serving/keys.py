"""Who may send requests to an endpoint."""

from __future__ import annotations

import hmac
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from localazure.identity import TokenError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any

    from localazure.serving.spec import EndpointRoute

__all__ = ["TokenCheck", "refusal"]

SCHEME = "bearer "
REMEMBERED = 1000


def refusal(
    route: EndpointRoute, authorization: str, check: Callable[[str], Mapping[str, Any] | None]
) -> str:
    """Why a request is refused, as Azure names the reason; empty where it is let in.

    Args:
        route: The endpoint.
        authorization: The request's `Authorization` header.
        check: The claims of a token that this Azure issued and that is still good, else None.
    """
    kind = {"Key": "key", "AMLToken": "aml_token", "AADToken": "aad_token"}[route.auth_mode]
    if authorization[: len(SCHEME)].lower() != SCHEME:
        return f"{kind}_auth_bad_header_forbidden"
    given = authorization[len(SCHEME) :].strip()
    if route.auth_mode == "Key":
        good = any(_same(given, key) for key in (route.primary_key, route.secondary_key) if key)
    else:
        claims = check(given)
        good = claims is not None and _for_endpoint(route, str(claims.get("aud", "")))
    return "" if good else f"{kind}_auth_access_denied"


def _for_endpoint(route: EndpointRoute, audience: str) -> bool:
    if route.auth_mode == "AMLToken":
        return audience.lower() == route.endpoint_id
    host = urlsplit(audience).hostname or audience
    return host.startswith("ml.azure.")


def _same(given: str, key: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), key.encode())


class TokenCheck:
    """Checks tokens, remembering the good ones until they expire: a signature costs more than a request."""

    def __init__(self, check: Callable[[str], Mapping[str, Any]]) -> None:
        self._check = check
        self._known: dict[str, Mapping[str, Any]] = {}

    def __call__(self, token: str) -> Mapping[str, Any] | None:
        """The claims of a good token, else None."""
        claims = self._known.get(token)
        if claims is not None and float(claims.get("exp", 0)) > time.time():
            return claims
        self._known.pop(token, None)
        try:
            claims = self._check(token)
        except TokenError:
            return None
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[token] = claims
        return claims
