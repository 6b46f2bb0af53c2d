"""Where a run of the program looks: in which cloud and subscription."""

from __future__ import annotations

from contextlib import nullcontext
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.runtime import config as runtime_config

from rollout.azure import observe
from rollout.azure.errors import Unavailable
from rollout.cli import stack
from rollout.core.config import salvage
from rollout.stack import configuration, login, program, pulumi_cli, remembered, tags, warm_up
from rollout.stack.remembered import Remembered
from tests.config.stack import FULL, as_pulumi_gives_it

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from rollout.azure.arm import Arm
    from rollout.core.place import Place

ID = (
    "/subscriptions/s-1/resourceGroups/rg-a/providers/Microsoft.MachineLearningServices"
    "/workspaces/mlw-a/onlineEndpoints/credit"
)
ABORT = {"ROLLOUT_INTENT": "abort m:2-12345678 by me at 2026-11-21T10:00:00Z: wrong"}


@dataclass
class Run:
    """A run of the program whose Azure never answers."""

    config: dict[str, str]
    """By whole keys."""
    present: dict[str, str] = field(default_factory=dict)
    """The stack's tags."""
    said: list[str] = field(default_factory=list)
    looked: list[tuple[str, str]] = field(default_factory=list)
    """The cloud and the subscription in which it looked."""

    def result(self) -> dict[str, str]:
        return self.present

    def look(self, arm: Arm, place: Place) -> Any:
        self.looked.append((arm.cloud.name, place.subscription))
        raise Unavailable("the endpoint", "503")


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    given = Run({})
    token = runtime_config.CONFIG.set(given.config)
    monkeypatch.setattr(program, "stack_name", lambda: "o/p/dev")
    monkeypatch.setattr(pulumi, "get_stack", lambda: "dev")
    monkeypatch.setattr(pulumi.log, "error", given.said.append)
    monkeypatch.setattr(tags, "PendingTags", lambda _: nullcontext(given))
    monkeypatch.setattr(login, "subscription", lambda: "s-2")
    monkeypatch.setattr(remembered, "read", lambda *_: Remembered(endpoint_id=ID))
    monkeypatch.setattr(observe, "look", given.look)
    monkeypatch.setattr(warm_up, "imports", lambda **_: nullcontext())
    yield given
    runtime_config.CONFIG.reset(token)


def test_config_chooses_the_cloud(run: Run, monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.delenv("ARM_METADATA_HOSTNAME", raising=False)
    run.config |= {f"rollout:{key}": text for key, text in as_pulumi_gives_it(FULL).items()}
    run.config["azure-native:environment"] = "china"
    assert configuration.found().error is None
    with pytest.raises(SystemExit):
        program.run()
    assert run.looked == [("AzureChinaCloud", "s-2")]
    asked = {key: {"value": text} for key, text in run.config.items()}
    monkeypatch.setattr(pulumi_cli, "ask", lambda *_: asked)
    monkeypatch.setenv("ARM_SUBSCRIPTION_ID", "s-2")
    assert stack.open_stack("dev", tmp_path).arm.cloud.name == "AzureChinaCloud"


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ({}, "ARM_SUBSCRIPTION_ID=s-1 pulumi up"),
        ({"azure-native:subscriptionId": "s-2"}, "pulumi config set azure-native:subscriptionId s-1"),
    ],
    ids=["environment", "config"],
)
def test_an_abort_says_where_its_endpoint_is(run: Run, config: dict[str, str], command: str):
    run.config |= config
    run.present = ABORT
    with pytest.raises(SystemExit) as ended:
        program.run()
    assert ended.value.code == program.TOLD
    (said,) = run.said
    assert said.startswith(
        "the endpoint credit can't be read: the stack's state has it in the subscription s-1"
    )
    assert said.endswith(f"and this run works in s-2. For the abort: `{command}`.")
    assert run.looked == []


def test_an_abort_in_the_subscription_of_the_state_goes_on(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("ARM_METADATA_HOSTNAME", raising=False)
    monkeypatch.setattr(login, "subscription", lambda: "S-1")
    run.present = ABORT
    assert salvage({}, file="Pulumi.dev.yaml").error is not None
    with pytest.raises(SystemExit):
        program.run()
    assert run.looked == [("AzureCloud", "S-1")]
