"""What is declared where the record is lost: what the state holds and Azure has, as it is live."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from rollout.core.observed import Deployment, Provisioning
from rollout.core.step import Form
from rollout.core.traffic import Routing
from rollout.stack import declare
from rollout.stack.remembered import Remembered


@pytest.mark.parametrize(
    ("state", "traffic", "protected", "declared"),
    [
        (Provisioning.SUCCEEDED, 0, False, True),
        (Provisioning.CREATING, 0, False, True),
        (Provisioning.FAILED, 0, False, False),
        (Provisioning.FAILED, 20, False, True),
        (Provisioning.FAILED, 0, True, True),
    ],
)
def test_only_what_failed_to_provision_is_left_out(
    state: Provisioning,
    traffic: int,
    protected: bool,  # noqa: FBT001
    declared: bool,  # noqa: FBT001
):
    live = {"blue": 100 - traffic, "green": traffic}
    seen = {
        "blue": Deployment("blue", None, Provisioning.SUCCEEDED),
        "green": Deployment("green", None, state),
        "theirs": Deployment("theirs", None, Provisioning.SUCCEEDED),
    }
    sight: Any = SimpleNamespace(
        endpoint=SimpleNamespace(core=SimpleNamespace(routing=Routing(live))),
        deployments={name: SimpleNamespace(core=each) for name, each in seen.items()},
    )
    held = Remembered(
        deployments={"blue": {}, "green": {}, "gone": {}},
        protected=frozenset({"green"} if protected else ()),
    )
    forms = declare._as_found(sight, held)
    assert forms == dict.fromkeys(["blue", *["green"] * declared], Form.FROZEN)
