from __future__ import annotations

import pytest

from tests.localazure.local import NotingServing, daemon, in_process
from tests.localazure.resources import make_workspace


@pytest.fixture(scope="session")
def azure(tmp_path_factory):
    """A real daemon, one for each worker: base_url in settings, env, and a client of ARM and of control."""
    with daemon(tmp_path_factory.mktemp("azure"), "--rate", "20") as arm:
        yield arm


@pytest.fixture(scope="session")
def _in_process(tmp_path_factory):
    with in_process(tmp_path_factory.mktemp("arm"), NotingServing()) as arm:
        yield arm


@pytest.fixture
def arm(_in_process):
    """A local Azure in this process whose serving only notes; shared, so nothing may be left wrong in it."""
    yield _in_process
    _in_process.serving.refuse = None
    _in_process.control("DELETE", "faults")


@pytest.fixture
def workspace(arm):
    """A workspace of the test's own."""
    return make_workspace(arm)
