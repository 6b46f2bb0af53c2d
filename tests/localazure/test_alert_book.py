"""How often a condition was met is counted over restarts, and forgotten with the rule and by a reset."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from localazure.arm.store import Resource, Store
from localazure.monitor.alerts.book import Book
from localazure.monitor.alerts.outcome import Outcome, Watch

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from localazure.azure import Azure
    from localazure.monitor.alerts.outcome import Labels

NOW = datetime(2026, 1, 1, tzinfo=UTC)
GROUP = "/subscriptions/s/resourceGroups/g/providers"
KIND = "Microsoft.Insights/scheduledQueryRules"
WHOLE: Labels = ()
BLUE: Labels = (("deployment", "blue"),)
GREEN: Labels = (("deployment", "green"),)


class Stage:
    """A rule that fires when two of the newest three evaluations met its condition."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.minute = 0
        self.open()
        self.rule = self.write()

    def open(self) -> None:
        """As a start of the daemon does."""
        self.store = Store(self.path)
        self.book = Book(cast("Azure", SimpleNamespace(store=self.store)))

    def write(self) -> Resource:
        body = {"properties": {"scopes": [f"{GROUP}/N/a/1"]}}
        return self.store.put(Resource(f"{GROUP}/{KIND}/r", KIND, body, NOW, NOW))

    def evaluated(self, *met: Labels, unmet: tuple[Labels, ...] = ()) -> list[str]:
        """The conditions of the alerts that an evaluation fires or resolves."""
        minute = timedelta(minutes=5)
        watch = Watch(self.rule, 1, f"{GROUP}/N/a/1", minute, minute, (), healthy=1, least=2, among=3)
        found: Mapping[Labels, Outcome] = {
            labels: Outcome(labels in met, ({"dimensions": list(labels)},)) for labels in (*met, *unmet)
        }
        self.minute += 5
        alerts = list(self.book.enter(watch, found, NOW + timedelta(minutes=self.minute)))
        return [each.properties["essentials"]["monitorCondition"] for each in alerts]


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "store.db")


def test_two_of_three(stage: Stage):
    fired = [stage.evaluated(*((WHOLE,) if met else ()), unmet=() if met else (WHOLE,)) for met in (1, 0, 1)]
    assert fired == [[], [], ["Fired"]]


def test_a_restart_forgets_no_evaluation(stage: Stage):
    assert stage.evaluated(WHOLE) == []
    stage.store.close()
    stage.open()
    assert stage.evaluated(WHOLE) == ["Fired"]


def test_a_reset_forgets_every_evaluation(stage: Stage):
    assert stage.evaluated(WHOLE) == []
    stage.store.clear()
    stage.rule = stage.write()
    assert stage.evaluated(WHOLE) == []
    assert stage.evaluated(WHOLE) == ["Fired"]


def test_a_deleted_rule_takes_its_evaluations_with_it(stage: Stage):
    assert stage.evaluated(WHOLE) == []
    stage.store.delete(stage.rule.id)
    assert stage.evaluated(WHOLE) == []
    stage.rule = stage.write()
    assert stage.evaluated(WHOLE) == []


def test_an_evaluation_of_a_rule_as_it_was_before_counts_for_nothing(stage: Stage):
    assert stage.evaluated(WHOLE) == []
    old, stage.rule = stage.rule, stage.store.put(replace(stage.rule, modified=NOW + timedelta(minutes=1)))
    stage.rule, new = old, stage.rule
    assert stage.evaluated(WHOLE) == []
    stage.rule = new
    assert stage.evaluated(WHOLE) == []


def test_a_series_that_isnt_found_hasnt_met_the_condition_and_is_forgotten_in_time(stage: Stage):
    assert stage.evaluated(BLUE, unmet=(GREEN,)) == []
    assert stage.evaluated(GREEN) == []
    assert stage.evaluated(GREEN) == ["Fired"]
    assert stage.evaluated(BLUE) == ["Resolved"]  # green is no longer found; blue's first is too long ago
    assert stage.evaluated(BLUE) == ["Fired"]
    for _ in range(3):
        stage.evaluated()
    kept = stage.store.get(stage.rule.id)
    assert kept is not None
    assert kept.state == {"evaluations": []}
