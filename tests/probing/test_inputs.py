from __future__ import annotations

import pytest

from rollout.core.probe_inputs import MOST, requests_of


def test_a_file_is_one_request_as_it_is():
    assert requests_of("a.json", b'{"a": 1}\n{"b": 2}\n') == (b'{"a": 1}\n{"b": 2}\n',)
    assert requests_of("a.bin", b"\xff") == (b"\xff",)


def test_json_lines_are_a_request_each():
    assert requests_of("a.jsonl", b'{"a": 1}\n\n[2]\r\n') == (b'{"a": 1}', b"[2]")
    assert len(requests_of("a.jsonl", b"{}\n" * MOST)) == MOST


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"{}\n\n{oops\n", "a request as JSON in each line; line 3 isn't JSON"),
        (b"\xff\n", "line 1 isn't JSON"),
        (b"\n \n", "1 to 1000 requests, one a line; it has 0"),
        (b"{}\n" * (MOST + 1), "1 to 1000 requests, one a line; it has 1001"),
    ],
)
def test_other_lines_are_refused(content: bytes, why: str):
    with pytest.raises(ValueError, match=why):
        requests_of("a.jsonl", content)
