"""The secret that scoring needs, by the endpoint's auth mode."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rollout.azure.errors import Unintelligible

if TYPE_CHECKING:
    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveEndpoint


class Bearer:
    """A key or token; its repr and str don't show it."""

    __slots__ = ("_secret",)

    def __init__(self, secret: str) -> None:
        self._secret = secret

    def __repr__(self) -> str:
        return "Bearer(...)"

    @property
    def header(self) -> str:
        """The value of the `Authorization` header."""
        return f"Bearer {self._secret}"


def bearer(arm: Arm, endpoint: LiveEndpoint) -> Bearer:
    """Return what a scoring request to this endpoint is authorised by. Raises `ReadError`."""
    match endpoint.auth_mode:
        case "Key":
            action, field = "listKeys", "primaryKey"
        case "AMLToken":
            action, field = "token", "accessToken"
        case "AADToken":
            return Bearer(arm.tokens.token(arm.cloud.ml_audience))
        case other:
            raise Unintelligible(
                f"the endpoint {endpoint.name}", f"its authMode is {other!r}, not Key, AMLToken or AADToken"
            )
    what = f"the {'keys' if action == 'listKeys' else 'token'} of the endpoint {endpoint.name}"
    secret = arm.post(endpoint.id, action, what=what).get(field)
    if not isinstance(secret, str) or not secret:
        raise Unintelligible(what, f"the answer has no {field}")
    return Bearer(secret)
