from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.localazure.local import NotingServing, daemon, in_process
from tests.localazure.logged import Logged, make_logged
from tests.localazure.resources import make_workspace

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.localazure.local import Arm
    from tests.localazure.resources import Workspace


@pytest.fixture(scope="session")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    """A real daemon, one for each worker: its settings, what `localazure env` prints, and a client."""
    with daemon(tmp_path_factory.mktemp("azure"), "--rate", "20") as arm:
        yield arm


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arm]:
    with in_process(tmp_path_factory.mktemp("arm"), NotingServing(), most_endpoints=10_000) as arm:
        yield arm


@pytest.fixture
def arm(shared: Arm) -> Iterator[Arm]:
    """A local Azure in this process whose serving only notes; nothing may be left wrong in it."""
    yield shared
    assert shared.serving is not None
    shared.serving.refuse = None
    shared.control("DELETE", "faults")


@pytest.fixture
def workspace(arm: Arm) -> Workspace:
    """A workspace of the test's own."""
    return make_workspace(arm)


@pytest.fixture
def logged(workspace: Workspace) -> Logged:
    """An endpoint, and a workspace of Log Analytics for its logs."""
    return make_logged(workspace)
