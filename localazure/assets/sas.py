"""Signatures of blob storage: shared keys and service SAS, as azure-storage-blob computes them."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlencode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["SignedRequest", "container_sas", "sas_refusal", "shared_key_refusal"]

VERSION = "2021-08-06"
SIGNED_HEADERS = (
    "content-encoding",
    "content-language",
    "content-length",
    "content-md5",
    "content-type",
    "date",
    "if-modified-since",
    "if-match",
    "if-none-match",
    "if-unmodified-since",
    "range",
)
SAS_TAIL = ("rscc", "rscd", "rsce", "rscl", "rsct")
NEEDED = {"GET": "r", "HEAD": "r", "PUT": "wca", "DELETE": "d"}


@dataclass(frozen=True)
class SignedRequest:
    """What of a blob request is signed.

    Attributes:
        path: The URL's path, still percent-encoded.
        query: Its parameters, decoded.
        headers: By name in lower case.
        container: The container's name.
        blob: The blob's name; empty for the container.
    """

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    account: str
    container: str
    blob: str


def container_sas(account: str, key: str, container: str, seconds: int, permissions: str = "racwdl") -> str:
    """A service SAS for a container, as a query string; it is valid for that much real time."""
    # Clients whose clock is a little behind ours must be able to use it too.
    start = datetime.now(UTC) - timedelta(minutes=5)
    fields = {
        "sp": permissions,
        "st": start.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "se": (start + timedelta(minutes=5, seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "spr": "https",
        "sv": VERSION,
        "sr": "c",
    }
    signature = _signed(key, _sas_text(fields, f"/blob/{account}/{container}"))
    return urlencode(fields | {"sig": signature}, quote_via=quote)


def sas_refusal(request: SignedRequest, keys: Iterable[str]) -> str:
    """Why a request with a SAS is refused; empty where it is let in."""
    fields = request.query
    target = f"/blob/{request.account}/{request.container}"
    if fields.get("sr") == "b":
        target += f"/{request.blob}"
    elif fields.get("sr") != "c":
        return "The SAS must be for a container (sr=c) or a blob (sr=b)."
    # A client that was given this port's path as account name signs that name.
    targets = (target, target.replace("/blob/", "/blob/blob/", 1))
    good = any(_same(fields["sig"], _signed(key, _sas_text(fields, one))) for key in keys for one in targets)
    if not good:
        return "Signature did not match."
    now = datetime.now(UTC)
    try:
        early = bool(fields.get("st")) and _time(fields["st"]) > now
        late = _time(fields["se"]) <= now
    except (KeyError, ValueError):
        return "The SAS has no readable expiry."
    if early or late:
        return "The SAS is not valid at this time."
    wanted = "l" if request.query.get("comp") == "list" else NEEDED.get(request.method, "")
    if not set(wanted) & set(fields.get("sp", "")):
        return f"The SAS doesn't permit {request.method}: it has '{fields.get('sp', '')}'."
    return ""


def shared_key_refusal(request: SignedRequest, keys: Iterable[str]) -> str:
    """Why a request with a shared key is refused; empty where it is let in."""
    scheme, _, rest = request.headers.get("authorization", "").partition(" ")
    named, _, signature = rest.rpartition(":")
    if scheme != "SharedKey" or not signature or named.rsplit("/", 1)[-1] != request.account:
        return "The Authorization header names another account."
    headers = dict(request.headers)
    if headers.get("content-length") == "0":
        del headers["content-length"]
    lines = [request.method, *(headers.get(name, "") for name in SIGNED_HEADERS)]
    lines += [f"{name}:{headers[name]}" for name in sorted(headers) if name.startswith("x-ms-")]
    lines.append(f"/{named}{request.path}")
    text = "\n".join(lines) + "".join(
        f"\n{name.lower()}:{value}" for name, value in sorted(request.query.items())
    )
    return "" if any(_same(signature, _signed(key, text)) for key in keys) else "Signature did not match."


def _sas_text(fields: Mapping[str, str], target: str) -> str:
    begin = [fields.get(name, "") for name in ("sp", "st", "se")]
    middle = [fields.get(name, "") for name in ("si", "sip", "spr", "sv", "sr", "snapshot", "ses")]
    return "\n".join([*begin, target, *middle, *(fields.get(name, "") for name in SAS_TAIL)])


def _signed(key: str, text: str) -> str:
    return base64.b64encode(
        hmac.digest(base64.b64decode(key), text.encode("utf-8", "replace"), hashlib.sha256)
    ).decode()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _time(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)
