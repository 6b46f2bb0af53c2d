from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.agreement import Agree, agreement, difference, never_changes, share_of
from rollout.core.answers import Path
from rollout.core.verdict import Verdict

LEAVES = st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=2)
ANSWERS = st.recursive(
    LEAVES | st.integers(-3, 3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)
PAIRS = st.lists(st.tuples(ANSWERS, ANSWERS), min_size=1, max_size=15)
TOLERANCES = st.builds(
    Agree, st.floats(0, 2), st.sampled_from([0.0, 0.1, 1.0]), st.sampled_from([0.0, 0.05, 0.5])
)


def only(*paths: str, tolerance: float = 0.1, at_most: float = 0.05) -> Agree:
    return Agree(tolerance, at_most=at_most, only=tuple(map(Path.parse, paths)))


@given(ANSWERS, TOLERANCES)
def test_an_answer_agrees_with_itself(answer: Any, agree: Agree):
    found = difference(answer, answer, agree)
    assert found is not None
    assert (found.by, found.beyond) == (0, False)


@given(ANSWERS, ANSWERS, TOLERANCES)
def test_who_is_compared_with_whom_doesnt_matter(one: Any, other: Any, agree: Agree):
    there, back = difference(one, other, agree), difference(other, one, agree)
    assert there is not None
    assert back is not None
    assert (there.by, there.beyond) == (back.by, back.beyond)


@given(PAIRS, TOLERANCES, st.randoms(use_true_random=False))
def test_the_order_of_the_inputs_doesnt_matter(pairs: list[tuple[Any, Any]], agree: Agree, draw: Any):
    shuffled = list(pairs)
    draw.shuffle(shuffled)
    (verdict, why), (again, why_again) = agreement(pairs, agree, "blue"), agreement(shuffled, agree, "blue")
    assert verdict is again
    assert why.split(";")[0] == why_again.split(";")[0]


@given(st.lists(ANSWERS, min_size=1, max_size=15), TOLERANCES)
def test_prods_own_answers_agree(answers: list[Any], agree: Agree):
    assert agreement([(each, each) for each in answers], agree, "blue")[0] is Verdict.SUCCESSFUL


@given(PAIRS, TOLERANCES)
def test_a_wider_tolerance_never_finds_more(pairs: list[tuple[Any, Any]], agree: Agree):
    wider = Agree(agree.tolerance * 2, agree.relative, agree.at_most)
    beyond = [sum(d.beyond for pair in pairs if (d := difference(*pair, a))) for a in (agree, wider)]
    assert beyond[1] <= beyond[0]


@pytest.mark.parametrize(
    ("found", "wanted", "beyond", "said"),
    [
        (0.5, 0.6, False, "0.1 at the whole answer"),
        (0.5, 0.61, True, "0.11 at the whole answer"),
        (1, 1.0, False, "0 at the whole answer"),
        (1, True, True, "1 at the whole answer, blue's true"),
        ({"p": [0.1, 0.9]}, {"p": [0.8, 0.2]}, True, "0.7 at p[0]"),
        ({"p": [0.1]}, {"p": [0.1, 0.2]}, True, "nothing at p[1], blue's 0.2"),
        ({"p": []}, {"p": [0.1]}, True, "[] at p, blue's nothing"),
        ({"l": "good"}, {"l": "bad"}, True, '"good" at l, blue\'s "bad"'),
        ({"l": None}, {}, True, "null at l, blue's nothing"),
        ({"l": "1"}, {"l": 1}, True, '"1" at l, blue\'s 1'),
        (1e308, -1e308, True, "1e+308 at the whole answer, blue's -1e+308"),
    ],
)
def test_the_farthest_apart_is_named(found: Any, wanted: Any, *, beyond: bool, said: str):
    apart = difference(found, wanted, Agree(0.1))
    assert apart is not None
    assert apart.beyond is beyond
    assert apart.show("blue") == said


def test_the_wider_of_both_tolerances_holds():
    assert not Agree(1, 0.1).beyond(9, 100, 91)
    assert Agree(1, 0.1).beyond(11, 100, 89)
    assert not Agree(1, 0.1).beyond(0.9, 1, 0.1)
    assert [str(Agree(0.5)), str(Agree(0.5, 0.1)), str(Agree(0, 0.025))] == ["0.5", "0.5 and 10 %", "2.5 %"]


def test_only_what_is_named_is_compared():
    one, other = {"model": "a", "p": [0.5]}, {"model": "b", "p": [0.5]}
    assert agreement([(one, other)], only("p"), "blue")[0] is Verdict.SUCCESSFUL
    assert agreement([(one, other)], only(), "blue")[0] is Verdict.FAILED
    assert agreement([({"model": "a"}, other)], only("p[*]"), "blue")[0] is Verdict.FAILED


def test_nothing_to_compare_is_no_pass():
    assert agreement([({"p": 1}, {"p": 1})], only("q[*]", "r"), "blue") == (
        Verdict.ERROR,
        (
            "nothing to compare: neither the candidate's answers nor blue's have anything at q[*], r "
            "(probe.agree.only)"
        ),
    )


def answers(differ: int, count: int = 100, by: float = 0.5) -> list[tuple[Any, Any]]:
    return [({"p": [n / 1000 + by * (n < differ)]}, {"p": [n / 1000]}) for n in range(count)]


def test_how_many_differ_and_by_how_much_is_said():
    pairs = answers(36)
    pairs[49] = ({"p": [0.98]}, {"p": [0.05]})
    assert agreement(pairs, Agree(0.1), "blue") == (
        Verdict.FAILED,
        (
            "37 of 100 answers differ from blue's by more than 0.1, at most 5 allowed; "
            "the largest difference 0.93 at p[0] (request 50)"
        ),
    )


def test_as_many_as_allowed_may_differ():
    assert agreement(answers(5), Agree(0.1), "blue")[0] is Verdict.SUCCESSFUL
    assert agreement(answers(6), Agree(0.1), "blue")[0] is Verdict.FAILED
    assert agreement(answers(1), Agree(0.1, at_most=0), "blue")[0] is Verdict.FAILED
    assert agreement(answers(0), Agree(0.1), "blue") == (
        Verdict.SUCCESSFUL,
        "0 of 100 answers differ from blue's by more than 0.1, at most 5 allowed",
    )


@pytest.mark.parametrize("percent", range(1, 100))
def test_a_share_of_a_hundred_is_its_percent(percent: int):
    assert share_of(percent / 100, 100) == percent
    assert share_of(percent / 100, 1) == 0


def stuck(values: list[float], *more: tuple[Any, Any], constant: float | bool = 0.3) -> list[tuple[Any, Any]]:
    return [*(({"p": constant}, {"p": value}) for value in values), *more]


def test_a_number_that_never_changes_is_nonsense_within_any_tolerance():
    pairs = stuck([n / 20 for n in range(20)])
    assert agreement(pairs, Agree(1), "blue") == (
        Verdict.FAILED,
        "all 20 answers have 0.3 at p, where blue's have 20 different numbers",
    )


@pytest.mark.parametrize(
    "pairs",
    [
        stuck([n / 9 for n in range(9)]),
        stuck([0.3] * 20),
        stuck([0.0] * 11 + [1.0] * 9),
        stuck([n / 20 for n in range(19)], ({"p": 0.31}, {"p": 1})),
        stuck([n / 20 for n in range(19)], ({}, {"p": 1})),
        stuck([n / 20 for n in range(20)], constant=True),
    ],
    ids=["few", "prod's neither", "a rare label", "it changes", "not always there", "no number"],
)
def test_what_isnt_stuck(pairs: list[tuple[Any, Any]]):
    assert never_changes(pairs, Agree(1), "blue") is None


def test_what_isnt_compared_may_be_stuck():
    pairs = [({"v": 3, "p": n}, {"v": n, "p": n}) for n in range(20)]
    assert never_changes(pairs, only("p"), "blue") is None
    assert never_changes(pairs, only("v"), "blue") is not None
