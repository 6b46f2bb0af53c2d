from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from rollout.azure import cloud
from rollout.azure.errors import ReadError, Unintelligible
from tests.azure.fake import FakeAzure, Says

if TYPE_CHECKING:
    from tests.azure.conftest import Waits

DESCRIBED = {
    "name": "AzurePrivate",
    "portal": "https://portal.azure.private.example/",
    "resourceManager": "https://management.private.example/",
    "authentication": {
        "loginEndpoint": "https://login.private.example/",
        "audiences": ["https://management.core.private.example/", "https://other"],
    },
    "suffixes": {"storage": "core.private.example"},
}


@pytest.mark.parametrize(
    ("name", "manager", "metrics", "ml", "logs"),
    [
        ("public", "management.azure.com", "monitor.azure.com", "ml.azure.com", "api.loganalytics.io"),
        ("", "management.azure.com", "monitor.azure.com", "ml.azure.com", "api.loganalytics.io"),
        (
            "usgovernment",
            "management.usgovcloudapi.net",
            "monitor.azure.us",
            "ml.azure.us",
            "api.loganalytics.us",
        ),
        (
            "China",
            "management.chinacloudapi.cn",
            "monitor.azure.cn",
            "ml.azure.cn",
            "api.loganalytics.azure.cn",
        ),
    ],
)
def test_known_clouds(name: str, manager: str, metrics: str, ml: str, logs: str):
    found = cloud.resolve({"ARM_ENVIRONMENT": name})
    assert found.resource_manager == f"https://{manager}"
    assert found.metrics_endpoint("East US") == f"https://eastus.metrics.{metrics}"
    assert found.metrics_audience == f"https://metrics.{metrics}"
    assert found.ml_audience == f"https://{ml}"
    assert found.logs_endpoint == f"https://{logs}"


def test_a_host_describes_its_cloud(fake: FakeAzure):
    fake.on("GET", "/metadata/endpoints", Says(200, DESCRIBED))
    found = cloud.resolve(
        {"ARM_METADATA_HOSTNAME": fake.url.removeprefix("https://"), "ARM_ENVIRONMENT": "public"}
    )
    assert fake.paths() == ["/metadata/endpoints?api-version=2022-09-01"]
    assert found.resource_manager == "https://management.private.example"
    assert found.arm_audience == "https://management.core.private.example/"
    assert found.login == "https://login.private.example"
    assert found.ml_audience == "https://ml.azure.private.example"


def test_addresses_of_monitor_can_be_overridden():
    found = cloud.resolve(
        {"AZURE_METRICS_ENDPOINT": "https://m.test/", "AZURE_LOGS_ENDPOINT": "https://l.test"}
    )
    assert found.metrics_endpoint("eastus") == "https://m.test"
    assert found.logs_endpoint == "https://l.test"
    assert found.metrics_audience == "https://metrics.monitor.azure.com"


def test_config_goes_before_the_environment_as_in_the_provider():
    env = {"ARM_ENVIRONMENT": "public", "HOME": "/home"}
    china = {"azure-native:environment": "china", "rollout:endpoint": "e"}
    assert cloud.chosen(china, env) == {"ARM_ENVIRONMENT": "china", "HOME": "/home"}
    assert cloud.resolve(cloud.chosen(china, env)).name == "AzureChinaCloud"
    host = {"azure-native:metadataHost": "described.test"}
    assert cloud.chosen(host, env) == {**env, "ARM_METADATA_HOSTNAME": "described.test"}
    assert cloud.chosen({"azure-native:environment": " "}, env) == env


@pytest.mark.parametrize(
    ("env", "sentence"),
    [
        (
            {"ARM_ENVIRONMENT": "germany"},
            "ARM_ENVIRONMENT, or azure-native:environment, is 'germany', and not public, usgovernment or",
        ),
        ({"AZURE_METRICS_ENDPOINT": "http://m.test"}, "AZURE_METRICS_ENDPOINT is 'http://m.test'"),
        ({"AZURE_LOGS_ENDPOINT": "m.test"}, "and not an address such as https://host"),
    ],
)
def test_a_wrong_setting_is_told(env: dict[str, str], sentence: str):
    with pytest.raises(Unintelligible, match="the Azure cloud") as raised:
        cloud.resolve(env)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("says", "sentence"),
    [
        (Says(200, {**DESCRIBED, "suffixes": {}}), "its description lacks 'storage'"),
        (Says(200, []), "its description lacks"),
        (Says(200, b"<html>"), "not JSON"),
        (Says(404, {"error": {"code": "NotFound", "message": "No."}}), "404 NotFound: No"),
    ],
)
def test_a_host_that_describes_nothing_is_told(fake: FakeAzure, transport: Waits, says: Says, sentence: str):
    fake.on("GET", "/metadata", says)
    with pytest.raises(ReadError, match="ARM_METADATA_HOSTNAME") as raised:
        cloud.resolve({"ARM_METADATA_HOSTNAME": fake.url}, transport=transport)
    assert sentence in str(raised.value)
