"""The cloud's endpoints and tokens for them."""

from __future__ import annotations

import base64
import json
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from localazure.provider.errors import ConfigurationError
from localazure.provider.values import as_object

if TYPE_CHECKING:
    from pathlib import Path

    from localazure.provider.settings import ProviderSettings
    from localazure.provider.transport import Answer, Transport

_METADATA_VERSION = "2022-09-01"
_OK = 200
_RENEW_SECONDS = 300.0
"""A token is renewed this long before its end, as Azure's own clients do."""


@dataclass(frozen=True)
class Cloud:
    """Where things are, from the metadata document."""

    resource_manager: str
    login: str
    audience: str


@dataclass(frozen=True)
class _Token:
    text: str
    renew_at: float


class Credentials:
    """Gives tokens by the client-credentials flow, kept until shortly before they end. Safe for threads."""

    def __init__(self, settings: ProviderSettings, transport: Transport) -> None:
        self._settings = settings
        self._transport = transport
        self._lock = threading.Lock()
        self._cloud: Cloud | None = None
        self._tokens: dict[str, _Token] = {}

    def cloud(self) -> Cloud:
        """Give the cloud's endpoints, read once.

        Raises:
            ConfigurationError: the metadata host doesn't answer with a cloud's description.
            UnreachableError: nothing answers there.
        """
        with self._lock:
            if self._cloud is None:
                self._cloud = self._read_cloud()
            return self._cloud

    def _read_cloud(self) -> Cloud:
        host = self._settings.metadata_host
        base = host.rstrip("/") if "://" in host else f"https://{host}"
        answer = self._transport.send(
            "GET",
            f"{base}/metadata/endpoints?api-version={_METADATA_VERSION}",
            {"Accept": "application/json"},
        )
        try:
            document = answer.json()
            authentication = document["authentication"]
            return Cloud(
                resource_manager=document["resourceManager"].rstrip("/"),
                login=authentication["loginEndpoint"].rstrip("/"),
                audience=authentication["audiences"][0],
            )
        except (KeyError, IndexError, TypeError, AttributeError):
            raise ConfigurationError(
                f"{base}/metadata/endpoints answered {answer.status} and no description of a cloud; "
                "does ARM_METADATA_HOSTNAME name the right host and port?"
            ) from None

    def token(self, audience: str | None = None, *, fresh: bool = False) -> str:
        """Give a token for an audience; without one, for ARM.

        Args:
            audience: a URL such as `https://ml.azure.com`; with or without `/.default`.
            fresh: don't use a kept one.

        Raises:
            ConfigurationError: the authority refused the credentials.
            UnreachableError: nothing answers at the authority.
        """
        cloud = self.cloud()
        scope = scope_of(audience or cloud.audience)
        with self._lock:
            kept = self._tokens.get(scope)
            if fresh or kept is None or kept.renew_at <= time.monotonic():
                kept = self._new_token(cloud, scope)
                self._tokens[scope] = kept
            return kept.text

    def _new_token(self, cloud: Cloud, scope: str) -> _Token:
        form = {"client_id": self._settings.client_id, "grant_type": "client_credentials", "scope": scope}
        if self._settings.client_secret is not None:
            form["client_secret"] = self._settings.client_secret
        elif self._settings.federated_token_file is not None:
            form["client_assertion"] = _assertion(self._settings.federated_token_file)
            form["client_assertion_type"] = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
        answer = self._transport.send(
            "POST",
            f"{cloud.login}/{quote(self._settings.tenant)}/oauth2/v2.0/token",
            {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"},
            urlencode(form).encode(),
        )
        if answer.status != _OK:
            raise ConfigurationError(
                f"{cloud.login} gave no token for {scope} to client {self._settings.client_id} of tenant "
                f"{self._settings.tenant}: {_refusal(answer)}"
            )
        document = answer.json()
        lifetime = float(document.get("expires_in", 0))
        return _Token(
            document["access_token"], time.monotonic() + max(lifetime - _RENEW_SECONDS, lifetime / 2)
        )

    def claims(self) -> dict[str, Any]:
        """Give the claims in ARM's token, unchecked; empty if it can't be read."""
        try:
            payload = self.token().split(".")[1]
            claims: object = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
            return as_object(claims) or {}
        except (IndexError, ValueError):
            return {}


def _assertion(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise ConfigurationError(
            f"the federated token {file} can't be read ({error.strerror}); ARM_OIDC_TOKEN_FILE_PATH or "
            "AZURE_FEDERATED_TOKEN_FILE names it"
        ) from None


def scope_of(audience: str) -> str:
    """Give the scope of an audience: `https://ml.azure.com` -> `https://ml.azure.com/.default`."""
    return audience if audience.endswith("/.default") else f"{audience.rstrip('/')}/.default"


def _refusal(answer: Answer) -> str:
    document = answer.json()
    return str(document.get("error_description") or document.get("error") or f"status {answer.status}")
