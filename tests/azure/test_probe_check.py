from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from rollout.core.probe import NoAnswer, ScoreAnswer, check, unlike
from rollout.core.verdict import Verdict

LIMIT = timedelta(milliseconds=500)


@pytest.mark.parametrize(
    ("sample", "value"),
    [
        (None, {"any": "thing"}),
        (1, 2.5),
        (0.5, 3),
        ("a", ""),
        (True, False),
        ([], [1, "a"]),
        ([0.5], [0.1, 0.2, 3]),
        ([0.5, "a"], [1, "b"]),
        ({"a": [1]}, {"a": [2], "more": None}),
        ({}, {}),
        ([{"label": "good", "p": 0.9}], [{"label": "bad", "p": 0.1}] * 3),
    ],
)
def test_alike(sample: Any, value: Any):
    assert unlike(value, sample) is None


@pytest.mark.parametrize(
    ("sample", "value", "difference"),
    [
        (1, True, "the answer is true, not a number"),
        (1, "1", 'the answer is "1", not a number'),
        (1, float("nan"), "the answer is NaN, not a number"),
        (1, float("inf"), "the answer is Infinity, not a number"),
        (1, None, "the answer is null, not a number"),
        ("a", 1, "the answer is 1, not a text"),
        (True, 1, "the answer is 1, not true or false"),
        ([1], [], "the answer is an empty list"),
        ([1], [1, "x"], 'the answer[1] is "x", not a number'),
        ([1, 2], [1], "the answer has 1 items, not 2"),
        ([1], {}, "the answer is {}, not a list"),
        ({"a": 1}, [], "the answer is [], not an object"),
        ({"a": 1}, {}, "the answer has no 'a' but nothing"),
        ({"a": {"b": [0.5]}}, {"a": {"b": [None]}}, "the answer.a.b[0] is null, not a number"),
        ("a", ["x" * 100], 'the answer is ["' + "x" * 55 + "..., not a text"),
    ],
)
def test_unlike(sample: Any, value: Any, difference: str):
    assert unlike(value, sample) == difference


def test_a_sample_that_isnt_json_is_a_mistake_of_ours():
    with pytest.raises(TypeError, match="set is no JSON value"):
        unlike(1, {1, 2})


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
    assert check(reply, None, LIMIT) == (verdict, reason)


def test_without_a_sample_the_body_may_be_anything():
    assert check(ScoreAnswer(200, b"\xff\x00", 0.1), None, LIMIT)[0] is Verdict.SUCCESSFUL
    assert check(ScoreAnswer(200, b"\xff\x00", 0.1), {}, LIMIT)[0] is Verdict.FAILED
