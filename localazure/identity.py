"""Entra ID, as far as clients need it: tokens for workload identity, client secrets, managed identity.

Token lifetimes are real time, whatever the local clock says: clients compare them with their own.
"""

from __future__ import annotations

import hmac
import secrets
import time
import uuid
from typing import TYPE_CHECKING, Any

import jwt
from aiohttp import web
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from localazure.durable import kept, kept_secret

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localazure.azure import Azure
    from localazure.settings import Settings

__all__ = ["TokenError", "Tokens", "client_secret", "routes"]

LIFETIME = 86399  # seconds; what Entra gives a workload
ASSERTION = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"


class TokenError(Exception):
    """A bearer token that isn't ours: expired, foreign or garbage. The text says which."""


class Tokens:
    """Signs and checks the tokens of one local Azure with a key kept in its state folder."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._key = _signing_key(settings.home / "token.key")
        self._public = self._key.public_key()
        self._issuer = f"https://sts.windows.net/{settings.tenant}/"

    def issue(self, audience: str, lifetime: int = LIFETIME, **claims: Any) -> str:
        """A signed token for an audience, valid for `lifetime` real seconds; `claims` override the usual."""
        now = int(time.time())
        whom = str(uuid.uuid5(uuid.UUID(self._settings.tenant), self._settings.client))
        usual = {
            "aud": audience,
            "iss": self._issuer,
            "iat": now,
            "nbf": now,
            "exp": now + lifetime,
            "appid": self._settings.client,
            "idtyp": "app",
            "oid": whom,
            "sub": whom,
            "tid": self._settings.tenant,
            "uti": secrets.token_urlsafe(16),
            "ver": "1.0",
        }
        return jwt.encode(usual | claims, self._key, algorithm="RS256")

    def check(self, token: str) -> dict[str, Any]:
        """The claims of a token.

        Raises:
            TokenError: It is expired, signed by somebody else, or no token.
        """
        if not token.isascii():
            raise TokenError("The access token is not one of this local Azure: it isn't ASCII.")
        try:
            return jwt.decode(
                token,
                self._public,
                algorithms=["RS256"],
                issuer=self._issuer,
                options={"verify_aud": False, "require": ["exp", "aud"]},
                leeway=5,
            )
        except jwt.ExpiredSignatureError as error:
            raise TokenError("The access token has expired.") from error
        except jwt.InvalidTokenError as error:
            raise TokenError(f"The access token is not one of this local Azure: {error}.") from error


def client_secret(home: Path) -> str:
    """The secret of the one client application, made on first use."""
    return kept_secret(home / "client.secret")


def federated_token_path(home: Path) -> Path:
    """The file a workload identity shows; made on first use."""
    path = home / "federated.token"
    kept_secret(path)
    return path


def routes(azure: Azure) -> list[web.RouteDef]:
    """The token and discovery endpoints."""
    identity = _Identity(azure)
    return [
        web.get("/{tenant}/v2.0/.well-known/openid-configuration", identity.discovery),
        web.get("/{tenant}/.well-known/openid-configuration", identity.discovery),
        web.post("/{tenant}/oauth2/v2.0/token", identity.token),
        web.get("/msi/token", identity.managed),
        web.get("/metadata/identity/oauth2/token", identity.metadata_service),
    ]


class _Identity:
    def __init__(self, azure: Azure) -> None:
        self._azure = azure
        home = azure.settings.home
        self._secret = client_secret(home)
        self._federated = federated_token_path(home).read_text().strip()

    async def discovery(self, request: web.Request) -> web.Response:
        tenant = request.match_info["tenant"]
        base = f"{self._azure.settings.base_url}/{tenant}"
        return web.json_response(
            {
                "token_endpoint": f"{base}/oauth2/v2.0/token",
                "authorization_endpoint": f"{base}/oauth2/v2.0/authorize",
                "issuer": f"{base}/v2.0",
                "response_types_supported": ["code"],
                "subject_types_supported": ["pairwise"],
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        )

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        given = {name: value for name, value in form.items() if isinstance(value, str)}
        refusal = self._refusal(request.match_info["tenant"], given)
        if refusal is not None:
            return _refused(*refusal)
        audience = given.get("scope", "").split(" ")[0].removesuffix("/.default").removesuffix("/")
        return web.json_response(
            {
                "token_type": "Bearer",
                "expires_in": LIFETIME,
                "ext_expires_in": LIFETIME,
                "access_token": self._azure.tokens.issue(audience),
            }
        )

    def _refusal(self, tenant: str, form: Mapping[str, str]) -> tuple[str, str] | None:
        settings = self._azure.settings
        if tenant not in {settings.tenant, "adfs"}:
            return "invalid_request", f"AADSTS90002: Tenant '{tenant}' not found. Run `localazure env` again."
        if form.get("grant_type") != "client_credentials":
            return "unsupported_grant_type", "AADSTS70003: only client_credentials is supported."
        if form.get("client_id") != settings.client:
            return "unauthorized_client", f"AADSTS700016: Application '{form.get('client_id')}' not found."
        if "client_assertion" in form:
            same = hmac.compare_digest(form["client_assertion"].strip().encode(), self._federated.encode())
            if form.get("client_assertion_type") == ASSERTION and same:
                return None
            return "invalid_client", "AADSTS700211: The assertion isn't the AZURE_FEDERATED_TOKEN_FILE's."
        if hmac.compare_digest(form.get("client_secret", "").encode(), self._secret.encode()):
            return None
        return "invalid_client", "AADSTS7000215: Invalid client secret provided."

    async def managed(self, request: web.Request) -> web.Response:
        shown = request.headers.get("X-IDENTITY-HEADER") or request.headers.get("secret") or ""
        if not hmac.compare_digest(shown.encode("utf-8", "replace"), self._secret.encode()):
            return _refused("invalid_client", "The identity header or secret is wrong.")
        return self._managed_token(request)

    async def metadata_service(self, request: web.Request) -> web.Response:
        if request.headers.get("Metadata", "").lower() != "true":
            return _refused("invalid_request", "Required metadata header not specified", status=400)
        return self._managed_token(request)

    def _managed_token(self, request: web.Request) -> web.Response:
        resource = request.query.get("resource", "")
        if not resource:
            return _refused("invalid_request", "The query parameter resource is missing.", status=400)
        return web.json_response(
            {
                "access_token": self._azure.tokens.issue(resource.rstrip("/")),
                "expires_on": str(int(time.time()) + LIFETIME),
                "resource": resource,
                "token_type": "Bearer",
            }
        )


def _refused(error: str, description: str, status: int = 401) -> web.Response:
    return web.json_response({"error": error, "error_description": description}, status=status)


def _signing_key(path: Path) -> rsa.RSAPrivateKey:
    key = serialization.load_pem_private_key(kept(path, _new_key), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{path} is not an RSA key: delete it, then run `localazure up`")
    return key


def _new_key() -> bytes:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
