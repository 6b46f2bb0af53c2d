"""`scenario.yaml` by `pulumi up`s: the engine in its own role."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.operations.engine_client import EngineClient
from tests.operations.play import story

if TYPE_CHECKING:
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.operations.scenario import Step


def test_by_the_engine(arm: Arm, environment: dict[str, str], steps: list[Step], tmp_path: Path) -> None:
    folder = tmp_path / "program"
    folder.mkdir()
    client = EngineClient(folder, environment)
    story(arm, client, steps)
