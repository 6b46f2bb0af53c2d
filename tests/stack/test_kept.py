"""What a step declares beside what it names: what the state holds and nobody wants deleted."""

from __future__ import annotations

from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from rollout.core.observed import Deployment, Provisioning
from rollout.core.record import Adopted, Record
from rollout.core.step import Form, Phase, Step, StepKind
from rollout.core.traffic import Routing
from rollout.stack import kept
from rollout.stack.remembered import Remembered

SINCE = datetime(2026, 11, 21, tzinfo=UTC)
BLUE = Deployment("blue", "tiny:1", Provisioning.SUCCEEDED)
FAILED = Provisioning.FAILED


def step(kind: StepKind = StepKind.HOLD, **changes: Any) -> Step:
    said: dict[str, Any] = {
        "kind": kind,
        "phase": Phase.DEGRADED,
        "reason": "a test's",
        "record": Record(prod="blue", prod_release="tiny:1", since=SINCE),
        "published_phase": Phase.DEGRADED,
        "deployments": {"blue": Form.FROZEN},
    }
    return Step(**{**said, **changes})


def sight(traffic: dict[str, int], *others: Deployment) -> Any:
    return SimpleNamespace(
        endpoint=SimpleNamespace(core=SimpleNamespace(routing=Routing(traffic))),
        deployments={each.name: SimpleNamespace(core=each) for each in (BLUE, *others)},
    )


def held(*names: str, protected: str = "", unmade: str = "", half_replaced: str = "") -> Remembered:
    return Remembered(
        deployments={name: {} for name in ("blue", *names)},
        protected=frozenset({protected} - {""}),
        unmade=frozenset({unmade} - {""}),
        half_replaced=frozenset({half_replaced} - {""}),
    )


@pytest.mark.parametrize(
    ("state", "traffic", "protected", "declared"),
    [
        (Provisioning.SUCCEEDED, 0, "", True),
        (Provisioning.CREATING, 0, "", True),
        (FAILED, 0, "", False),
        (FAILED, 20, "", True),
        (FAILED, 0, "green", True),
    ],
)
def test_where_nothing_is_known_only_what_failed_to_provision_is_left_out(
    state: Provisioning, traffic: int, protected: str, *, declared: bool
) -> None:
    green = Deployment("green", None, state)
    seen = sight(
        {"blue": 100 - traffic, "green": traffic}, green, Deployment("theirs", None, Provisioning.SUCCEEDED)
    )
    found = step(as_found=True, deployments={})
    forms = kept.forms(found, seen, held("green", "gone", protected=protected, unmade="green"))
    assert forms == dict.fromkeys(["blue", *["green"] * declared], Form.FROZEN)


def test_where_nothing_is_known_what_was_made_and_failed_since_stays() -> None:
    """It may be old prod, which an undo goes back to."""
    seen = sight({"blue": 100}, Deployment("green", "tiny:2", FAILED))
    found = step(as_found=True, deployments={})
    assert kept.forms(found, seen, held("green")) == {"blue": Form.FROZEN, "green": Form.FROZEN}
    assert kept.forms(found, seen, held("green", unmade="green")) == {"blue": Form.FROZEN}


def test_what_gets_requests_isnt_deleted_whoever_made_it() -> None:
    seen = sight({"blue": 90, "main": 10}, Deployment("main", None, Provisioning.SUCCEEDED))
    assert kept.forms(step(), seen, held("main")) == {"blue": Form.FROZEN, "main": Form.FROZEN}
    assert kept.forms(step(), seen, held()) == {"blue": Form.FROZEN}, "what isn't the stack's stays so"


def test_a_step_that_takes_the_traffic_away_may_delete() -> None:
    seen = sight({"blue": 90, "green": 10}, Deployment("green", "tiny:2", Provisioning.SUCCEEDED))
    away = step(StepKind.ABORT, routing=Routing({"blue": 100}))
    assert kept.forms(away, seen, held("green")) == {"blue": Form.FROZEN}


@pytest.mark.parametrize(
    ("release", "unmade", "record", "declared"),
    [
        (None, "", Record(prod="blue", since=SINCE), True),
        (None, "green", Record(prod="blue", since=SINCE), False),
        ("tiny:2", "", Record(prod="blue", since=SINCE), False),
        (None, "", Record(prod="blue", old_prod="green", since=SINCE), False),
        (None, "", Record(prod="blue", adopted=Adopted("green", "c0ffee00"), since=SINCE), False),
    ],
)
def test_what_somebody_else_made_isnt_deleted_when_it_breaks(
    release: str | None, unmade: str, record: Record, *, declared: bool
) -> None:
    seen = sight({"blue": 100}, Deployment("green", release, FAILED))
    forms = kept.forms(step(record=record), seen, held("green", unmade=unmade))
    assert forms == dict.fromkeys(["blue", *["green"] * declared], Form.FROZEN)


def test_what_the_engine_was_killed_replacing_is_forgotten_unless_it_is_made_now() -> None:
    seen = sight({"blue": 100}, Deployment("green", "tiny:2", Provisioning.SUCCEEDED))
    state = held("green", half_replaced="green")
    both = {"blue": Form.FROZEN, "green": Form.FROZEN}
    assert kept.forms(step(deployments=both), seen, held("green")) == both
    assert kept.forms(step(deployments=both), seen, state) == {"blue": Form.FROZEN}
    again = step(StepKind.START, deployments={**both, "green": Form.FRESH})
    assert kept.forms(again, seen, state) == {"blue": Form.FROZEN, "green": Form.FRESH}


def test_what_no_tag_says_is_a_rollouts_isnt_deleted() -> None:
    seen = sight({"blue": 100}, Deployment("main", None, Provisioning.SUCCEEDED))
    forms = kept.forms(step(), seen, held("main", protected="main"))
    assert forms == {"blue": Form.FROZEN, "main": Form.FROZEN}


def test_what_is_to_be_deleted_is_declared_first_where_the_state_has_lost_it() -> None:
    seen = sight({"blue": 100}, Deployment("green", "tiny:2", Provisioning.SUCCEEDED))
    discarding = step(StepKind.REPAIR, discards="green")
    assert kept.forms(discarding, seen, held()) == {"blue": Form.FROZEN, "green": Form.FROZEN}
    assert kept.forms(discarding, seen, held("green")) == {"blue": Form.FROZEN}
    assert kept.forms(discarding, sight({"blue": 100}), held()) == {"blue": Form.FROZEN}, "it is gone"
