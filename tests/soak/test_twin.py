"""The fast twin of the machine over the engine: the same kinds of histories over a model of Azure.

At least a hundred thousand steps: `up`s, previews, waits, edits, crashes and people's words.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

sys.path.append(str(Path(__file__).resolve().parents[1] / "decide"))

from test_machine import Histories

STEPS, PARTS = 100_000, 4
HISTORIES = 40


@pytest.mark.parametrize("part", range(PARTS))
def test_no_history_gets_the_rollout_into_a_state_that_breaks_a_law(part: int) -> None:
    del part
    taken = 0

    class Counted(Histories):
        def __init__(self) -> None:
            super().__init__()
            up = self.story.up

            def counted(*arguments: Any, **named: Any) -> Any:
                nonlocal taken
                taken += 1
                return up(*arguments, **named)

            self.story.up = counted

        @invariant()
        def a_step_was_taken(self) -> None:
            nonlocal taken
            taken += 1

    profile = settings(
        max_examples=HISTORIES,
        stateful_step_count=60,
        deadline=None,
        database=None,
        print_blob=True,
        suppress_health_check=list(HealthCheck),
    )
    while taken < STEPS / PARTS:
        run_state_machine_as_test(Counted, settings=profile)
