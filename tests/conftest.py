from __future__ import annotations

import pytest

STORIES = (
    "tests/engine/test_adopt.py",
    "tests/engine/test_approve.py",
    "tests/engine/test_autoscale.py",
    "tests/engine/test_commands.py",
    "tests/engine/test_faults.py",
    "tests/engine/test_intents.py",
    "tests/engine/test_killed.py",
    "tests/engine/test_kinds.py",
    "tests/engine/test_policies.py",
    "tests/engine/test_probe_agreement.py",
    "tests/engine/test_shadow.py",
    "tests/engine/test_two_ups.py",
    "tests/engine/test_ways_out.py",
    "tests/guard/test_engine.py",
    "tests/soak/",
    "tests/workflows/test_run.py",
)
"""Tests of many real `pulumi up`s, which the everyday suite leaves to `make stories`: the marker `story`."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories before `-m` selects."""
    for item in items:
        if item.nodeid.startswith(STORIES):
            item.add_marker(pytest.mark.story)


class Longest:
    """Begins with the longest tests, in whatever order: side by side, none is left over at the end."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: not item.nodeid.startswith(("tests/engine/", *STORIES)))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Longest())
