"""Tokens: where they come from, and how the Azure SDKs get them."""

from __future__ import annotations

import base64
import binascii
import json
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol, cast

from rollout.azure.errors import AzureFault, Unauthorised
from rollout.azure.refusal import Need, first_line

if TYPE_CHECKING:
    from collections.abc import Callable

    from azure.core.credentials import AccessToken

    from rollout.azure.cloud import Cloud

_MARGIN = 300
"""Seconds before its end at which a token is replaced, as azure-core does."""


class Tokens(Protocol):
    """Whoever can get a token for an audience."""

    def token(self, audience: str) -> str:
        """Return a bearer token for that audience, such as `https://management.azure.com`."""
        ...


class TokenCredentialFrom:
    """An azure-core credential over `Tokens`, and `Tokens` itself; keeps tokens until they near their end.

    Safe to share between threads. Raises `Unauthorised` where no token is to be had.
    """

    def __init__(self, tokens: Tokens, *, clock: Callable[[], float] = time.time) -> None:
        self._tokens = tokens
        self._clock = clock
        self._kept: dict[str, tuple[str, int]] = {}
        # Reentrant: a source that runs an event loop while it waits may come back here on the same thread.
        self._lock = threading.RLock()

    def __repr__(self) -> str:
        return f"TokenCredentialFrom({type(self._tokens).__name__})"

    def token(self, audience: str) -> str:
        """Return a token for that audience."""
        return self._fetch(audience, fresh=False)[0]

    def get_token(self, *scopes: str, **options: Any) -> AccessToken:
        """Return a token for the one scope `<audience>/.default`; a claims challenge gets a fresh one."""
        from azure.core.credentials import AccessToken  # noqa: PLC0415

        audience = scopes[0].removesuffix("/.default")
        return AccessToken(*self._fetch(audience, fresh=bool(options.get("claims"))))

    def _fetch(self, audience: str, *, fresh: bool) -> tuple[str, int]:
        with self._lock:
            kept = None if fresh else self._kept.get(audience)
            if kept is None or kept[1] - self._clock() < _MARGIN:
                token = _ask(self._tokens, audience)
                kept = self._kept[audience] = token, _expiry(token, self._clock())
            return kept


def claims(token: str) -> dict[str, Any]:
    """Return what a JWT says of itself, unverified; of anything else, nothing."""
    try:
        body = token.split(".")[1]
        said = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    except (IndexError, ValueError, binascii.Error):
        return {}
    return cast("dict[str, Any]", said) if isinstance(said, dict) else {}


def principal_of(tokens: Tokens, audience: str) -> str:
    """Return the object id that a token for that audience is of, or what a person puts in its place.

    Raises `Unauthorised` where there is no token.
    """
    return str(claims(tokens.token(audience)).get("oid") or Need.principal)


def default_tokens(cloud: Cloud | None = None) -> Tokens:
    """Return tokens of whoever is logged in here: environment, workload or managed identity, `az login`."""
    return _Default(cloud)


class _Default:
    def __init__(self, cloud: Cloud | None) -> None:
        self._cloud = cloud
        self._credential: Any = None

    def token(self, audience: str) -> str:
        if self._credential is None:
            import os  # noqa: PLC0415

            from azure.identity import DefaultAzureCredential  # noqa: PLC0415

            # The variable is azure-identity's own; it wins over what the cloud's description says.
            named = self._cloud is None or os.environ.get("AZURE_AUTHORITY_HOST")
            self._credential = (
                DefaultAzureCredential()
                if named or self._cloud is None
                else DefaultAzureCredential(authority=self._cloud.login)
            )
        return self._credential.get_token(f"{audience}/.default").token


def _ask(tokens: Tokens, audience: str) -> str:
    try:
        token = tokens.token(audience)
    except AzureFault:
        raise
    except Exception as error:
        first = first_line(str(error)) or type(error).__name__
        raise Unauthorised(
            f"a token for {audience}",
            first.rstrip(" .:"),
            "Log in with `az login`, or set AZURE_CLIENT_ID, AZURE_TENANT_ID and AZURE_CLIENT_SECRET.",
        ) from error
    if not token or any(character.isspace() for character in token):
        raise Unauthorised(f"a token for {audience}", "what came is not a token", "Log in with `az login`.")
    return token


def _expiry(token: str, now: float) -> int:
    said = claims(token).get("exp")
    return int(said) if isinstance(said, int | float) else int(now)
