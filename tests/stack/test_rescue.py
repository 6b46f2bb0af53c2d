"""Where an abort goes when config can't tell."""

from __future__ import annotations

from pathlib import Path

import pytest

from rollout.core.config import ConfigError, salvage
from rollout.stack import remembered, rescue
from rollout.stack.pulumi_cli import StackError
from rollout.stack.remembered import Remembered

ID = (
    "/subscriptions/s-1/resourceGroups/rg-a/providers/Microsoft.MachineLearningServices"
    "/workspaces/mlw-a/onlineEndpoints/credit"
)
PLACE = {"resourceGroup": "rg-b", "workspace": "mlw-b", "endpoint": "fraud"}


def rescued(raw: dict[str, str]) -> tuple[tuple[str, str, str, bool], str | None]:
    """Return group, workspace, endpoint and whether the workspace is the stack's; and the subscription."""
    found = salvage(raw, file="Pulumi.dev.yaml")
    assert found.error is not None
    settings, subscription = rescue.rescued(found, found.error, "dev", Path())
    asked = settings.workspace
    return (asked.resource_group, asked.name, settings.endpoint.name, asked.create), subscription


def remember(monkeypatch: pytest.MonkeyPatch, held: Remembered | StackError) -> None:
    def read(_: str, __: Path) -> Remembered:
        if isinstance(held, StackError):
            raise held
        return held

    monkeypatch.setattr(remembered, "read", read)


def test_config_tells_where_it_can(monkeypatch: pytest.MonkeyPatch):
    remember(monkeypatch, StackError("nobody asks"))
    assert rescued({**PLACE, "stages": "none"}) == (("rg-b", "mlw-b", "fraud", False), None)


@pytest.mark.parametrize(
    "raw",
    [{}, {**PLACE, "endpoint": "no such name"}, {**PLACE, "createWorkspace": "perhaps"}],
    ids=["nothing", "endpoint", "createWorkspace"],
)
def test_else_the_state_tells_all_of_it(raw: dict[str, str], monkeypatch: pytest.MonkeyPatch):
    remember(monkeypatch, Remembered(frozenset({("ResourceGroup", "group")}), endpoint_id=ID))
    assert rescued(raw) == (("rg-a", "mlw-a", "credit", True), "s-1")


@pytest.mark.parametrize(
    "held",
    [StackError("no state"), Remembered(), Remembered(endpoint_id="/subscriptions/s-1")],
    ids=["unreadable", "empty", "no id"],
)
def test_else_it_is_said_what_is_wrong_with_config(
    held: Remembered | StackError, monkeypatch: pytest.MonkeyPatch
):
    remember(monkeypatch, held)
    with pytest.raises(ConfigError, match="rollout:workspace is missing"):
        rescued({"endpoint": "credit"})
