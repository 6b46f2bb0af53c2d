"""How far Azure Monitor may let a deployment shrink: not below what it needs for the traffic it may get."""

from __future__ import annotations

from dataclasses import replace

from rollout.core.autoscale import Autoscale, floors, profile
from rollout.core.record import Record

ASKED = Autoscale(min=2, max=6, cpu=70)
ROLLING = Record(prod="blue", candidate="green", prod_release="m:1-a", release="m:2-b", stage=10)
PROMOTED = Record(prod="green", prod_release="m:2-b", old_prod="blue", old_prod_release="m:1-a")


def test_a_candidate_and_the_prod_beside_it_keep_what_prod_has():
    assert floors(ROLLING, {"blue": 5, "green": 5}) == {"blue": 5, "green": 5}
    assert floors(ROLLING, {"blue": 5, "green": 2}) == {"blue": 5, "green": 5}, "prod grew: so may it have to"
    assert floors(ROLLING, {"blue": 2, "green": 5}) == {"blue": 2, "green": 5}


def test_an_old_prod_keeps_what_it_has_for_an_undo_and_prod_shrinks_with_its_load():
    assert floors(PROMOTED, {"blue": 5, "green": 6}) == {"blue": 5}


def test_without_a_rollout_nothing_keeps_a_floor():
    taken_back = Record(prod="blue", prod_release="m:1-a", failed_release="m:2-b")
    assert floors(taken_back, {"blue": 5, "green": 5}) == {}
    assert floors(Record(), {}) == {}


def test_a_first_release_has_nobody_to_be_compared_with():
    first = replace(ROLLING, prod=None, prod_release=None)
    assert floors(first, {"green": 3}) == {"green": 3}


def test_a_floor_is_what_a_deployment_may_shrink_to():
    def capacity(floor: int = 0) -> dict[str, str]:
        return profile(ASKED, "/x", floor)["capacity"]

    assert capacity() == {"minimum": "2", "maximum": "6", "default": "2"}
    assert capacity(1) == capacity()
    assert capacity(4) == {"minimum": "4", "maximum": "6", "default": "4"}
    assert capacity(8) == {"minimum": "8", "maximum": "8", "default": "8"}, "as many as prod has by hand"
