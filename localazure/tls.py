"""The certificate authority of one local Azure, kept in its state folder."""

from __future__ import annotations

import os
import ssl
from pathlib import Path
from typing import TYPE_CHECKING

import certifi
import trustme

from localazure.durable import write

if TYPE_CHECKING:
    from localazure.settings import Settings

__all__ = ["bundle_path", "server_context"]

NAMES = ("localhost", "127.0.0.1", "::1", "*.blob.core.localhost")
TRUST_VARIABLES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def bundle_path(home: Path) -> Path:
    """The file that clients trust: our authority, and everything that was trusted before."""
    return home / "ca-bundle.pem"


def server_context(settings: Settings) -> ssl.SSLContext:
    """The listener's TLS side; makes the authority on first use and writes the bundle of clients."""
    authority = _authority(settings.home)
    _write_bundle(settings.home, authority)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    leaf = authority.issue_cert(*dict.fromkeys((settings.host, *NAMES)))
    leaf.configure_cert(context)  # pyright: ignore[reportUnknownMemberType] - PyOpenSSL has no types
    return context


def _authority(home: Path) -> trustme.CA:
    cert, key = home / "ca.pem", home / "ca.key"
    if _filled(cert) and _filled(key):
        return trustme.CA.from_pem(cert.read_bytes(), key.read_bytes())
    authority = trustme.CA(organization_name="localazure")
    write(key, authority.private_key_pem.bytes())
    write(cert, authority.cert_pem.bytes())
    return authority


def _filled(path: Path) -> bool:
    return path.exists() and path.stat().st_size > 0


def _write_bundle(home: Path, authority: trustme.CA) -> None:
    """Our authority in front of certifi's and of what this shell already trusts (a company's proxy, say)."""
    target = bundle_path(home)
    ours = authority.cert_pem.bytes()
    named = {Path(os.environ[name]).resolve() for name in TRUST_VARIABLES if os.environ.get(name)}
    if target.resolve() in named and target.exists() and target.read_bytes().startswith(ours):
        return  # started from a shell with our own variables: the bundle has what was trusted before them
    others = [Path(certifi.where()), *sorted(path for path in named if path.is_file())]
    text = ours + b"".join(b"\n" + path.read_bytes() for path in others)
    write(target, text)
