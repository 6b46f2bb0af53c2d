"""A part of the long run's kills: ten engines killed at random under load."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soak.kills import kill_at_random
from tests.soak.load import Load
from tests.soak.phases import Life
from tests.soak.place import place

if TYPE_CHECKING:
    from pathlib import Path

KILLS, SEED = 10, 500


def test_the_next_up_is_clean_and_no_client_sees_an_error(tmp_path: Path) -> None:
    with place(tmp_path) as where:
        rollout = where.stack("kills")
        rollout.healthy()
        with Load(rollout) as load:
            found = kill_at_random(Life(rollout), load, KILLS, SEED, tell=True)
        assert found.count == KILLS
        assert load.requests > KILLS
        assert not load.failed
