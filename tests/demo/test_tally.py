from __future__ import annotations

from typing import TYPE_CHECKING

from demo.summary import counts, short, show
from demo.tally import Served, Tally

if TYPE_CHECKING:
    from pathlib import Path

EARLIER = Tally({"blue": Served(100)}, {"200": 100})
LATER = Tally({"blue": Served(150, 1), "green": Served(20)}, {"200": 169, "424": 1}, {"blue": 4.0})


def test_what_came_after_an_earlier_tally():
    found = LATER.since(EARLIER)

    assert found.served == {"blue": Served(50, 1), "green": Served(20)}
    assert found.statuses == {"200": 69, "424": 1}
    assert (found.requests, found.failures) == (70, 1)


def test_nothing_happened_since():
    assert LATER.since(LATER).served == {}


def test_saved_and_read(tmp_path: Path):
    path = tmp_path / "counts.json"

    assert Tally.load(path) == Tally()
    LATER.save(path)
    assert Tally.load(path) == LATER


def test_in_words():
    assert counts(LATER) == "170 requests, 1 failed (blue 150 (1 failed), green 20)"
    assert show({"green": 10, "blue": 90}) == "blue 90 %, green 10 %"
    assert show({}) == "none"
    assert short("green baked at 10 % and all gates are Successful", 20) == "green baked at 10 …"
