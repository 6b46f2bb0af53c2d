from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

import pytest

from rollout.azure import endpoint
from rollout.azure.arm import Answer
from rollout.azure.errors import NotReadBack
from rollout.core.config import ProbeSettings
from rollout.core.place import Place
from rollout.core.traffic import Routing
from rollout.stack.hooks import RefusedError
from rollout.stack.live import LiveAzure

if TYPE_CHECKING:
    from rollout.azure.arm import Arm

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
PLACE = Place("s", "g", "w", "e")


@dataclass
class FakeArm:
    """An endpoint with one deployment, green."""

    routing: Routing
    deleted: list[str] = field(default_factory=list)
    now: datetime = NOW

    def get(self, resource_id: str, **_: object) -> Answer:
        properties = {
            "provisioningState": "Succeeded",
            "authMode": "Key",
            "traffic": dict(self.routing.traffic),
            "mirrorTraffic": dict(self.routing.mirror),
        }
        return Answer(self._body(resource_id, "e", properties), self.now)

    def list(self, resource_id: str, **_: object) -> list[dict[str, Any]]:
        return [self._body(f"{resource_id}/green", "green", {"provisioningState": "Succeeded"})]

    def delete(self, resource_id: str) -> None:
        self.deleted.append(resource_id)

    def _body(self, resource_id: str, name: str, properties: dict[str, Any]) -> dict[str, Any]:
        return {
            "id": resource_id,
            "name": name,
            "location": "eastus",
            "tags": {},
            "properties": properties,
            "systemData": {"lastModifiedAt": "2026-11-21T10:00:05Z"},
        }


def _live(arm: FakeArm) -> LiveAzure:
    return LiveAzure(cast("Arm", arm), PLACE, ProbeSettings(file="sample.json"), b"{}")


@pytest.mark.parametrize(
    ("now", "settled"),
    [
        # The PUT was accepted at 10:00:05, and is in force when an answer says so.
        (NOW.replace(minute=4), NOW.replace(minute=4)),
        # A Date has no parts of a second.
        (NOW, NOW.replace(second=5)),
    ],
)
def test_traffic_is_in_force_once_it_is_read_back_with_its_mirror(now: datetime, settled: datetime) -> None:
    routing = Routing({"blue": 100, "green": 0}, {"green": 20})
    live = _live(FakeArm(routing, now=now))
    assert live.read_back(Routing({"blue": 100}, {"green": 20})) == settled


@pytest.mark.parametrize("mirror", [{}, {"green": 50}, {"blue": 20}])
def test_another_mirror_is_not_what_was_written(
    mirror: dict[str, int],
) -> None:
    clock = iter(range(0, 1000, 40))
    with pytest.raises(NotReadBack, match="set to blue 100, mirrored to green 20 it is blue 100"):
        endpoint.read_back(
            cast("Arm", FakeArm(Routing({"blue": 100}, mirror))),
            PLACE.endpoint_id,
            {"blue": 100},
            mirror={"green": 20},
            sleep=lambda _: None,
            clock=lambda: float(next(clock)),
        )


def test_a_left_over_is_deleted_before_its_slot_is_filled() -> None:
    arm = FakeArm(Routing({"blue": 100}))
    _live(arm).clear("green")
    assert arm.deleted == [PLACE.deployment_id("green")]


@pytest.mark.parametrize(
    ("routing", "said"),
    [
        (Routing({"blue": 90, "green": 10}), "serves 10 %"),
        (Routing({"blue": 100}, {"green": 20}), "20 % of the live traffic are mirrored"),
    ],
)
def test_what_gets_requests_is_never_cleared_away(routing: Routing, said: str) -> None:
    arm = FakeArm(routing)
    with pytest.raises(RefusedError, match=said):
        _live(arm).clear("green")
    assert arm.deleted == []
