"""The diagnostic setting: when it is declared, with which categories, and what has to be known for it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pytest
from pulumi_azure_native import monitor

from rollout.azure.errors import Forbidden, ReadError, Unavailable
from rollout.azure.logs import LogWorkspace
from rollout.azure.observe import Sight
from rollout.azure.traffic_log import CATEGORIES, LogSettings
from rollout.azure.workspace import LiveWorkspace
from rollout.core.config import read
from rollout.core.place import Place
from rollout.core.record import Record
from rollout.core.step import Phase, Step, StepKind
from rollout.stack import log_setting
from rollout.stack.declare import Ground
from rollout.stack.remembered import Remembered
from tests.config.stack import FULL, as_pulumi_gives_it, without

if TYPE_CHECKING:
    from rollout.azure.arm import Arm
    from rollout.azure.endpoint import LiveEndpoint
    from rollout.stack.endpoint import Endpoint

NOW = datetime(2026, 11, 21, 10, tzinfo=UTC)
INSIGHTS, ASKED = "/insights/LOG", FULL["logAnalyticsWorkspace"]
HELD = Remembered(frozenset({("DiagnosticSetting", "logs")}))
DOWN = Unavailable("the diagnostic settings of credit", "503")
DENIED = Forbidden("the Application Insights appi", "403", "Ask for Reader.")
NOTHING = LogSettings()
OURS = LogSettings(ours=True, workspace=LogWorkspace("c", INSIGHTS))
ELSEWHERE = LogSettings(ours=True, workspace=LogWorkspace("c", "/old/log"))
UNREAD = LogSettings(ours=None, workspace=DOWN)
RECORD = pulumi.Resource.__new__(pulumi.Resource)
CONSOLE = frozenset({"AmlOnlineEndpointConsoleLog"})


@dataclass
class Declared:
    """What was declared of the setting."""

    workspace_id: str | None
    categories: tuple[str, ...]
    frozen: bool
    imported: bool
    after: object


@pytest.fixture
def declared(monkeypatch: pytest.MonkeyPatch) -> list[Declared]:
    found: list[Declared] = []

    class DiagnosticSetting:
        def __init__(self, _: str, *, workspace_id: str, logs: Any, opts: Any, **__: object) -> None:
            categories = tuple(each.category for each in logs)
            frozen = opts.ignore_changes == ["*"]
            found.append(
                Declared(workspace_id, categories, frozen, opts.import_ is not None, opts.depends_on)
            )

    monkeypatch.setattr(monitor, "DiagnosticSetting", DiagnosticSetting)
    return found


def ground(
    logs: LogSettings,
    *,
    behind: str | ReadError | None = INSIGHTS,
    asked: bool = False,
    held: Remembered = Remembered(),  # noqa: B008 - it is frozen
) -> Ground:
    config = FULL if asked else without(FULL, "logAnalyticsWorkspace")
    workspace = LiveWorkspace("/w", "w", "eastus", None, None, "/insights", None, None, behind)
    endpoint = cast("LiveEndpoint", SimpleNamespace(id="/e"))
    sight = Sight(NOW, True, workspace, endpoint, {}, logs)  # noqa: FBT003
    settings = read(as_pulumi_gives_it(config), file="Pulumi.dev.yaml")
    return Ground(settings, Place("s", "g", "w", "e"), cast("Arm", None), sight, held, Path())


def step(kind: StepKind = StepKind.START) -> Step:
    return Step(kind, Phase.HEALTHY, "so", Record(), Phase.HEALTHY)


def declare(given: Ground, kind: StepKind = StepKind.START) -> None:
    log_setting.check(given, step(kind))
    endpoint = cast("Endpoint", SimpleNamespace(resource=None))
    log_setting.declare(given, step(kind), endpoint, log_setting.destination(given, None), RECORD)


def test_a_start_sends_the_log_and_no_other_step_does(declared: list[Declared]):
    declare(ground(NOTHING), StepKind.ADVANCE)
    assert declared == []
    declare(ground(NOTHING))
    given = Declared(INSIGHTS, CATEGORIES, frozen=False, imported=False, after=[RECORD])
    assert declared == [given]
    declared.clear()
    declare(ground(NOTHING, asked=True))
    assert declared == [replace(given, workspace_id=ASKED)]


def test_a_log_that_goes_somewhere_already_stays(declared: list[Declared]):
    declare(ground(replace(OURS, ours=False)))
    assert declared == [], "somebody else's setting sends it"
    declare(ground(OURS, held=HELD), StepKind.HOLD)
    declare(ground(OURS), StepKind.HOLD)
    assert [(each.frozen, each.imported) for each in declared] == [(True, False), (True, True)]


@pytest.mark.parametrize("kind", [StepKind.HOLD, StepKind.ABORT, StepKind.START])
def test_settings_that_cannot_be_read_leave_the_state_as_it_is(declared: list[Declared], kind: StepKind):
    declare(ground(UNREAD, held=HELD), kind)
    declare(ground(NOTHING, held=HELD, behind=DENIED), kind)
    assert [(each.frozen, each.imported) for each in declared] == [(True, False), (True, False)]


@pytest.mark.parametrize("kind", [StepKind.HOLD, StepKind.ADVANCE, StepKind.ABORT])
def test_what_cannot_be_read_stops_only_the_step_that_needs_it(declared: list[Declared], kind: StepKind):
    for given in ground(UNREAD), ground(NOTHING, behind=DENIED), ground(OURS, behind=DENIED):
        declare(given, kind)
    assert declared == []
    with pytest.raises(Unavailable, match="503"):
        declare(ground(UNREAD))
    with pytest.raises(Forbidden, match=r"Ask for Reader\. Or name one in rollout:logAnalyticsWorkspace"):
        declare(ground(NOTHING, behind=DENIED))
    declare(ground(NOTHING, behind=DENIED, asked=True))
    assert [each.workspace_id for each in declared] == [ASKED]


def test_only_categories_that_no_other_setting_sends_there(declared: list[Declared]):
    taken = {INSIGHTS.lower(): CONSOLE, "/other": frozenset(CATEGORIES)}
    declare(ground(replace(NOTHING, others=taken)))
    assert [each.categories for each in declared] == [
        tuple(each for each in CATEGORIES if each not in CONSOLE)
    ]
    declared.clear()
    declare(ground(replace(ELSEWHERE, others={ASKED.lower(): CONSOLE}), asked=True), StepKind.HOLD)
    assert [(each.frozen, len(each.categories)) for each in declared] == [(False, 2)]
    declared.clear()
    all_of_them = {ASKED.lower(): frozenset(CATEGORIES)}
    declare(ground(replace(ELSEWHERE, others=all_of_them), asked=True), StepKind.HOLD)
    assert [each.frozen for each in declared] == [True], "all of it goes there already"


def test_an_abort_without_config_declares_nothing_of_it(declared: list[Declared]):
    declare(replace(ground(OURS, held=HELD), whole=False), StepKind.ABORT)
    assert declared == []
