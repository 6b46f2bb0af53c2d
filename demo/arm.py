"""A look at the endpoint from outside, as somebody at a portal has it: plain ARM, no part of the product."""

from __future__ import annotations

import json
import ssl
import urllib.parse
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

API = "2025-12-01"
SECONDS = 30.0


@dataclass(frozen=True)
class Seen:
    """What is live."""

    traffic: Mapping[str, int] = field(default_factory=dict[str, int])
    """Without zeros."""
    deployments: Mapping[str, str] = field(default_factory=dict[str, str])
    """The release of each."""
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    """The endpoint's, which are the record."""


@dataclass(frozen=True)
class Arm:
    """One endpoint of an Azure that `env` names, a service principal's login included."""

    env: Mapping[str, str] = field(repr=False)
    endpoint_id: str

    def look(self) -> Seen:
        """Return what is live now. Raises `OSError` where Azure doesn't answer so."""
        token = self._token()
        endpoint = self._call("GET", self.endpoint_id, token)
        listed = self._call("GET", f"{self.endpoint_id}/deployments", token)["value"]
        return Seen(
            {name: share for name, share in endpoint["properties"].get("traffic", {}).items() if share},
            {each["name"]: each.get("tags", {}).get("ROLLOUT_RELEASE", "") for each in listed},
            endpoint.get("tags", {}),
        )

    def scoring(self) -> tuple[str, str]:
        """Return the scoring address and the endpoint's primary key. Raises `OSError`."""
        token = self._token()
        address = self._call("GET", self.endpoint_id, token)["properties"]["scoringUri"]
        return address, self._call("POST", f"{self.endpoint_id}/listKeys", token)["primaryKey"]

    def trust(self) -> ssl.SSLContext:
        """Return how this Azure's certificates are checked."""
        return ssl.create_default_context(cafile=self.env["SSL_CERT_FILE"])

    def _token(self) -> str:
        base = self.env["AZURE_AUTHORITY_HOST"]
        form = urllib.parse.urlencode(
            {
                "client_id": self.env["ARM_CLIENT_ID"],
                "client_secret": self.env["ARM_CLIENT_SECRET"],
                "grant_type": "client_credentials",
                "scope": f"{base}/.default",
            }
        )
        return self._open(f"{base}/{self.env['ARM_TENANT_ID']}/oauth2/v2.0/token", form.encode(), {}, "POST")[
            "access_token"
        ]

    def _call(self, method: str, path: str, token: str) -> Any:
        address = f"https://{self.env['ARM_METADATA_HOSTNAME']}{path}?api-version={API}"
        body = b"" if method == "POST" else None
        return self._open(address, body, {"Authorization": f"Bearer {token}"}, method)

    def _open(self, address: str, body: bytes | None, headers: Mapping[str, str], method: str) -> Any:
        request = urllib.request.Request(address, body, dict(headers), method=method)  # noqa: S310 - our https
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self.trust())
        )
        with direct.open(request, timeout=SECONDS) as answer:
            return json.load(answer)
