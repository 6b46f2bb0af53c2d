"""Two `pulumi up`s of one stack at once; `make soak` has twenty such races."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.phases import Life
from tests.soak.two import race

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout


def test_of_two_ups_at_once_one_writes(rollout: Callable[..., Rollout]) -> None:
    given = rollout()
    given.healthy()
    races = race(Life(given), 2, seed=1)
    assert races.one_step + races.neither == 2
    assert races.one_step, "a lock that nobody gets"
