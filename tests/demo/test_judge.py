from __future__ import annotations

from dataclasses import replace

import pytest

from demo.arm import Seen
from demo.judge import Chapter, Outcome, Up, differences
from demo.tally import Served, Tally

GOOD, BAD = "credit-risk:2-00000002", "credit-risk:3-00000003"


def up(step: str, *, code: int = 0) -> Up:
    return Up(step, "because", "Progressing", {}, None, code, 2.0)


def live(prod: str, release: str, **tags: str) -> Seen:
    return Seen({prod: 100}, {prod: release}, {"PROD_DEPLOYMENT": prod, "PROD_RELEASE": release, **tags})


def tags(prod: str, release: str, phase: str = "Healthy") -> dict[str, str]:
    return {"PROD_DEPLOYMENT": prod, "PROD_RELEASE": release, "ROLLOUT_PHASE": phase}


FIRST = Chapter(
    "credit-risk:1",
    [up("start"), up("promote")],
    live("blue", "credit-risk:1-00000001"),
    tags("blue", "credit-risk:1-00000001"),
)
SECOND = Chapter(
    "credit-risk:2",
    [up(step) for step in ("start", "advance", "hold", "advance", "promote", "retire", "finish")],
    live("green", GOOD),
    tags("green", GOOD),
    Tally({"blue": Served(700), "green": Served(300)}),
)
THIRD = Chapter(
    "credit-risk:3",
    [up("start"), up("advance"), up("abort", code=255)],
    replace(live("green", GOOD, FAILED_RELEASE=BAD), deployments={"green": GOOD, "blue": BAD}),
    tags("green", GOOD, "Degraded"),
    Tally({"green": Served(400), "blue": Served(40, 40)}),
)
TOLD = Outcome(2, FIRST, SECOND, THIRD)


def test_all_as_told():
    assert differences(TOLD) == []


@pytest.mark.parametrize(
    ("good", "said"),
    [
        (replace(SECOND, counted=Tally({"blue": Served(999, 1)})), "1 of the client's 999 requests failed"),
        (replace(SECOND, counted=Tally()), "the client sent no request"),
        (replace(SECOND, tags=tags("green", GOOD, "Degraded")), "the phase is Degraded, not Healthy"),
        (replace(SECOND, seen=live("blue", GOOD)), "the endpoint's tags name"),
        (
            replace(SECOND, seen=replace(SECOND.seen, deployments={"green": GOOD, "blue": "old"})),
            "not prod alone",
        ),
        (replace(SECOND, seen=replace(SECOND.seen, traffic={"blue": 1, "green": 99})), "not all on prod"),
        (replace(SECOND, ups=SECOND.ups[:-1]), "its steps were start, advance, advance, promote, retire;"),
        (replace(SECOND, ups=[up("hold", code=1), *SECOND.ups]), "hold ended with exit code 1"),
    ],
)
def test_a_good_release_that_did_not_go_as_told(good: Chapter, said: str):
    found = differences(replace(TOLD, good=good))

    assert any(said in each and each.startswith("good release: ") for each in found), found


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (replace(THIRD, ups=[up("start"), up("advance"), up("abort")]), "ended with exit code 0"),
        (replace(THIRD, ups=[up("start"), up("abort", code=255)]), "no gate has judged it"),
        (replace(THIRD, ups=[*THIRD.ups[:2], up("promote")]), "its last step was promote, not abort"),
        (
            replace(THIRD, seen=replace(THIRD.seen, traffic={"green": 90, "blue": 10})),
            "live traffic is {'green': 90, 'blue': 10}, not green 100",
        ),
        (replace(THIRD, seen=live("green", BAD, FAILED_RELEASE=BAD)), f"prod is {BAD}, not {GOOD}"),
        (replace(THIRD, seen=live("green", GOOD)), "isn't recorded as failed"),
        (replace(THIRD, ups=[]), "its last step was none at all"),
    ],
)
def test_a_bad_release_that_did_not_come_back_as_told(bad: Chapter, said: str):
    found = differences(replace(TOLD, bad=bad))

    assert any(said in each and each.startswith("bad release: ") for each in found), found


def test_a_chapter_that_was_not_reached_is_a_difference():
    assert differences(Outcome(2, FIRST)) == ["the good release wasn't begun"]
    assert differences(Outcome(2, FIRST, SECOND)) == ["the bad release wasn't begun"]
