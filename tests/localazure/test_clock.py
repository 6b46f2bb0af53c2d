from __future__ import annotations

import asyncio
import json
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from localazure.clock import LATEST, Clock

if TYPE_CHECKING:
    from pathlib import Path


def test_it_starts_with_real_time():
    assert abs(Clock().now().timestamp() - time.time()) < 1


def test_it_jumps_ahead_and_never_back():
    clock = Clock()
    before = clock.now()
    assert clock.advance(3600) >= before + timedelta(hours=1)
    with pytest.raises(ValueError, match="never goes back"):
        clock.advance(-1)


@pytest.mark.parametrize("rate", [0, -1, float("nan"), 1e9])
def test_rates_that_cant_be(rate: float):
    with pytest.raises(ValueError, match="rate"):
        Clock().run_at(rate)


@pytest.mark.parametrize("seconds", [1e12, float("inf"), float("nan")])
def test_a_jump_too_far_changes_nothing(tmp_path: Path, seconds: float):
    clock = Clock(tmp_path / "clock.json")
    clock.save()
    with pytest.raises(ValueError, match="advance"):
        clock.set(advance=seconds, rate=5)
    assert clock.rate == 1
    assert abs(clock.now().timestamp() - time.time()) < 1
    assert abs(Clock(tmp_path / "clock.json").now().timestamp() - time.time()) < 1


def test_it_stops_at_its_end_however_long_the_daemon_was_down(tmp_path: Path):
    kept = {"real": time.time() - 10 * 86400, "local": time.time(), "rate": 1e6}
    (tmp_path / "clock.json").write_text(json.dumps(kept))
    assert Clock(tmp_path / "clock.json").now() == LATEST


def test_it_is_kept(tmp_path: Path):
    clock = Clock(tmp_path / "clock.json")
    clock.run_at(100)
    ahead = clock.advance(86400)
    again = Clock(tmp_path / "clock.json")
    assert again.rate == 100
    assert again.now() >= ahead


def test_a_jump_wakes_who_sleeps():
    async def sleeps() -> float:
        clock = Clock()
        started = time.monotonic()
        task = asyncio.create_task(clock.sleep(3600))
        await asyncio.sleep(0.01)
        clock.run_at(10)
        await asyncio.sleep(0.01)
        assert not task.done()
        clock.advance(3600)
        await asyncio.wait_for(task, 5)
        return time.monotonic() - started

    assert asyncio.run(sleeps()) < 5


def test_sleep_is_scaled():
    async def sleeps() -> None:
        clock = Clock()
        clock.run_at(1000)
        await asyncio.wait_for(clock.sleep(20), 5)

    asyncio.run(sleeps())
