from __future__ import annotations

import base64
import json
import ssl
import time
from typing import TYPE_CHECKING, Any

import pytest
import trustme
from azure.core.pipeline.transport import RequestsTransport

from rollout.azure.arm import Arm
from rollout.azure.cloud import Cloud
from rollout.core.place import Place
from tests.azure.fake import FakeAzure

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PLACE = Place("sub-1", "rg-1", "mlw", "credit")
WORKSPACE = PLACE.workspace_id
ENDPOINT = PLACE.endpoint_id


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def bundle(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("ca") / "bundle.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="session")
def _server(authority: trustme.CA) -> Iterator[FakeAzure]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = FakeAzure(context)
    yield server
    server.stop()


@pytest.fixture
def fake(_server: FakeAzure, bundle: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeAzure]:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(bundle))
    yield _server
    _server.forget()


def jwt(*, life: float = 3600, **said: Any) -> str:
    def part(value: dict[str, Any]) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    body = {"oid": "me-oid", "exp": int(time.time() + life), **said}
    return f"{part({'alg': 'none'})}.{part(body)}.signature"


class FakeTokens:
    """Tokens for anybody; remembers for whom."""

    def __init__(self, life: float = 3600) -> None:
        self.audiences: list[str] = []
        self.life = life

    def token(self, audience: str) -> str:
        self.audiences.append(audience)
        return jwt(life=self.life, aud=audience)


@pytest.fixture
def tokens() -> FakeTokens:
    return FakeTokens()


class Waits(RequestsTransport):
    """The real transport, whose waits between tries are remembered instead of slept."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def sleep(self, duration: float) -> None:
        self.waits.append(duration)


@pytest.fixture
def transport() -> Waits:
    return Waits()


@pytest.fixture
def cloud(fake: FakeAzure) -> Cloud:
    return Cloud(
        "Test",
        resource_manager=fake.url,
        arm_audience=fake.url,
        login=fake.url,
        storage_suffix="core.test",
        portal="https://portal.azure.test",
        metrics_override=fake.url,
    )


@pytest.fixture
def arm(cloud: Cloud, tokens: FakeTokens, transport: Waits) -> Arm:
    return Arm(cloud, tokens, "sub-1", transport=transport)
