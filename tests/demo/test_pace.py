from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from demo.pace import after, share
from demo.project import CHECKOUT
from rollout.core.config import Settings, read

if TYPE_CHECKING:
    from collections.abc import Callable

STAGES = '[{"traffic": 10, "bake": "30m"}, {"traffic": 100, "bake": "11m"}]'


@pytest.fixture
def settings() -> Callable[..., Settings]:
    def make(**keys: str) -> Settings:
        raw = {
            "resourceGroup": "rg",
            "workspace": "mlw-test",
            "endpoint": "credit-test",
            "model": "azureml:credit-risk:1",
            "environment": "azureml:credit-serving:1",
            "code": "ml/serving",
            "scoringScript": "score.py",
            "probe": '{"file": "ml/serving/sample-request.json"}',
            "stages": STAGES,
            "retireAfter": "40m",
            "gates": '[{"name": "latency", "metric": "RequestLatency_P90", "points": 6, "max": "50ms"}]',
        }
        return read(raw | keys, file=str(CHECKOUT / "Pulumi.dev.yaml"))

    return make


def test_a_long_bake_is_waited_for(settings: Callable[..., Settings]):
    wait = after(settings(), "advance", 10)

    assert wait is not None
    assert wait.azure == timedelta(minutes=30)
    assert wait.seconds(rate=30) == 60


def test_a_short_bake_waits_for_settle_points_lag_and_the_whole_minute(settings: Callable[..., Settings]):
    wait = after(settings(), "advance", 100)

    assert wait is not None
    assert wait.azure == timedelta(minutes=2 + 6 + 3 + 1)


def test_old_prod_is_waited_for(settings: Callable[..., Settings]):
    wait = after(settings(), "promote", 0)

    assert wait is not None
    assert wait.minutes == 40


@pytest.mark.parametrize("step", ["hold", "none"])
def test_a_hold_is_tried_again_soon(settings: Callable[..., Settings], step: str):
    wait = after(settings(), step, 10)

    assert wait is not None
    assert wait.minutes == 2


@pytest.mark.parametrize(("step", "percent"), [("start", 0), ("retire", 0), ("repair", 0), ("advance", 55)])
def test_other_steps_wait_for_nothing(settings: Callable[..., Settings], step: str, percent: int):
    assert after(settings(), step, percent) is None


def test_share_of_the_candidate():
    assert share({"blue": 90, "green": 10}, "green") == 10
    assert share({"blue": 100}, "green") == 0
    assert share({"blue": 100}, None) == 0
