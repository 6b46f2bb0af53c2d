from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.cli import climbing
from tests.cli.alone import Past, make
from tests.localazure.local import NotingServing, in_process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.climbing import Climbing


@pytest.fixture(scope="session")
def _past(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Past]:
    with in_process(tmp_path_factory.mktemp("azure"), NotingServing()) as local:
        yield make(local)


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Climbing]:
    """A stack at its first stage, and the environment that leads to an Azure of its own."""
    with in_process(tmp_path / "azure", NotingServing()) as local:
        for name, value in local.env.items():
            monkeypatch.setenv(name, value)
        yield climbing.make(local, tmp_path / "project")


@pytest.fixture
def past(_past: Past, monkeypatch: pytest.MonkeyPatch) -> Iterator[Past]:
    """An endpoint with a past, and the environment that leads to its Azure."""
    for name, value in _past.arm.env.items():
        monkeypatch.setenv(name, value)
    yield _past
    _past.arm.control("DELETE", "faults")
