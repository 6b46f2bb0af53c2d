from __future__ import annotations

import itertools
import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localazure.serving.traffic import mirror_of, pick

weights = st.dictionaries(st.sampled_from(["blue", "green", "red"]), st.integers(0, 100))
draws = st.floats(0, 1, exclude_max=True)


@given(weights, draws)
def test_picks_only_what_has_a_weight(traffic: dict[str, int], draw: float):
    picked = pick(traffic, lambda: draw)
    if any(traffic.values()):
        assert picked is not None
        assert traffic[picked] > 0
    else:
        assert picked is None


@given(weights)
def test_each_point_of_the_range_belongs_to_a_weight(traffic: dict[str, int]):
    total = sum(traffic.values())
    counted = Counter(pick(traffic, lambda at=at: (at + 0.5) / total) for at in range(total))
    assert counted == Counter({name: weight for name, weight in traffic.items() if weight})


def test_no_round_robin():
    """By turns, ten requests at 90/10 would always hold exactly one for green."""
    source = random.Random(7)  # noqa: S311
    greens = [
        sum(pick({"blue": 90, "green": 10}, source.random) == "green" for _ in range(10)) for _ in range(200)
    ]
    assert {0, 1, 2} <= set(greens)
    assert 0.08 < sum(greens) / 2000 < 0.12


def test_neighbours_are_independent():
    source = random.Random(11)  # noqa: S311
    picked = [pick({"blue": 50, "green": 50}, source.random) for _ in range(4000)]
    same = sum(one == other for one, other in itertools.pairwise(picked))
    assert 0.46 < same / 4000 < 0.54


@pytest.mark.parametrize(("draw", "copied"), [(0.0, "green"), (0.2999, "green"), (0.3, None), (0.99, None)])
def test_mirror_takes_its_percentage(draw: float, copied: str | None):
    assert mirror_of({"green": 30}, lambda: draw) == copied


def test_no_mirror_without_percentage():
    assert mirror_of({"green": 0}, lambda: 0.0) is None
    assert mirror_of({}, lambda: 0.0) is None
