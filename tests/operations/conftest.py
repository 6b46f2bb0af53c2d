from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.localazure.local import NotingServing, in_process
from tests.localazure.resources import make_workspace
from tests.operations.azcore_client import built
from tests.operations.scenario import read

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace
    from tests.operations.scenario import Step


@pytest.fixture(scope="session")
def azcore() -> Path:
    """The Go program. Without Go there is none, which CI doesn't take for an answer."""
    try:
        return built()
    except FileNotFoundError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(error))


@pytest.fixture
def arm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Arm]:
    monkeypatch.setenv("LOCALAZURE_PROVIDER", "local")
    with in_process(tmp_path / "azure", NotingServing()) as arm:
        yield arm


@pytest.fixture
def environment(arm: Arm) -> dict[str, str]:
    return {**os.environ, **arm.env}


@pytest.fixture
def workspace(arm: Arm) -> Workspace:
    return make_workspace(arm)


@pytest.fixture
def steps(workspace: Workspace) -> list[Step]:
    return read(workspace)
