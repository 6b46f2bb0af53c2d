from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from demo.project import FILE, LINKED, lay_out
from rollout.core.gates.fixed import FixedGate
from tests.config.test_shipped import merged

if TYPE_CHECKING:
    from pathlib import Path


def test_the_demo_s_stack_is_judged_by_limits_within_minutes(tmp_path: Path):
    folder = tmp_path / "project"
    lay_out(folder)

    settings = merged(folder / FILE)
    assert all((folder / name).exists() for name in LINKED)
    assert [type(gate) for gate in settings.gates] == [FixedGate, FixedGate]
    assert {stage.bake for stage in settings.ladder.stages} == {timedelta(minutes=10)}
    assert settings.ladder.lag == timedelta(minutes=3)
