from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")

STORIES = (
    "tests/engine/test_aborts.py",
    "tests/engine/test_adopt.py",
    "tests/engine/test_alerts.py",
    "tests/engine/test_approve.py",
    "tests/engine/test_autoscale.py",
    "tests/engine/test_bad_candidates.py",
    "tests/engine/test_commands.py",
    "tests/engine/test_compare.py",
    "tests/engine/test_deadline.py",
    "tests/engine/test_faults.py",
    "tests/engine/test_harmless.py",
    "tests/engine/test_intents.py",
    "tests/engine/test_killed.py",
    "tests/engine/test_kinds.py",
    "tests/engine/test_lost_state.py",
    "tests/engine/test_policies.py",
    "tests/engine/test_prod_in_trouble.py",
    "tests/engine/test_probe_agreement.py",
    "tests/engine/test_promotion.py",
    "tests/engine/test_shadow.py",
    "tests/engine/test_two_ups.py",
    "tests/engine/test_ways_out.py",
    "tests/guard/test_engine.py",
    "tests/operations/test_engine.py",
    "tests/soak/",
    "tests/workflows/test_run.py",
)
"""Tests of many real `pulumi up`s, which the everyday suite leaves to `make stories`: the marker `story`."""

LONG = (
    "tests/soak/test_histories.py",
    "tests/engine/",
    *STORIES,
    "tests/provider/test_engine.py",
    "tests/cli/test_said.py",
    "tests/cli/test_release.py",
    "tests/localazure_serving/test_serving_gateway.py",
    "tests/ml/test_ml_models.py",
    "tests/tools/test_language_host.py",
    "tests/cli/",
    "tests/azure/",
    "tests/guard/",
    "tests/localazure/",
    "tests/localazure_serving/",
)
"""Files that take long, the longest first."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the stories before `-m` selects."""
    for item in items:
        if item.nodeid.startswith(STORIES):
            item.add_marker(pytest.mark.story)


class Longest:
    """Begins with the files that take longest: side by side, none is left over at the end."""

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items.sort(key=lambda item: next((n for n, it in enumerate(LONG) if item.nodeid.startswith(it)), 99))


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(Longest())
