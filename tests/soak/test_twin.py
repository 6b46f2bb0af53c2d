"""The fast twin of the machine over the engine: the same kinds of histories over a model of Azure.

At least a hundred thousand steps: `up`s, previews, waits, edits, crashes and people's words. They are the
same each time; with `DECIDE_PROFILE=deep`, or a `--hypothesis-seed`, others are drawn.
"""

from __future__ import annotations

import os
import secrets
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import invariant, run_state_machine_as_test

sys.path.append(str(Path(__file__).resolve().parents[1] / "decide"))

from test_machine import Histories

STEPS, PARTS = 100_000, 4
SEED = 0
"""Where none is asked for."""
HISTORIES = 40
"""How many of one seed: few, so that what Hypothesis has seen doesn't narrow what it draws."""
PROFILE = settings(
    max_examples=HISTORIES,
    stateful_step_count=60,
    deadline=None,
    database=None,
    print_blob=True,
    report_multiple_bugs=False,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.parametrize("part", range(PARTS))
def test_no_history_gets_the_rollout_into_a_state_that_breaks_a_law(
    part: int, pytestconfig: pytest.Config
) -> None:
    taken = 0

    class Counted(Histories):
        """Histories whose steps are counted: each `up`, and each other thing that happens."""

        counted = 0

        @invariant()
        def a_step_was_taken(self) -> None:
            self._count(1)

        def teardown(self) -> None:
            super().teardown()
            self._count(0)

        def _count(self, least: int) -> None:
            nonlocal taken
            ups = len(self.story.ups)
            taken += max(ups - self.counted, least)
            self.counted = ups

    asked = _seed(pytestconfig)
    said = SEED if asked is None else asked
    # To find the smallest history that fails takes minutes: a run that is always the same does without.
    profile = settings(PROFILE, phases=[Phase.generate, Phase.shrink]) if asked is not None else PROFILE
    rounds = 0
    while taken < STEPS / PARTS:
        drawn = (said + rounds * 1_000_003) * PARTS + part
        try:
            run_state_machine_as_test(seed(drawn)(Counted), settings=profile)
        except Exception as broken:
            broken.add_note(f"the same again, and its smallest: --hypothesis-seed={said}, part {part}")
            raise
        rounds += 1


def _seed(config: pytest.Config) -> int | None:
    """Return the seed that was asked for, a drawn one where others are, or None: always the same."""
    said: str | None = config.getoption("--hypothesis-seed")
    if said is not None and said != "random":
        return int(said)
    return secrets.randbelow(10**9) if said or os.environ.get("DECIDE_PROFILE") == "deep" else None
