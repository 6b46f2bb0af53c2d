from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.answers import ABSENT, NoNumberError, Path, leaves, read, show, show_place

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("ab.[", max_size=2), inner, max_size=3)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999", "9" * 400])
def test_a_number_that_is_none_is_refused_wherever_it_is(text: str):
    with pytest.raises(NoNumberError, match=text[:9]):
        read(f'{{"a": [1, {{"b": {text}}}]}}'.encode())


@pytest.mark.parametrize("body", [b"", b"ok", b"{", b"\xff\x00", b"[" * 100_000, b"NaN1"])
def test_what_isnt_json_is_refused(body: bytes):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - any of them; not the kind below
        read(body)
    assert not isinstance(caught.value, NoNumberError)


def test_json_is_read_with_its_kinds():
    value = read(b'{"a": [1, 2.5, true, null, "x", 1e3, -0.0]}')
    assert value == {"a": [1, 2.5, True, None, "x", 1000.0, 0.0]}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("p", [(("p",), [0.1, 0.2])]),
        ("p[*]", [(("p", 0), 0.1), (("p", 1), 0.2)]),
        ("p[1]", [(("p", 1), 0.2)]),
        ("p[2]", [(("p", 2), ABSENT)]),
        ("q", [(("q",), ABSENT)]),
        ("p.q", [(("p", "q"), ABSENT)]),
        ("s.*", [(("s", "good"), 1), (("s", "bad case"), 2)]),
        ("s[*]", [(("s",), ABSENT)]),
        ("s.bad case", [(("s", "bad case"), 2)]),
        ("p.*", [(("p",), ABSENT)]),
        ("none[*]", [(("none",), ABSENT)]),
        ("rows[*].p", [(("rows", 0, "p"), 1), (("rows", 1, "p"), ABSENT)]),
    ],
)
def test_a_path_finds_every_place_and_what_is_missing(text: str, found: Any):
    answer = {"p": [0.1, 0.2], "s": {"good": 1, "bad case": 2}, "none": [], "rows": [{"p": 1}, {"q": 2}]}
    assert list(Path.parse(text).find(answer)) == found
    assert str(Path.parse(text)) == text


def test_a_path_may_begin_in_a_list():
    assert list(Path.parse("[*].label").find([{"label": "good"}])) == [((0, "label"), "good")]


@pytest.mark.parametrize("text", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", "a[-1]", "[*]a", "a[*]b", "a]"])
def test_what_is_no_path_is_refused(text: str):
    with pytest.raises(ValueError, match=r"a path in the answer, such as probabilities\[\*\]"):
        Path.parse(text)


@given(VALUES)
def test_leaves_are_all_there_is(value: Any):
    found = leaves(value)
    rebuilt = [each for each in found.values() if each not in ([], {})]
    texts = json.dumps(value)
    assert len(found) >= 1
    assert all(json.dumps(each) in texts for each in rebuilt)
    for place, leaf in found.items():
        inner: Any = value
        for step in place:
            inner = inner[step]
        assert inner == leaf


def test_a_path_covers_what_it_leads_to_and_its_parts():
    path = Path.parse("p[*]")
    assert path.covers(("p", 3))
    assert path.covers(("p", 3, "x"))
    assert not path.covers(("p",))
    assert not path.covers(("p", "x"))
    assert not path.covers(("q", 0))


def test_places_and_values_are_shown_short():
    assert show_place(("p", 0, "x")) == "p[0].x"
    assert show_place(()) == "the answer"
    assert show(ABSENT) == "nothing"
    assert show(["x" * 100]) == '["' + "x" * 55 + "..."
