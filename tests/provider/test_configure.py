from __future__ import annotations

from typing import TYPE_CHECKING

import grpc
import pytest

from localazure.provider.errors import ConfigurationError
from localazure.provider.settings import provider_settings
from tests.provider.stub_arm import Scripted

if TYPE_CHECKING:
    from pathlib import Path

    from tests.provider.engine import Engine
    from tests.provider.stub_arm import StubArm

ENVIRONMENT = {
    "ARM_METADATA_HOSTNAME": "localhost:8443",
    "ARM_TENANT_ID": "t",
    "ARM_CLIENT_ID": "c",
    "ARM_CLIENT_SECRET": "s",
    "ARM_SUBSCRIPTION_ID": "sub",
}


def details(raised: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return raised.value.details() or ""


def test_the_environment_is_enough_and_config_wins() -> None:
    settings = provider_settings({"subscriptionId": "other", "location": "westus"}, ENVIRONMENT)

    assert settings.metadata_host == "localhost:8443"
    assert (settings.subscription, settings.location) == ("other", "westus")


def test_a_token_file_stands_in_for_the_secret(tmp_path: Path) -> None:
    environment = {**ENVIRONMENT, "ARM_CLIENT_SECRET": "", "ARM_OIDC_TOKEN_FILE_PATH": str(tmp_path / "t")}

    assert provider_settings({}, environment).federated_token_file == tmp_path / "t"


def test_all_that_is_missing_is_named_and_public_azure_is_no_fallback() -> None:
    with pytest.raises(ConfigurationError) as raised:
        provider_settings({}, {})

    text = str(raised.value)
    for name in ENVIRONMENT:
        assert name in text
    assert "localazure env" in text


def test_a_refused_secret_is_explained(engine: Engine, arm: StubArm, config: dict[str, str]) -> None:
    arm.refuse_tokens = "AADSTS7000215: Invalid client secret provided."

    with pytest.raises(grpc.RpcError) as raised:
        engine.invoke("authorization:getClientToken")

    assert f"to client {config['clientId']} of tenant tenant: AADSTS7000215" in details(raised)


def test_a_silent_endpoint_is_named(
    unconfigured: Engine, config: dict[str, str], unused_tcp_port: int
) -> None:
    unconfigured.configure(**{**config, "metadataHost": f"localhost:{unused_tcp_port}"})

    with pytest.raises(grpc.RpcError) as raised:
        unconfigured.invoke("authorization:getClientConfig")

    assert f"nothing answers at https://localhost:{unused_tcp_port}" in details(raised)
    assert "localazure up" in details(raised)


def test_an_untrusted_certificate_names_the_variable(
    unconfigured: Engine, config: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    unconfigured.configure(**config)

    with pytest.raises(grpc.RpcError) as raised:
        unconfigured.invoke("authorization:getClientConfig")

    assert "certificate isn't trusted" in details(raised)
    assert "SSL_CERT_FILE" in details(raised)


def test_plain_http_is_refused(unconfigured: Engine, config: dict[str, str]) -> None:
    unconfigured.configure(**{**config, "metadataHost": "http://localhost:1"})

    with pytest.raises(grpc.RpcError) as raised:
        unconfigured.invoke("authorization:getClientConfig")

    assert "isn't https" in details(raised)


def test_a_call_before_configure_is_refused(unconfigured: Engine) -> None:
    with pytest.raises(grpc.RpcError) as raised:
        unconfigured.invoke("authorization:getClientConfig")

    assert "before it configured" in details(raised)


def test_an_html_error_keeps_its_status(engine: Engine, arm: StubArm) -> None:
    arm.scripted.append(Scripted("POST", "listKeys", 403, "<html>no</html>"))

    with pytest.raises(grpc.RpcError) as raised:
        engine.invoke("storage:listStorageAccountKeys", resourceGroupName="rg", accountName="st")

    assert "Http403" in details(raised)
