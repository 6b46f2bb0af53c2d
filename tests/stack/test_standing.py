"""What comes after the record: taken over where ARM has it, and no end of a run where it can't be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi

from rollout.azure.arm import Answer
from rollout.azure.errors import ReadError
from rollout.azure.logs import LogWorkspace
from rollout.azure.observe import Sight
from rollout.azure.traffic_log import LogSettings
from rollout.stack import alerts, standing

if TYPE_CHECKING:
    import pytest

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
OURS, THEIRS = "/ours/log", "/theirs/log"


@dataclass
class FakeArm:
    """ARM that has one thing, nothing, or no answer."""

    answer: dict[str, Any] | ReadError | None
    asked: int = 0

    def get(self, resource_id: str, api_version: str) -> Answer:
        assert (resource_id, api_version) == ("/x", "2022-10-01")
        self.asked += 1
        if isinstance(self.answer, ReadError):
            raise self.answer
        return Answer(self.answer, NOW)


def test_only_what_arm_has_and_the_state_lacks_is_taken_over() -> None:
    assert standing.if_there(FakeArm({}), "/x", "2022-10-01") == "/x"
    assert standing.if_there(FakeArm(None), "/x", "2022-10-01") is None
    unasked = FakeArm({})
    assert standing.if_there(unasked, None, "2022-10-01") is None
    assert unasked.asked == 0


def test_what_cannot_be_read_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    refused = ReadError("the setting", "HTTP 403", "Ask for a role.")
    assert standing.if_there(FakeArm(refused), "/x", "2022-10-01") is None
    assert len(said) == 1
    assert "HTTP 403" in said[0]


def test_a_log_rule_looks_where_the_log_goes() -> None:
    def sight(log: LogWorkspace | ReadError | None) -> Sight:
        return Sight(NOW, True, None, None, {}, LogSettings(workspace=log))  # noqa: FBT003

    assert alerts.log_of(sight(LogWorkspace("customer", THEIRS)), OURS) == THEIRS
    assert alerts.log_of(sight(LogWorkspace("customer", THEIRS)), None) == THEIRS
    assert alerts.log_of(sight(None), OURS) == OURS
    assert alerts.log_of(sight(ReadError("the log", "HTTP 403", "")), OURS) == OURS
    assert alerts.log_of(sight(None), None) is None
