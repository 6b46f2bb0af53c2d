"""A part of the long run's histories, the same each time: `make soak` lives through new ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.soak.histories import history
from tests.soak.machine import Stage
from tests.soak.place import place

if TYPE_CHECKING:
    from collections.abc import Iterator

STEPS = 60
SEEDS = (500, 501, 502, 503, 504, 9019)
"""Two take over an endpoint that somebody else made; in the last an `up` is killed and two begin at once."""


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    with place(tmp_path_factory.mktemp("histories")) as where:
        stage = Stage(where)
        yield stage
        stage.leave()


@pytest.mark.parametrize("seed", SEEDS)
def test_no_history_breaks_a_law(stage: Stage, seed: int) -> None:
    found = history(stage, STEPS, seed)
    assert not found.broken, found.broken[0]
    assert (found.histories, found.steps) == (1, STEPS)
    assert found.ups
    assert found.requests
