"""`scenario.yaml` by each client: what one sees of Azure, every other one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.operations.azcore_client import AzcoreClient
from tests.operations.play import story
from tests.operations.plugin_client import PluginClient

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.operations.scenario import Step


def test_by_the_go_libraries_of_the_provider(
    arm: Arm, environment: dict[str, str], steps: list[Step], azcore: Path
) -> None:
    story(arm, AzcoreClient(azcore, environment), steps)


def test_by_the_provider_plugin(arm: Arm, environment: dict[str, str], steps: list[Step]) -> None:
    client = PluginClient(environment)
    try:
        story(arm, client, steps)
    finally:
        client.kill()


@pytest.mark.parametrize("credential", ["secret", "workload", "managed"])
def test_tokens_by_each_credential_of_azidentity(
    arm: Arm, environment: dict[str, str], azcore: Path, credential: str
) -> None:
    managed = {
        "IDENTITY_ENDPOINT": f"{arm.settings.base_url}/msi/token",
        "IDENTITY_HEADER": environment["ARM_CLIENT_SECRET"],
    }
    client = AzcoreClient(azcore, environment | (managed if credential == "managed" else {}), credential)

    found = client.answer("get", arm.subscription)

    assert found["body"]["subscriptionId"] == arm.settings.subscription


def test_a_wrong_secret_is_refused(arm: Arm, environment: dict[str, str], azcore: Path) -> None:
    client = AzcoreClient(azcore, environment | {"ARM_CLIENT_SECRET": "guessed"})

    with pytest.raises(AssertionError, match="AADSTS7000215"):
        client.answer("get", arm.subscription)
