from __future__ import annotations

from typing import Any

import pytest

from rollout.core.answers import Path
from rollout.core.expected import Expected, Range, unlike


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


def within(path: str, low: float | None, high: float | None) -> Range:
    return Range(Path.parse(path), low, high)


@pytest.mark.parametrize(
    ("limits", "answer"),
    [
        (within("p[*]", 0, 1), {"p": [0, 0.5, 1]}),
        (within("p[*]", None, 1), {"p": [-5]}),
        (within("p[*]", 0, None), {"p": [5]}),
        (within("s.*", 0, 1), {"s": {"good": 0.1, "bad": 0.9}}),
        (within("[*]", -1, 1), [0.5]),
    ],
)
def test_within_a_range(limits: Range, answer: Any):
    assert limits.broken(answer) is None


@pytest.mark.parametrize(
    ("limits", "answer", "why"),
    [
        (within("p[*]", 0, 1), {"p": [0.5, 1.7]}, "p[1] is 1.7, not 0 to 1"),
        (within("p[*]", None, 1), {"p": [1.01]}, "p[0] is 1.01, not at most 1"),
        (within("p[*]", 0, None), {"p": [-1]}, "p[0] is -1, not at least 0"),
        (within("p[*]", 0, 1), {"p": ["0.5"]}, 'p[0] is "0.5", not a number'),
        (within("p[*]", 0, 1), {"p": [True]}, "p[0] is true, not a number"),
        (within("p[*]", 0, 1), {"p": [None]}, "p[0] is null, not a number"),
        (within("p[*]", 0, 1), {"p": [float("nan")]}, "p[0] is NaN, not a number"),
        (within("p[*]", 0, 1), {"p": []}, "the answer has nothing at p, not 0 to 1 at p[*]"),
        (within("p[*]", 0, 1), {"q": [0.5]}, "the answer has nothing at p, not 0 to 1 at p[*]"),
        (
            within("r[*].p", 0, 1),
            {"r": [{"p": 1}, {}]},
            "the answer has nothing at r[1].p, not 0 to 1 at r[*].p",
        ),
    ],
)
def test_out_of_a_range(limits: Range, answer: Any, why: str):
    assert limits.broken(answer) == why


def test_a_sample_and_ranges_are_asked_together():
    expected = Expected({"p": [0.5]}, (within("p[*]", 0, 1),))
    assert expected.broken({"p": [0.5]}) is None
    assert expected.broken({"p": "x"}) == 'the answer.p is "x", not a list'
    assert expected.broken({"p": [2]}) == "p[0] is 2, not 0 to 1"
    assert bool(expected)
    assert not Expected()
