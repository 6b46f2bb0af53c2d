"""Abort and tear-down in the middle of a rollout; `make soak` does both in every phase."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES
from tests.soak.ways_out import abort, tear_down

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_a_person_aborts_and_the_stack_is_torn_down(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    life = Life(given)
    assert abort(life, "advance to 50").endswith("→ blue 100")
    tear_down(life, "advance to 10", whole=False)
    tear_down(life, "advance to 50", whole=True)
