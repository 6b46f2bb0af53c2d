"""A model that answers 200, in good shape, within its range and in time, and says the opposite of prod."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.engine.rollout import Rollout

NONSENSE = 6
INPUTS = 20
PROBE = {
    "file": "requests.jsonl",
    "expect": {"probabilities": [0.5]},
    "ranges": {"probabilities[*]": [0, 1]},
    "maxLatency": "10s",
    "agree": {"tolerance": 0.12, "only": ["probabilities"]},
}


def test_nonsense_is_caught_before_anybody_sees_it(rollout: Callable[..., Rollout]) -> None:
    given = rollout(**{"rollout:probe": PROBE})
    lines = [json.dumps({"sample": True, "risk": n / INPUTS}) for n in range(INPUTS)]
    (given.project.folder / "requests.jsonl").write_text("\n".join(lines))
    first = given.up()
    assert first.step == "start"
    assert "there is no prod to compare the answers with" in first.out
    assert given.up().step == "promote"

    given.project.release(NONSENSE)
    assert given.up().step == "start"
    tags = given.project.tags()
    assert tags["ROLLOUT_PROBE"].startswith("Failed tiny:6-")
    assert tags["ROLLOUT_REASON"] == (
        "probe of green Failed: 17 of 20 answers differ from blue's by more than 0.12, at most 1 allowed; "
        "the largest difference 1 at probabilities[0] (request 1)"
    )
    assert given.traffic() == {"blue": 100}
    assert given.up(code=1).step == "abort"
    assert given.traffic() == {"blue": 100}

    given.project.release(2)
    good = given.up()
    assert good.step == "start"
    assert "0 of 20 answers differ from blue's by more than 0.12, at most 1 allowed" in good.out
    assert given.project.tags()["ROLLOUT_PROBE"].startswith("Successful tiny:2-")
    assert given.traffic() == {"blue": 100}
