"""A few faults around a real `pulumi up`; docs/reliability.md has the whole table, by `make soak`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.cases import EVERY_DAY
from tests.soak.faults import suffer
from tests.soak.load import Load
from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_faults_move_no_share_that_is_not_due(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    life = Life(given)
    with Load(given) as load:
        rows = [suffer(life, case, load) for case in EVERY_DAY]
    assert load.requests
    assert load.failed == []
    assert [row.run.step for row in rows] == [case.step or "" for case in EVERY_DAY]
