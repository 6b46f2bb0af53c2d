"""A few random kills, every day; `make soak` kills a hundred."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.phases import Life
from tests.soak.place import PATIENT_GATES

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_killed_at_random_instants_nothing_is_lost(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:gates": PATIENT_GATES})
    given.healthy()
    life = Life(given)
    with Load(given) as load:
        kills = kill_at_random(life, load, 3, seed=random.SystemRandom().randrange(2**32), tell=True)
    assert kills.count == 3
