from __future__ import annotations

import socket
from concurrent import futures
from typing import TYPE_CHECKING

import grpc
import pytest
from pulumi.runtime.proto import provider_pb2_grpc

from localazure.provider.servicer import Servicer
from tests.localazure.local import NotingServing, in_process
from tests.provider.engine import Engine
from tests.provider.stub_arm import StubArm

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localazure.local import Arm


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[StubArm]:
    stub = StubArm(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(stub.ca_file))
    yield stub
    stub.close()


@pytest.fixture
def config(arm: StubArm) -> dict[str, str]:
    return {
        "metadataHost": arm.host,
        "tenantId": "tenant",
        "clientId": "client",
        "clientSecret": "shh",
        "subscriptionId": "sub",
        "location": "eastus",
    }


@pytest.fixture
def unconfigured() -> Iterator[Engine]:
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer("3.29.0"), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    engine = Engine(f"127.0.0.1:{port}")
    yield engine
    engine.close()
    server.stop(None)


@pytest.fixture
def engine(unconfigured: Engine, config: dict[str, str]) -> Engine:
    unconfigured.configure(**config)
    return unconfigured


@pytest.fixture
def unused_tcp_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    """A local Azure, as it is without a test having scripted it."""
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as arm:
        yield arm


@pytest.fixture(scope="module")
def local(azure: Arm) -> Iterator[Engine]:
    """A provider that is configured for it."""
    with pytest.MonkeyPatch.context() as patched:
        for name in ("SSL_CERT_FILE", *(name for name in azure.env if name.startswith("ARM_"))):
            patched.setenv(name, azure.env[name])
        server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
        provider_pb2_grpc.add_ResourceProviderServicer_to_server(Servicer("3.29.0"), server)
        port = server.add_insecure_port("127.0.0.1:0")
        server.start()
        engine = Engine(f"127.0.0.1:{port}")
        engine.configure()
        yield engine
        engine.close()
        server.stop(None)
