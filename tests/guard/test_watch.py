"""The guard's loop: what it does with each thing it may see, and that it writes in one case only."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from rollout.azure.errors import Forbidden, Missing, Throttled, Unauthorised, Unavailable, Unreachable
from rollout.cli import guard
from rollout.cli.engine import Ran
from rollout.core.config import ConfigError
from rollout.core.only import ONLY, NotThisStepError, refuse_others
from rollout.core.record import Record
from rollout.core.step import Outcome, Phase, StepKind
from rollout.stack.pulumi_cli import StackError
from tests.cli.looks import BACK, BEFORE, CLIMBING, NEW, Looks, seen

PROMOTED = Record(prod="green", old_prod="blue", prod_release=NEW, traffic={"green": 100})

BAKING = seen(StepKind.HOLD, CLIMBING, reason="12m of its bake of 30m are left")
LATER = seen(StepKind.HOLD, CLIMBING, reason="11m30s of its bake of 30m are left")
FAILED = seen(StepKind.ABORT, CLIMBING, Phase.DEGRADED, "errors Failed", Outcome.TAKEN_BACK)
OVERTAKEN = seen(StepKind.ABORT, CLIMBING, reason="config names another release")
GONE_BACK = seen(StepKind.NONE, BACK, Phase.DEGRADED, "m:2 was taken back")
HEALTHY = seen(StepKind.HOLD, PROMOTED, Phase.HEALTHY, "old prod is kept")
BLIND = Unavailable("the endpoint", "503", "Run it again.")
THROTTLED = Throttled("the endpoint", "429", "Run it again.")
UNREACHABLE = Unreachable("the endpoint", "no answer")
LOCK = Ran(255, "the stack is currently locked by 1 lock(s)")


class World(Looks):
    def watch(self, **options: Any) -> guard.End:
        back = Ran(255, "m:2 was taken back")
        options = {"timeout": 600.0} | self.options() | options
        return guard.Watch(take_back=lambda: self.run(back), **options).run()


@pytest.mark.parametrize(
    ("looks", "until_healthy", "code", "ups"),
    [
        ([BAKING, FAILED, GONE_BACK], False, 4, 1),
        ([FAILED, GONE_BACK], False, 4, 1),
        ([BAKING, BLIND, FAILED, BLIND, GONE_BACK], False, 4, 1),
        ([BAKING, GONE_BACK], False, 4, 0),  # another run was faster
        ([BAKING, HEALTHY], True, 0, 0),
        ([BAKING, HEALTHY], False, 5, 0),  # it watches on: there will be another release
        ([GONE_BACK], True, 4, 0),
        ([GONE_BACK], False, 5, 0),  # taken back before it came: nothing to watch yet
        ([BAKING, OVERTAKEN], False, 5, 0),
        ([seen(StepKind.ADVANCE, CLIMBING)], False, 5, 0),
        ([seen(StepKind.PROMOTE, CLIMBING)], False, 5, 0),
        ([seen(StepKind.START, BEFORE)], False, 5, 0),
        ([seen(StepKind.RETIRE, PROMOTED)], False, 5, 0),
        ([seen(StepKind.REPAIR, CLIMBING)], False, 5, 0),
        ([seen(StepKind.HOLD, CLIMBING, Phase.DEGRADED, "prod is gone")], False, 5, 0),
        ([BLIND], False, 5, 0),
        ([THROTTLED, UNREACHABLE, FAILED, GONE_BACK], False, 4, 1),
    ],
)
def test_how_it_ends(looks: list[Any], until_healthy: bool, code: int, ups: int):  # noqa: FBT001
    world = World(looks)
    assert (world.watch(until_healthy=until_healthy).code, world.ups) == (code, ups)


@pytest.mark.parametrize(
    ("timeout", "slept"), [(30.0, [30.0]), (60.0, [60.0]), (150.0, [60.0, 60.0, 30.0]), (0.0, [])]
)
def test_a_time_limit_is_kept_to_the_second_with_a_look_at_its_end(timeout: float, slept: list[float]):
    world = World([BAKING])
    end = world.watch(timeout=timeout)
    assert (end.code, world.slept, world.looked) == (5, slept, len(slept) + 1)
    last = World([*[BAKING] * len(slept), FAILED, GONE_BACK])
    assert (last.watch(timeout=timeout).code, last.ups) == (4, 1), "what the last look sees counts"


def test_a_reason_in_which_only_time_moved_on_is_said_once():
    world = World([BAKING, LATER, BAKING, LATER, FAILED, GONE_BACK])
    world.watch()
    assert world.told == [
        "seen: 12m of its bake of 30m are left",
        "seen: errors Failed",
        f"up: taking {NEW} back",
        "ran: `pulumi up`: m:2 was taken back",
        "seen: m:2 was taken back",
    ]


def test_what_cannot_be_read_is_counted_and_said_once():
    world = World([BAKING, BLIND, BLIND, StackError("no CLI"), BAKING, BLIND, BAKING])
    world.watch()
    assert [each.partition(":")[0] for each in world.told] == [
        "seen",
        "unreadable",
        "unreadable",
        "readable",
        "seen",
        "unreadable",
        "readable",
        "seen",
    ]
    assert "look 1 in a row failed: " in world.told[1]
    assert world.told[2] == "unreadable: look 3 in a row failed: no CLI"
    assert world.told[3] == "readable: readable again after 3 looks that failed"


@pytest.mark.parametrize(
    "error",
    [
        StackError("no such stack"),
        ConfigError([]),
        Unauthorised("the endpoint", "no token"),
        Forbidden("the endpoint", "403"),
        Missing("the endpoint", "404"),
    ],
)
def test_what_is_wrong_at_the_start_ends_it(error: Exception):
    with pytest.raises(type(error)):
        World([error]).watch()
    assert World([BAKING, error, FAILED, GONE_BACK]).watch().code == 4, "later it is survived"
    with pytest.raises(type(error)):
        World([BLIND, error]).watch()


def test_who_loses_the_lock_says_so_and_watches_on():
    world = World([FAILED, FAILED, FAILED, GONE_BACK], [LOCK])
    assert (world.watch().code, world.ups) == (4, 2)
    assert any(each.startswith("locked: another run") for each in world.told)
    faster = World([FAILED, GONE_BACK], [LOCK])
    assert (faster.watch().code, faster.ups) == (4, 1)


def test_an_up_that_fails_is_tried_again_and_again():
    world = World([FAILED], [Ran(1, "the token has expired")] * 99)
    assert world.watch().code == 5
    assert 10 < world.ups < 20  # soon at first, then at each look
    assert "ran: `pulumi up`: the token has expired" in world.told


def test_a_first_release_that_failed_has_nothing_to_go_back_to():
    first = Record(prod="blue", prod_release=NEW, stage=100, traffic={"blue": 100})
    due = seen(StepKind.ABORT, first, Phase.DEGRADED, "errors Failed", Outcome.TAKEN_BACK)
    over = seen(StepKind.NONE, replace(first, stage=None, failed_release=NEW), Phase.DEGRADED)
    world = World([due, over])
    assert (world.watch().code, world.ups) == (4, 1)


def test_a_run_may_be_kept_to_one_kind_of_step():
    refuse_others(FAILED.step, {ONLY: "abort"})
    refuse_others(BAKING.step, {})
    with pytest.raises(NotThisStepError, match="nothing but abort, and hold is due: nothing is written"):
        refuse_others(BAKING.step, {ONLY: "abort"})


def test_a_line_is_json_with_what_pages_people(capsys: pytest.CaptureFixture[str]):
    guard._in_json("seen", FAILED, "errors Failed")
    assert json.loads(capsys.readouterr().out) == {
        "event": "seen",
        "reason": "errors Failed",
        "at": "2026-11-21T10:00:00Z",
        "phase": "Progressing",
        "step": "abort",
        "release": NEW,
        "stage": "10",
        "traffic": {"blue": 90, "green": 10},
        "gates": {},
    }
