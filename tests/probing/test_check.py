from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.answers import ABSENT
from rollout.core.expected import Expected
from rollout.core.probe import NoAnswer, ScoreAnswer, check, reference
from rollout.core.verdict import Verdict

LIMIT = timedelta(milliseconds=500)
NOTHING = Expected()


def answer(status: int = 200, body: Any = None, seconds: float = 0.01) -> ScoreAnswer:
    return ScoreAnswer(status, json.dumps(body).encode(), seconds)


@pytest.mark.parametrize(
    ("reply", "verdict", "reason"),
    [
        (answer(), Verdict.SUCCESSFUL, "answered 200 in 10 ms; at most 500ms is allowed"),
        (answer(seconds=0.5), Verdict.SUCCESSFUL, "answered 200 in 500 ms; at most 500ms is allowed"),
        (answer(seconds=0.501), Verdict.FAILED, "answered in 501 ms; at most 500ms is allowed"),
        (answer(201), Verdict.FAILED, "status 201 instead of 200: null"),
        (NoAnswer("gone.", 0.2), Verdict.ERROR, "gone."),
        (NoAnswer("silent.", 0.2, timed_out=True), Verdict.ERROR, "silent."),
        (
            NoAnswer("silent.", 1.0, timed_out=True),
            Verdict.FAILED,
            "no answer within 1000 ms; at most 500ms is allowed",
        ),
    ],
)
def test_a_reply_is_judged(reply: ScoreAnswer | NoAnswer, verdict: Verdict, reason: str):
    found = check(reply, NOTHING, LIMIT)
    assert (found.verdict, found.why) == (verdict, reason)


def test_only_an_answer_that_is_right_can_be_only_slow():
    assert check(answer(seconds=0.6), NOTHING, LIMIT).only_slow
    assert not check(answer(seconds=0.6), Expected({"p": 1}), LIMIT).only_slow
    assert not check(answer(500, seconds=0.6), NOTHING, LIMIT).only_slow
    assert not check(NoAnswer("silent.", 1.0, timed_out=True), NOTHING, LIMIT).only_slow


def test_where_nothing_is_asked_of_it_the_body_may_be_anything():
    binary = ScoreAnswer(200, b"\xff\x00", 0.1)
    assert check(binary, NOTHING, LIMIT).verdict is Verdict.SUCCESSFUL
    assert check(binary, NOTHING, LIMIT).value is ABSENT
    assert check(binary, Expected({}), LIMIT).verdict is Verdict.FAILED
    assert check(binary, NOTHING, LIMIT, compared=True).why.startswith("the answer isn't JSON")


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_number_that_is_none_fails_even_where_nothing_is_asked(text: str):
    found = check(ScoreAnswer(200, f'{{"p": [{text}]}}'.encode(), 0.1), NOTHING, LIMIT)
    assert (found.verdict, found.why) == (
        Verdict.FAILED,
        f'the answer has {text} for a number: {{"p": [{text}]}}',
    )


def test_the_json_answered_is_kept():
    assert check(answer(body={"p": [0.5]}), NOTHING, LIMIT).value == {"p": [0.5]}
    assert check(answer(), NOTHING, LIMIT).value is None


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (NoAnswer("gone.", 0.2), "gone."),
        (answer(429), "status 429 instead of 200: null"),
        (ScoreAnswer(200, b"<html>", 0.1), "the answer isn't JSON: <html>"),
        (ScoreAnswer(200, b"[NaN]", 0.1), "the answer has NaN for a number: [NaN]"),
    ],
)
def test_what_prod_answers_wrong_is_no_reference(reply: ScoreAnswer | NoAnswer, why: str):
    assert reference(reply) == (ABSENT, why)


def test_what_prod_answers_is_the_reference():
    assert reference(answer(body={"p": 1}, seconds=9)) == ({"p": 1}, "")
